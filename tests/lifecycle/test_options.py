"""Pulumi's resource options on these resources, each at least once."""

from __future__ import annotations

from typing import Any

from .course import Then
from .engines import Stack, ref, resource
from .gitlab import Lab, path_of
from .resources import agent, cluster, environment, token

_UNBOUND = {"cluster_agent_id": None, "kubernetes_namespace": None}


def _environment(lab: Lab, **changes: Any) -> dict[str, Any]:
    return environment(lab.project.path, **{**_UNBOUND, **changes})


def test_retain_on_delete_leaves_it_at_gitlab(stack: Stack, lab: Lab) -> None:
    """The resource leaves the state, the agent stays."""
    assert stack.up(agent(lab.project.path, opts={"retain_on_delete": True})).ok
    path = path_of("ClusterAgent", stack.resources()["agent"]["id"])
    outcome = stack.up()
    assert outcome.ok, outcome.text
    assert "agent" not in stack.resources()
    assert lab.get(path)


def test_ignore_changes_keeps_the_old_value(stack: Stack, lab: Lab) -> None:
    """Neither the program's new value nor drift counts; other fields are updated as ever."""
    ignoring = {"ignore_changes": ["description"]}
    assert stack.up(_environment(lab, description="first", opts=ignoring)).ok
    changed = _environment(lab, description="second", opts=ignoring)
    outcome = stack.up(changed)
    assert outcome.ops("environment") == ["same"], outcome.text
    path = path_of("ProjectEnvironment", stack.resources()["environment"]["id"])
    lab.root("PUT", path, description="theirs")
    assert stack.refresh().ok
    assert stack.up(changed).ops("environment") == ["same"]
    other = stack.up(_environment(lab, description="second", tier="other", opts=ignoring))
    assert other.ops("environment") == ["update"], other.text
    live = lab.get(path)
    assert live
    assert (live["description"], live["tier"]) == ("theirs", "other")


def test_aliases_rename_without_replacing(stack: Stack, lab: Lab) -> None:
    """A resource may take another name in the program and stay the same thing."""
    assert stack.up(agent(lab.project.path)).ok
    old = stack.resources()["agent"]["id"]
    args = {"project": lab.project.path, "name": "agent"}
    renamed = resource("ClusterAgent", "renamed", **args, opts={"aliases": [{"name": "agent"}]})
    outcome = stack.up(renamed)
    assert outcome.ok, outcome.text
    assert outcome.ops("renamed") == ["same"]
    assert stack.resources()["renamed"]["id"] == old
    assert "agent" not in stack.resources()


def test_additional_secret_outputs_are_encrypted(stack: Stack, lab: Lab) -> None:
    """The user's come on top of the provider's own."""
    opts = {"additional_secret_outputs": ["created_at"]}
    assert stack.up(agent(lab.project.path), token(lab.project.path, opts=opts)).ok
    outputs = stack.resources()["token"]["outputs"]
    assert "ciphertext" in outputs["created_at"]
    assert "ciphertext" in outputs["token"]
    assert isinstance(outputs["status"], str)


def test_replace_on_changes_replaces_where_gitlab_would_update(stack: Stack, lab: Lab) -> None:
    """A field that is otherwise updated makes a new thing."""
    opts = {"replace_on_changes": ["kubernetes_api_url"], "delete_before_replace": True}
    assert stack.up(cluster(lab.project.path, opts=opts)).ok
    changed = cluster(lab.project.path, kubernetes_api_url="https://new.example.com", opts=opts)
    outcome = stack.up(changed)
    assert outcome.ok, outcome.text
    assert outcome.ops("cluster") == Then.DELETE_FIRST.ops


def test_protect_refuses_deletion_and_replacement(stack: Stack, lab: Lab) -> None:
    """The agent and its resource stay."""
    opts = {"protect": True}
    assert stack.up(agent(lab.project.path, opts=opts)).ok
    path = path_of("ClusterAgent", stack.resources()["agent"]["id"])
    renamed = resource("ClusterAgent", "agent", project=lab.project.path, name="new", opts=opts)
    for outcome in (stack.up(renamed), stack.up(), stack.destroy()):
        assert not outcome.ok
        assert "protect" in outcome.text
    assert "agent" in stack.resources()
    assert lab.get(path)


def test_depends_on_orders_what_shares_no_value(stack: Stack, lab: Lab) -> None:
    """It is created after, and deleted before, what it depends on."""
    first = agent(lab.project.path)
    second = _environment(lab, opts={"depends_on": ["agent"]})
    assert stack.up(first, second).ok
    assert stack.destroy().ok
    writes = [
        (call.method, call.path.split("/")[2]) for call in lab.calls() if call.method != "GET"
    ]
    assert writes == [
        ("POST", "cluster_agents"),
        ("POST", "environments"),
        ("POST", "environments"),  # stop
        ("DELETE", "environments"),
        ("DELETE", "cluster_agents"),
    ]


def test_get_reads_what_the_stack_does_not_manage(stack: Stack, lab: Lab) -> None:
    """All that GitLab shows is there, ids can be referred to, and nothing is ever deleted."""
    agent_id = lab.agent("theirs")
    made = lab.root(
        "POST",
        f"projects/{lab.project.id}/environments",
        name="theirs",
        external_url="https://theirs.example.com",
    )
    declared = [
        resource("ClusterAgent", "agent", get=f"{lab.project.id}:{agent_id}"),
        token(lab.project.path),
        resource("ProjectEnvironment", "environment", get=f"{lab.project.id}:{made['id']}"),
    ]
    exports = {
        "name": ref("agent.name"),
        "agent_id": ref("agent.agent_id"),
        "url": ref("environment.external_url"),
        "tier": ref("environment.tier"),
    }
    outcome = stack.up(*declared, **exports)
    assert outcome.ok, outcome.text
    root = next(each for name, each in stack.resources().items() if name.startswith("lifecycle"))
    assert root["outputs"] == {
        "name": "theirs",
        "agent_id": agent_id,
        "url": "https://theirs.example.com",
        "tier": "other",
    }
    assert stack.up(*declared, **exports).ok
    assert stack.destroy().ok
    assert lab.get(f"projects/{lab.project.id}/cluster_agents/{agent_id}")
    assert lab.get(f"projects/{lab.project.id}/environments/{made['id']}")


def test_get_says_what_is_not_there(stack: Stack, lab: Lab) -> None:
    """An id that GitLab does not have is an error of one line."""
    wanted = resource("ClusterAgent", "agent", get=f"{lab.project.id}:999999")
    error = stack.up(wanted).error("agent")
    assert f'"{lab.project.id}:999999": GitLab has no agent with it' in error
