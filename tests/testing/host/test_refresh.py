"""Refresh: the state follows the resources, and `up` repairs them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack

pytestmark = pytest.mark.slow

Up = Callable[[str], Any]

PROGRAM = 'a = Thing("a", colour="red"); b = Thing("b", of=a.id)'


def _paint(project: Any, name: str, colour: str) -> None:
    file = project.things / f"{name}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "colour": colour}))


def test_drift_is_shown_recorded_and_repaired(project: Any, stack: Stack, up: Up) -> None:
    """A refresh changes the state, and the next run the resource."""
    up(PROGRAM)
    assert stack.refresh().summary == {"same": 3}
    _paint(project, "a-0", "blue")
    previewed = stack.refresh(preview=True)
    assert previewed.summary == {"same": 2, "update": 1}
    assert stack.up().summary == {"same": 3}  # nothing was recorded yet

    result = stack.refresh()
    assert result.summary == {"same": 2, "update": 1}
    assert [(s.op, s.name, s.diff) for s in result.steps if s.op == "update"] == [
        ("update", "a", ("colour",))
    ]
    assert stack.export()["deployment"]["resources"][2]["inputs"]["colour"] == "blue"
    project.calls()
    assert stack.up().summary == {"same": 2, "update": 1}
    assert project.calls() == [("update", "a")]
    assert project.contents()["a-0"]["colour"] == "red"


def test_a_deleted_resource_is_created_again(project: Any, stack: Stack, up: Up) -> None:
    """References to it are removed, too."""
    up(PROGRAM)
    (project.things / "a-0.json").unlink()
    result = stack.refresh()
    assert result.summary == {"same": 2, "delete": 1}
    b = stack.export()["deployment"]["resources"][2]
    assert b["urn"].endswith("::b")
    assert not b.get("dependencies")
    project.calls()
    stack.up()
    assert project.calls() == [("create", "a"), ("update", "b")]


def test_an_update_can_refresh_first(project: Any, stack: Stack, up: Up) -> None:
    """It repairs drift in the same run."""
    up(PROGRAM)
    _paint(project, "a-0", "blue")
    project.calls()
    assert stack.preview(refresh=True).summary == {"same": 2, "update": 1}
    result = stack.up(refresh=True)
    assert result.ok, result.stdout
    assert project.calls() == [("update", "a")]
    assert project.contents()["a-0"]["colour"] == "red"


def test_one_that_cannot_be_read_fails_but_the_others_are_recorded(
    project: Any, stack: Stack, up: Up
) -> None:
    """A refresh reads all it can."""
    up('a = Thing("a", fail="read"); b = Thing("b", colour="red")')
    (painted,) = (id_ for id_ in project.contents() if id_.startswith("b-"))
    _paint(project, painted, "blue")
    result = stack.refresh()
    assert not result.ok
    assert "it cannot be seen" in result.stdout
    recorded = {r["id"]: r for r in stack.export()["deployment"]["resources"] if "id" in r}
    assert recorded.pop(painted)["outputs"]["colour"] == "blue"
    assert "a" in [r["outputs"].get("name") for r in recorded.values() if "outputs" in r]


def test_refresh_and_destroy_use_the_configuration_of_the_last_update(
    project: Any, stack: Stack, up: Up
) -> None:
    """As the engine does when it does not run the program."""
    stack.set_config("things:token", "first", secret=True)
    up(PROGRAM)
    stack.set_config("things:token", "second", secret=True)
    stack.refresh()
    stack.destroy()
    lines = (project.things / "calls").read_text().splitlines()
    tokens = {tuple(json.loads(line)[::2]) for line in lines if len(json.loads(line)) > 2}
    assert tokens == {("read", "first"), ("delete", "first")}


def test_a_changed_configuration_reaches_the_provider_with_the_next_update(
    project: Any, stack: Stack, up: Up
) -> None:
    """Even in a run that refreshed with the old one first."""
    stack.set_config("things:token", "first")
    up(PROGRAM)
    stack.set_config("things:token", "second")
    project.calls()
    project.write('a = Thing("a", colour="red")')
    assert stack.up(refresh=True).ok
    lines = [json.loads(line) for line in (project.things / "calls").read_text().splitlines()]
    assert {line[2] for line in lines if line[0] == "read"} == {"first"}
    assert {line[2] for line in lines if line[0] == "delete"} == {"second"}
