"""The lifecycle of agent tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.lifecycle.engines import Stack
from tests.lifecycle.fields import FieldTests
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import agent, token
from tests.lifecycle.scenario import Args, Kind, Row, Then


def _base(lab: Lab, name: str) -> Args:
    # An agent can have two active tokens, and a replacement needs both.
    return {"project": lab.project.path, "agent_id": lab.agent(f"for-{name}"), "name": name}


def _use(lab: Lab, state: dict[str, dict[str, Any]]) -> None:
    """Let the agents use their tokens."""
    for each in state.values():
        lab.simulator.use_agent_token(each["outputs"]["token_id"])


TOKEN = Kind(
    class_="ClusterAgentToken",
    base=_base,
    rows=(
        Row(
            "project",
            lambda lab: lab.project.path,
            lambda lab: lab.other.path,
            Then.REPLACE,
            beside_new={"agent_id": lambda lab: lab.agent("elsewhere", lab.other)},
        ),
        Row(
            "agent_id",
            lambda lab: lab.agent("one"),
            lambda lab: lab.agent("two"),
            Then.REPLACE,
            response_key="agent_id",
        ),
        Row("name", "old name", "new name", Then.REPLACE, response_key="name"),
        Row(
            "description", "old", "new", Then.REPLACE, drop=Then.REPLACE, response_key="description"
        ),
        Row(
            "rotation_triggers",
            {"quarter": "1", "people": ["a", "b"]},
            {"quarter": "2", "people": ["a", "b"]},
            Then.REPLACE,
            drop=Then.REPLACE,
        ),
        Row("rotate_after_days", 30, 60.5, Then.NONE, drop=Then.NONE),
        Row("connection", None, "other", Then.MOVE, drop=Then.MOVE, default="gitlab"),
    ),
    meanwhile=_use,
)


class TestFields(FieldTests):
    """Each field of an agent token."""

    kind = TOKEN


@contextmanager
def _days_ago(lab: Lab, days: float) -> Iterator[None]:
    lab.simulator.clock(advance=-days * 86_400)
    try:
        yield
    finally:
        lab.simulator.clock(advance=days * 86_400)


def test_an_old_token_is_rotated(stack: Stack, lab: Lab) -> None:
    """When it is older than `rotate_after_days`, it is replaced, and a message says why."""
    project = lab.project.path
    declared = [agent(project), token(project, rotate_after_days=30)]
    with _days_ago(lab, 40):
        assert stack.up(*declared).ok
    old = stack.resources()["token"]["id"]
    assert stack.refresh().ops("token") == ["same"]
    previewed = stack.preview(*declared)
    assert sorted(previewed.ops("token")) == sorted(Then.REPLACE.ops)
    texts = [message.text for message in previewed.messages if message.name == "token"]
    assert any("40" in text and "30" in text for text in texts), previewed.text
    outcome = stack.up(*declared)
    assert outcome.ops("token") == Then.REPLACE.ops
    assert stack.resources()["token"]["id"] != old
    assert stack.up(*declared).ops("token") == ["same"]


def test_a_young_token_is_kept(stack: Stack, lab: Lab) -> None:
    """Its age is below `rotate_after_days`, with or without a refresh."""
    project = lab.project.path
    declared = [agent(project), token(project, rotate_after_days=30)]
    with _days_ago(lab, 20):
        assert stack.up(*declared).ok
    assert stack.refresh().ops("token") == ["same"]
    assert stack.up(*declared).ops("token") == ["same"]


def test_a_revoked_token_counts_as_deleted(stack: Stack, lab: Lab) -> None:
    """GitLab keeps revoked tokens, but a refresh removes the resource, and `up` creates another."""
    project = lab.project.path
    declared = [agent(project), token(project)]
    assert stack.up(*declared).ok
    lab.root("DELETE", path_of("ClusterAgentToken", stack.resources()["token"]["id"]))
    assert stack.refresh().ops("token") == ["delete"]
    assert stack.up(*declared).ops("token") == ["create"]


def test_a_refresh_keeps_the_token(stack: Stack, lab: Lab) -> None:
    """Only the create returns the value. A refresh and an update keep it."""
    project = lab.project.path
    assert stack.up(agent(project), token(project)).ok
    value = _value(stack)
    assert value.startswith("glagent-")
    assert stack.refresh().ok
    assert _value(stack) == value
    moved = stack.up(agent(project), token(project, connection="other"))
    assert moved.ops("token") == Then.MOVE.steps(stack.adapter)
    assert _value(stack) == value


def _value(stack: Stack) -> str:
    outputs = stack.resources(show_secrets=True)["token"]["outputs"]
    value: str = json.loads(outputs["token"]["plaintext"])
    return value
