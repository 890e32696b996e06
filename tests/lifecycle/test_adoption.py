"""`adopt_existing` adopts a resource that exists in GitLab, and updates it to the inputs."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from tests.lifecycle.adapters import DYNAMIC, NATIVE
from tests.lifecycle.engines import Stack, resource
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import NAMES, agent, cluster, environment


class Existing(NamedTuple):
    """A resource in GitLab, its declaration in the program, and the requests that change it."""

    class_: str
    collection: str
    in_gitlab: dict[str, Any]
    declared: dict[str, Any]
    writes: list[str]


_CLUSTER = {"api_url": "https://k8s.example.com", "token": "theirs"}
_CLUSTER_ARGS = {"kubernetes_api_url": "https://k8s.example.com", "kubernetes_token": "ours"}
EXISTING = {
    "agent": Existing("ClusterAgent", "cluster_agents", {"name": "a"}, {"name": "a"}, []),
    "environment": Existing(
        "ProjectEnvironment",
        "environments",
        {"name": "e", "external_url": "https://theirs.example.com", "tier": "other"},
        {"name": "e", "external_url": "https://ours.example.com"},
        ["PUT"],
    ),
    "cluster": Existing(
        "ProjectCluster",
        "clusters/user",
        {"name": "theirs", "platform_kubernetes_attributes": _CLUSTER},
        {"name": "ours", **_CLUSTER_ARGS},
        ["PUT"],
    ),
}


@pytest.mark.parametrize("name", EXISTING)
def test_an_existing_resource_is_adopted(stack: Stack, lab: Lab, name: str) -> None:
    """It keeps its ID, needs at most one update, and `destroy` deletes it."""
    existing = EXISTING[name]
    made = lab.root(
        "POST", f"projects/{lab.project.id}/{existing.collection}", **existing.in_gitlab
    )
    args = {"project": lab.project.path, "adopt_existing": True, **existing.declared}
    declared = resource(existing.class_, name, **args)
    lab.calls()
    outcome = stack.up(declared)
    assert outcome.ok, outcome.text
    assert outcome.ops(name) == ["create"]
    assert stack.resources()[name]["id"] == f"{lab.project.id}:{made['id']}"
    writes = [call.method for call in lab.calls() if call.method != "GET" and call.status < 400]
    assert writes == existing.writes
    found = lab.get(path_of(existing.class_, stack.resources()[name]["id"]))
    assert found
    for key in existing.declared.keys() & found.keys():
        assert found[key] == existing.declared[key]
    assert stack.up(declared).ops(name) == ["same"]
    assert stack.refresh().ops(name) == ["same"]
    assert stack.destroy().ok
    assert lab.resources() == set()


def test_a_stopped_environment_stays_stopped(stack: Stack, lab: Lab) -> None:
    """The state shows it."""
    path = f"projects/{lab.project.id}/environments"
    made = lab.root("POST", path, name="e")
    lab.root("POST", f"{path}/{made['id']}/stop")
    args = {"project": lab.project.path, "name": "e", "adopt_existing": True}
    assert stack.up(resource("ProjectEnvironment", "e", **args)).ok
    assert stack.resources()["e"]["outputs"]["state"] == "stopped"


@pytest.mark.parametrize(("url", "fits"), [("grpc://same:80", True), ("grpc://other:80", False)])
def test_a_url_configuration_must_be_equal(stack: Stack, lab: Lab, url: str, *, fits: bool) -> None:
    """GitLab cannot change one. A different one is an error, and an equal one is adopted."""
    agent_id = lab.agent("receptive")
    path = f"projects/{lab.project.id}/cluster_agents/{agent_id}/url_configurations"
    made = lab.root("POST", path, url="grpc://same:80")
    args = {"project": lab.project.path, "agent_id": agent_id, "adopt_existing": True, "url": url}
    outcome = stack.up(resource("ClusterAgentUrlConfiguration", NAMES[2], **args))
    assert outcome.ok == fits, outcome.text
    if fits:
        assert stack.resources()["url"]["outputs"]["url_configuration_id"] == made["id"]
    else:
        assert "url" in outcome.error("url")
        assert lab.get(f"{path}/{made['id']}")


def test_a_forced_replacement_does_not_delete_what_it_adopted(stack: Stack, lab: Lab) -> None:
    """It creates first, and adopts the environment that is to be deleted."""
    declared = resource(
        "ProjectEnvironment", "e", project=lab.project.path, name="e", adopt_existing=True
    )
    assert stack.up(declared).ok
    before = stack.resources()["e"]["id"]
    stack.taint("e")
    outcome = stack.up(declared)
    assert outcome.ok, outcome.text
    assert "not deleted in GitLab" in outcome.text
    assert stack.resources()["e"]["id"] == before
    assert lab.get(path_of("ProjectEnvironment", before))
    assert stack.up(declared).ops("e") == ["same"]


@pytest.mark.only(NATIVE, reason="another address of a native provider replaces it")
def test_another_address_does_not_delete_what_it_adopts(stack: Stack, lab: Lab) -> None:
    """The provider with the old address deletes, the one with the new address has adopted."""
    project = lab.project.path
    declared = [agent(project, adopt_existing=True), environment(project, adopt_existing=True)]
    assert stack.up(*declared).ok
    before = lab.resources()
    assert len(before) == 2
    stack.set_config(stack.adapter.key("baseUrl"), lab.url.replace("127.0.0.1", "localhost"))
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    assert "delete-replaced" in outcome.ops("agent")
    assert "not deleted in GitLab" in outcome.text
    assert lab.resources() == before
    assert stack.destroy().ok
    assert lab.resources() == set()


@pytest.mark.only(DYNAMIC, NATIVE)
def test_the_other_adapter_does_not_delete_what_it_adopts(stack: Stack, lab: Lab) -> None:
    """Each adapter has a process of its own."""
    other = NATIVE if stack.adapter is DYNAMIC else DYNAMIC
    stack.set_config(other.key("baseUrl"), lab.url)
    stack.set_config(other.key("token"), lab.token)
    declared = agent(lab.project.path, adopt_existing=True)
    assert stack.up(declared).ok
    before = lab.resources()
    stack.taint("agent")
    stack.package = other.package
    outcome = stack.up(declared)
    assert outcome.ok, outcome.text
    assert "not deleted in GitLab" in outcome.text
    assert lab.resources() == before


def test_a_later_run_does_not_delete_it_either(stack: Stack, lab: Lab) -> None:
    """The first run failed before the deletion, which is left to the next one."""
    project = lab.project.path

    def declared(description: str) -> list[dict[str, Any]]:
        return [agent(project, adopt_existing=True), environment(project, description=description)]

    assert stack.up(*declared("old")).ok
    path = path_of("ClusterAgent", stack.resources()["agent"]["id"])
    stack.taint("agent")
    lab.simulator.faults({"method": "PUT", "path": "environments", "status": 422})
    assert not stack.up(*declared("new")).ok
    outcome = stack.up(*declared("new"))
    assert outcome.ok, outcome.text
    assert "delete-replaced" in outcome.ops("agent")
    assert lab.get(path)
    assert stack.refresh().ops("agent") == ["same"]
    assert stack.destroy().ok
    assert lab.resources() == set()


def test_a_second_declaration_is_an_error(stack: Stack, lab: Lab) -> None:
    """With both new, or one in the state. Neither adopts the program's own resource."""
    one, two = cluster(lab.project.path, "one"), cluster(lab.project.path, "two")
    for adopting in ("0", "1"):
        stack.environ["PULUMI_GITLAB_ADOPT_EXISTING"] = adopting
        error = stack.up(one, two).error()
        kept = "one" if "one" in stack.resources() else "two"
        assert f'it is declared twice, resource "{kept}" already has it: declare it once' in error
        assert "adopt" not in error
        assert "delete_before_replace" not in error
    assert len(lab.resources()) == 1


