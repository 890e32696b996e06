"""How all kinds take it when their project is spelled in another way, moved or out of sight."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

from .engines import Stack
from .gitlab import Lab
from .resources import NAMES, agent, all_kinds


def test_respelling_a_project_updates_once_without_a_change(stack: Stack, lab: Lab) -> None:
    """From id to path costs one GET in all; the state follows, GitLab's things stay."""
    assert stack.up(*all_kinds(lab.project.id)).ok
    before = {name: stack.resources()[name]["id"] for name in NAMES}
    lab.calls()
    outcome = stack.up(*all_kinds(lab.project.path))
    assert outcome.ok, outcome.text
    assert [outcome.ops(name) for name in NAMES] == [["update"]] * len(NAMES)
    calls = [(call.method, call.path) for call in lab.calls()]
    assert calls == [("GET", f"projects/{lab.project.path.replace('/', '%2F')}")]
    assert {name: stack.resources()[name]["id"] for name in NAMES} == before
    assert stack.resources()["agent"]["outputs"]["project"] == lab.project.path
    again = stack.up(*all_kinds(lab.project.path))
    assert {step.op for step in again.steps} == {"same"}
    assert lab.calls() == []


def test_a_renamed_group_replaces_nothing(stack: Stack, lab: Lab) -> None:
    """The old path keeps working for what is there, and the new one is the same project."""
    assert stack.up(*all_kinds(lab.project.path)).ok
    path = f"{lab.group['path']}-renamed"
    lab.root("PUT", f"groups/{lab.group['id']}", path=path)
    refreshed = stack.refresh()
    assert refreshed.ok, refreshed.text
    assert {step.op for step in refreshed.steps} == {"same"}
    outcome = stack.up(*all_kinds(f"{path}/shop"))
    assert outcome.ok, outcome.text
    assert [outcome.ops(name) for name in NAMES] == [["update"]] * len(NAMES)
    assert stack.destroy().ok
    assert lab.things() == set()


def test_an_invisible_project_is_not_taken_for_gone(stack: Stack, lab: Lab) -> None:
    """A user who lost the membership gets errors, and the state keeps everything."""
    assert stack.up(*all_kinds(lab.project.path)).ok
    before = stack.resources().keys()
    user = lab.root("GET", f"users?username={lab.user}")[0]["id"]
    lab.root("DELETE", f"groups/{lab.group['id']}/members/{user}")
    for outcome in (stack.refresh(), stack.destroy()):
        assert not outcome.ok
        errors = outcome.errors()
        assert errors
        for error in errors:
            assert f"project {lab.project.id} does not exist, or the token's user" in error
            assert "\n" not in error
    assert stack.resources().keys() == before
    lab.join("groups", lab.group["id"], lab.user)
    assert stack.destroy().ok
    assert lab.things() == set()


def test_what_goes_with_an_agent_is_gone_too(stack: Stack, lab: Lab) -> None:
    """An agent deleted outside took its tokens and configuration along, without an error."""
    declared = all_kinds(lab.project.path)[:3]
    for clean_up in (stack.refresh, stack.destroy):
        assert stack.up(*declared).ok
        agent = stack.resources()["agent"]["outputs"]["agent_id"]
        lab.root("DELETE", f"projects/{lab.project.id}/cluster_agents/{agent}")
        outcome = clean_up()
        assert outcome.ok, outcome.text
        assert [outcome.ops(name) for name in NAMES[:3]] == [["delete"]] * 3
        assert not set(NAMES) & stack.resources().keys()


def test_at_another_gitlab_nothing_counts_as_gone(stack: Stack, lab: Lab) -> None:
    """A project there that happens to have the same id says nothing: the state is kept."""
    assert stack.up(agent(lab.project.path)).ok
    before = stack.resources()["agent"]["outputs"]
    with Simulator() as other:
        for number in range(lab.project.id):
            other.api("POST", "projects", name=f"p{number}")
        assert other.api("GET", f"projects/{lab.project.id}")
        stack.environ["PULUMI_GITLAB_BASE_URL"] = other.url
        stack.environ["PULUMI_GITLAB_TOKEN"] = other.root_token
        for outcome in (stack.refresh(), stack.destroy()):
            assert f"{lab.project.path} is not there: check baseUrl" in outcome.error("agent")
    assert stack.resources()["agent"]["outputs"] == before
    assert lab.things()
