"""The lifecycle of agents."""

from __future__ import annotations

from .course import Args, Kind, Row, Then
from .engines import Stack
from .fields import FieldTests
from .gitlab import Lab, path_of
from .resources import agent


def _base(lab: Lab, name: str) -> Args:
    return {"project": lab.project.path, "name": f"agent-{name}"}


AGENT = Kind(
    class_="ClusterAgent",
    base=_base,
    rows=(
        Row("project", lambda lab: lab.project.path, lambda lab: lab.other.path, Then.REPLACE),
        Row("name", "old-name", "new-name", Then.REPLACE, shown="name"),
        Row("connection", None, "other", Then.LOCAL, drop=Then.LOCAL, default="gitlab"),
        Row("adopt_existing", None, True, Then.LOCAL, drop=Then.LOCAL, default=False),
    ),
)


class TestFields(FieldTests):
    """Every field of an agent."""

    kind = AGENT


def test_a_forced_replacement_needs_delete_before_replace(stack: Stack, lab: Lab) -> None:
    """The name is still taken when the engine makes the new one first: the error says so."""
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
    assert lab.things() == {path_of("ClusterAgent", stack.resources()["agent"]["id"])}
