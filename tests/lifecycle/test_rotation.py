"""A token's rotation where something goes wrong half-way."""

from __future__ import annotations

from typing import Any

from .engines import Stack, ref
from .gitlab import Lab
from .resources import agent, environment, token


def _declared(lab: Lab, trigger: str) -> list[dict[str, Any]]:
    """Describe an agent, its token and an environment that depends on the token."""
    project = lab.project.path
    return [
        agent(project),
        token(project, rotation_triggers={"quarter": trigger}),
        environment(project, description=ref("token.token_id")),
    ]


def _path(lab: Lab, stack: Stack) -> str:
    agent_id = int(stack.resources()["agent"]["outputs"]["agent_id"])
    return f"projects/{lab.project.id}/cluster_agents/{agent_id}/tokens"


def _active(lab: Lab, stack: Stack) -> set[int]:
    return {each["id"] for each in lab.root("GET", _path(lab, stack))}


def _id(stack: Stack) -> int:
    number: float = stack.resources()["token"]["outputs"]["token_id"]
    return int(number)


def _writes(lab: Lab) -> list[tuple[str, str, int]]:
    calls = [call for call in lab.calls() if call.method != "GET"]
    return [(call.method, call.path.rsplit("/", 2)[1], call.status) for call in calls]


def test_a_rotation_is_finished_by_the_next_run(stack: Stack, lab: Lab) -> None:
    """Whoever uses the token moves before the old one is revoked, however many runs that takes."""
    assert stack.up(*_declared(lab, "1")).ok
    old = _id(stack)
    lab.simulator.faults({"method": "PUT", "path": "environments", "status": 422})
    assert not stack.up(*_declared(lab, "2")).ok
    new = _id(stack)
    assert _active(lab, stack) == {old, new}
    lab.calls()
    lab.simulator.faults({"method": "DELETE", "path": "/tokens", "status": 422})
    assert not stack.up(*_declared(lab, "2")).ok
    assert _writes(lab) == [("PUT", "environments", 200)]
    assert stack.resources()["environment"]["outputs"]["description"] == str(new)
    outcome = stack.up(*_declared(lab, "2"))
    assert outcome.ok, outcome.text
    assert _writes(lab) == [("DELETE", "tokens", 204)]
    assert _active(lab, stack) == {new}
