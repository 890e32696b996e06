"""The lifecycle of agents."""

from __future__ import annotations

from tests.lifecycle.engines import Stack
from tests.lifecycle.fields import FieldTests
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import agent
from tests.lifecycle.scenario import Args, Kind, Row, Then


def _base(lab: Lab, name: str) -> Args:
    return {"project": lab.project.path, "name": f"agent-{name}"}


AGENT = Kind(
    class_="ClusterAgent",
    base=_base,
    rows=(
        Row("project", lambda lab: lab.project.path, lambda lab: lab.other.path, Then.REPLACE),
        Row("name", "old-name", "new-name", Then.REPLACE, response_key="name"),
        Row("connection", None, "other", Then.MOVE, drop=Then.MOVE, default="gitlab"),
        Row("adopt_existing", None, True, Then.STATE_ONLY, drop=Then.STATE_ONLY, default=False),
    ),
)


class TestFields(FieldTests):
    """Each field of an agent."""

    kind = AGENT


def test_a_forced_replacement_needs_delete_before_replace(stack: Stack, lab: Lab) -> None:
    """The engine creates first, while the name is still used. The error says so."""
    declared = agent(lab.project.path)
    assert stack.up(declared).ok
    old = stack.resources()["agent"]["id"]
    stack.taint("agent")
    error = stack.up(declared).error("agent")
    assert "has already been taken" in error
    assert "delete_before_replace=True" in error
    assert stack.resources()["agent"]["id"] == old
    outcome = stack.up(agent(lab.project.path, opts={"delete_before_replace": True}))
    assert outcome.ok, outcome.text
    assert outcome.ops("agent") == Then.DELETE_FIRST.ops
    assert lab.resources() == {path_of("ClusterAgent", stack.resources()["agent"]["id"])}
