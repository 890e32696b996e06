"""Pulumi's resource options, each at least once."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.certificates import CERTIFICATE
from tests.lifecycle.engines import Stack, ref, resource
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import agent, cluster, environment, token
from tests.lifecycle.scenario import Then

_UNBOUND = {"cluster_agent_id": None, "kubernetes_namespace": None}


def _environment(lab: Lab, **changes: Any) -> dict[str, Any]:
    return environment(lab.project.path, **{**_UNBOUND, **changes})


def test_retain_on_delete_keeps_it_in_gitlab(stack: Stack, lab: Lab) -> None:
    """The resource is removed from the state, and the agent stays."""
    assert stack.up(agent(lab.project.path, opts={"retain_on_delete": True})).ok
    path = path_of("ClusterAgent", stack.resources()["agent"]["id"])
    outcome = stack.up()
    assert outcome.ok, outcome.text
    assert "agent" not in stack.resources()
    assert lab.get(path)


def test_ignore_changes_of_everything(stack: Stack, lab: Lab) -> None:
    """Neither changes of the program nor drift count."""
    opts = {"ignore_changes": ["*"]}
    assert stack.up(_environment(lab, description="first", opts=opts)).ok
    path = path_of("ProjectEnvironment", stack.resources()["environment"]["id"])
    lab.root("PUT", path, description="theirs", auto_stop_setting="with_action")
    lab.calls()
    changed = _environment(lab, description="second", tier="other", opts=opts)
    for refresh in (False, True):
        assert stack.up(changed, refresh=refresh).ops("environment")[-1] == "same"
    assert {call.method for call in lab.calls()} == {"GET"}
    inputs = stack.resources()["environment"]["inputs"]
    assert (inputs["description"], inputs["auto_stop_setting"]) == ("theirs", "with_action")


def test_ignore_changes_keeps_cleared_fields(stack: Stack, lab: Lab) -> None:
    """Also an agent with its dependent fields. Without the option, one update sets all again."""
    bound: dict[str, Any] = {
        "external_url": "https://ours.example.com",
        "description": "ours",
        "cluster_agent_id": lab.agent("one"),
        "kubernetes_namespace": "ours",
        "flux_resource_path": "kustomize.toolkit.fluxcd.io/v1/namespaces/f/kustomizations/ours",
    }
    of_cluster: dict[str, Any] = {
        "domain": "ours.example.com",
        "management_project_id": lab.other.id,
        "kubernetes_namespace": "ours",
        "kubernetes_ca_cert": CERTIFICATE.strip(),
    }

    def declared(*, ignoring: bool, carried: str) -> list[dict[str, Any]]:
        options = [
            {"ignore_changes": list(each)} if ignoring else {} for each in (bound, of_cluster)
        ]
        return [
            environment(lab.project.path, **bound, tier=carried, opts=options[0]),
            cluster(lab.project.path, **of_cluster, environment_scope=carried, opts=options[1]),
        ]

    def bare() -> list[bool]:
        there = [lab.get(path) or {} for path in paths]
        found = [there[0].get(name) for name in ("external_url", "description", "cluster_agent")]
        platform = there[1]["platform_kubernetes"]
        found += [there[1]["domain"], there[1]["management_project"], *platform.values()]
        return [value is None for value in found]

    assert stack.up(*declared(ignoring=True, carried="staging")).ok
    kinds = {"environment": "ProjectEnvironment", "cluster": "ProjectCluster"}
    paths = [path_of(kind, stack.resources()[name]["id"]) for name, kind in kinds.items()]
    full = bare()
    assert not any(full)
    lab.root("PUT", paths[0], **dict.fromkeys(bound))
    platform = {"platform_kubernetes_attributes": {"namespace": None, "ca_cert": None}}
    lab.root("PUT", paths[1], domain=None, management_project_id=None, **platform)
    cleared = bare()
    assert cleared.count(True) == 7

    for refresh, ops in ((False, "update"), (True, "same")):
        outcome = stack.up(*declared(ignoring=True, carried="testing"), refresh=refresh)
        assert outcome.ok, outcome.text
        assert [outcome.ops(name)[-1] for name in kinds] == [ops, ops], outcome.text
        assert bare() == cleared
    lab.calls()
    repaired = stack.up(*declared(ignoring=False, carried="testing"))
    assert repaired.ok, repaired.text
    assert sorted(call.method for call in lab.calls()) == ["PUT", "PUT"]
    assert bare() == full


def test_aliases_rename_without_replacing(stack: Stack, lab: Lab) -> None:
    """A resource can have another name in the program."""
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
    """In addition to the provider's own."""
    opts = {"additional_secret_outputs": ["created_at"]}
    assert stack.up(agent(lab.project.path), token(lab.project.path, opts=opts)).ok
    outputs = stack.resources()["token"]["outputs"]
    assert "ciphertext" in outputs["created_at"]
    assert "ciphertext" in outputs["token"]
    assert isinstance(outputs["status"], str)


def test_replace_on_changes_replaces_instead_of_an_update(stack: Stack, lab: Lab) -> None:
    """An updatable field then creates another resource."""
    opts = {"replace_on_changes": ["kubernetes_api_url"], "delete_before_replace": True}
    assert stack.up(cluster(lab.project.path, opts=opts)).ok
    changed = cluster(lab.project.path, kubernetes_api_url="https://new.example.com", opts=opts)
    outcome = stack.up(changed)
    assert outcome.ok, outcome.text
    assert outcome.ops("cluster") == Then.DELETE_FIRST.ops


def test_protect_prevents_deletion_and_replacement(stack: Stack, lab: Lab) -> None:
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


def test_depends_on_orders_resources_without_common_values(stack: Stack, lab: Lab) -> None:
    """It is created after its dependency, and deleted before it."""
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


def test_get_reads_a_resource_that_the_stack_does_not_manage(stack: Stack, lab: Lab) -> None:
    """It has everything that GitLab returns, and is never deleted."""
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
    exports: dict[str, Any] = {
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


def test_get_of_a_missing_resource_is_an_error(stack: Stack, lab: Lab) -> None:
    """The error is one line."""
    wanted = resource("ClusterAgent", "agent", get=f"{lab.project.id}:999999")
    error = stack.up(wanted).error("agent")
    assert f'"{lab.project.id}:999999": GitLab has no agent with this id' in error
