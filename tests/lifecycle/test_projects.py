"""Another spelling, path or visibility of the project, for all kinds."""

from __future__ import annotations

from tests.lifecycle.engines import Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import NAMES, agent, all_kinds

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


def test_another_spelling_of_the_project_is_one_update(stack: Stack, lab: Lab) -> None:
    """From ID to path costs one GET in all. The state changes, and nothing in GitLab."""
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
    """The old path still works for existing resources, and the new one is the same project."""
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
    assert lab.resources() == set()


def test_an_invisible_project_does_not_mean_deleted_resources(stack: Stack, lab: Lab) -> None:
    """A user who is no longer a member gets errors, and the state is unchanged."""
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
    assert lab.resources() == set()


def test_what_was_deleted_with_its_agent_is_gone(stack: Stack, lab: Lab) -> None:
    """Deleting the agent without Pulumi also deleted its token and configuration."""
    declared = all_kinds(lab.project.path)[:3]
    for clean_up in (stack.refresh, stack.destroy):
        assert stack.up(*declared).ok
        agent = stack.resources()["agent"]["outputs"]["agent_id"]
        lab.root("DELETE", f"projects/{lab.project.id}/cluster_agents/{agent}")
        outcome = clean_up()
        assert outcome.ok, outcome.text
        assert [outcome.ops(name) for name in NAMES[:3]] == [["delete"]] * 3
        assert not set(NAMES) & stack.resources().keys()


def test_at_another_gitlab_no_resource_counts_as_deleted(stack: Stack, lab: Lab) -> None:
    """Even if a project there has the same ID. The state is unchanged."""
    assert stack.up(agent(lab.project.path)).ok
    before = stack.resources()["agent"]["outputs"]
    with Simulator() as other:
        for number in range(lab.project.id):
            other.api("POST", "projects", name=f"p{number}")
        assert other.api("GET", f"projects/{lab.project.id}")
        stack.environ["PULUMI_GITLAB_BASE_URL"] = other.url
        stack.environ["PULUMI_GITLAB_TOKEN"] = other.root_token
        for outcome in (stack.refresh(), stack.destroy()):
            assert f"{lab.project.path} does not exist: check baseUrl" in outcome.error("agent")
    assert stack.resources()["agent"]["outputs"] == before
    assert lab.resources()
