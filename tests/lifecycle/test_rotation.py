"""A token's rotation that fails halfway."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.lifecycle.crashes import ADOPT, kill_at
from tests.lifecycle.engines import Stack, ref
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import agent, environment, token


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


def test_the_next_run_finishes_a_rotation(stack: Stack, lab: Lab) -> None:
    """All dependents are updated before the old token is revoked, in however many runs."""
    assert stack.up(*_declared(lab, "1")).ok
    old = _id(stack)
    lab.simulator.faults({"method": "PUT", "path": "environments", "status": 422})
    assert not stack.up(*_declared(lab, "2")).ok
    new = _id(stack)
    assert _active(lab, stack) == {old, new}
    lab.calls()
    lab.simulator.faults({"method": "DELETE", "path": "/tokens", "status": 422})
    assert not stack.up(*_declared(lab, "2")).ok
    assert _writes(lab) == [("PUT", "environments", 200), ("DELETE", "tokens", 422)]
    assert stack.resources()["environment"]["outputs"]["description"] == str(new)
    outcome = stack.up(*_declared(lab, "2"))
    assert outcome.ok, outcome.text
    assert _writes(lab) == [("DELETE", "tokens", 204)]
    assert _active(lab, stack) == {new}


def test_a_new_token_that_was_never_recorded_is_revoked_by_hand(stack: Stack, lab: Lab) -> None:
    """An engine that is killed then has the old token as deleted, so that no diff claims it.

    Both engines mark the old resource before they record the new one.
    """
    declared = [agent(lab.project.path), token(lab.project.path)]
    assert stack.up(*declared).ok
    old, path = _id(stack), _path(lab, stack)
    deployment = stack.deployment()
    (recorded,) = [each for each in deployment["resources"] if "AgentToken" in each["type"]]
    recorded["delete"] = True
    stack.import_({"version": 3, "deployment": deployment})
    lost = lab.root("POST", path, name=recorded["inputs"]["name"])["id"]
    error = stack.up(*declared).error("token")
    assert f'; {lost} "' in error
    assert "revoke the one that is no longer used in GitLab" in error
    assert _active(lab, stack) == {old, lost}
    lab.root("DELETE", f"{path}/{lost}")
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    assert _active(lab, stack) == {_id(stack)}


def test_a_second_rotation_during_a_failed_one_is_an_error(stack: Stack, lab: Lab) -> None:
    """It names the stack's active token, and says to finish the first rotation first."""
    assert stack.up(*_declared(lab, "1")).ok
    old = _id(stack)
    lab.simulator.faults({"method": "PUT", "path": "environments", "status": 422})
    assert not stack.up(*_declared(lab, "2")).ok
    new = _id(stack)
    error = stack.up(*_declared(lab, "3")).error("token")
    listed = error.partition("active tokens are ")[2].split("; ")
    assert [each for each in listed if "which belongs to this stack" in each] == [
        each for each in listed if each.startswith(f"{new} ")
    ]
    assert any(each.startswith(f"{old} ") for each in listed)
    assert "set rotation_triggers back and run `pulumi up` first" in error
    for trigger in ("2", "3"):
        outcome = stack.up(*_declared(lab, trigger))
        assert outcome.ok, outcome.text
    assert _active(lab, stack) == {_id(stack)}
    assert _id(stack) > new


def test_a_lost_token_is_revoked_after_a_kill(stack: Stack, lab: Lab) -> None:
    """The next run names it and how to revoke it, and revokes it if the user allows it."""
    project = lab.project.path
    rotated = [[agent(project), token(project, rotation_triggers={"n": n})] for n in (1, 2)]
    assert stack.up(*rotated[0]).ok
    old = _id(stack)
    stack.declare(*rotated[1])
    kill_at(stack, lab, "up", "POST", "/tokens")
    (lost,) = _wait_for(lambda: _active(lab, stack) - {old})
    error = stack.run("up").error("token")
    assert (
        f"{ADOPT}=1 pulumi up` once, which revokes {lost}, a token that no resource in this run "
        "has and nobody has used"
    ) in error
    assert _active(lab, stack) == {old, lost}
    stack.environ[ADOPT] = "1"
    outcome = stack.run("up")
    assert outcome.ok, outcome.text
    assert [each.text for each in outcome.messages if f'revoked {lost} "token"' in each.text]
    assert f'revoked {lost} "token"' in outcome.text
    assert _active(lab, stack) == {_id(stack)}
    assert _id(stack) > lost


def test_a_lost_token_is_logged_after_a_kill(stack: Stack, lab: Lab) -> None:
    """The next run creates another one, and its message names the lost one."""
    declared = [agent(lab.project.path), token(lab.project.path)]
    stack.declare(*declared)
    kill_at(stack, lab, "up", "POST", "/tokens")
    (lost,) = _wait_for(lambda: _active(lab, stack))
    outcome = stack.run("up")
    assert outcome.ok, outcome.text
    messages = [each for each in outcome.messages if f': {lost} "token" (created' in each.text]
    assert [each.name for each in messages] == ["token"]
    assert f'never used, and of no resource in this run: {lost} "token"' in outcome.text
    assert _active(lab, stack) == {lost, _id(stack)}


def _wait_for(find: Callable[[], set[int]]) -> set[int]:
    """Wait for GitLab to complete the request."""
    deadline = time.monotonic() + 30
    while not (found := find()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