def test_a_resource_is_the_programs_own_until_it_is_deleted(stack: Stack, lab: Lab) -> None:
    """The deletion is at the end of the run, so only the next run can use the name."""
    project = lab.project.path
    assert stack.up(agent(project)).ok
    moved = resource("ClusterAgent", "agent", project=project, name="moved")
    heir = resource("ClusterAgent", "heir", project=project, name="agent")
    error = stack.up(moved, heir).error("heir")
    assert 'resource "agent" already has it' in error
    assert "or remove it from the other resource in an earlier `pulumi up`" in error
    assert stack.up(moved).ok
    assert stack.up(moved, heir).ok


def test_a_replacement_on_changes_needs_delete_before_replace(stack: Stack, lab: Lab) -> None:
    """With `replace_on_changes` and an unchanged name, the resource conflicts with itself."""

    def declared(description: str, **more: Any) -> dict[str, Any]:
        opts = {"replace_on_changes": ["description"], **more}
        args = {"project": lab.project.path, "name": "e", "description": description}
        return resource("ProjectEnvironment", "e", opts=opts, **args)

    assert stack.up(declared("old")).ok
    error = stack.up(declared("new")).error("e")
    assert (
        "it belongs to this resource, whose replacement needs delete_before_replace=True" in error
    )
    assert "adopt" not in error
    assert stack.up(declared("new", delete_before_replace=True)).ok


def test_a_forced_replacement_is_the_first_advice(stack: Stack, lab: Lab) -> None:
    """The alternatives for a used name follow."""
    declared = agent(lab.project.path)
    assert stack.up(declared).ok
    stack.taint("agent")
    error = stack.up(declared).error("agent")
    forced = error.index("a forced replacement (--target-replace) needs delete_before_replace=True")
    assert forced < error.index("choose another name, delete the existing one first, or adopt it")
    assert stack.up({**declared, "opts": {"delete_before_replace": True}}).ok
