"""`adopt_existing` takes over what is at GitLab already, and brings it to the program's inputs."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from .engines import Stack, resource
from .gitlab import Lab, path_of
from .resources import NAMES, agent, cluster, environment


class Thing(NamedTuple):
    """What is at GitLab, how the program declares it, and how many requests write to it."""

    class_: str
    collection: str
    there: dict[str, Any]
    declared: dict[str, Any]
    writes: list[str]


_CLUSTER = {"api_url": "https://k8s.example.com", "token": "theirs"}
_CLUSTER_ARGS = {"kubernetes_api_url": "https://k8s.example.com", "kubernetes_token": "ours"}
THINGS = {
    "agent": Thing("ClusterAgent", "cluster_agents", {"name": "a"}, {"name": "a"}, []),
    "environment": Thing(
        "ProjectEnvironment",
        "environments",
        {"name": "e", "external_url": "https://theirs.example.com", "tier": "other"},
        {"name": "e", "external_url": "https://ours.example.com"},
        ["PUT"],
    ),
    "cluster": Thing(
        "ProjectCluster",
        "clusters/user",
        {"name": "theirs", "platform_kubernetes_attributes": _CLUSTER},
        {"name": "ours", **_CLUSTER_ARGS},
        ["PUT"],
    ),
}


@pytest.mark.parametrize("name", THINGS)
def test_what_is_there_is_taken_over(stack: Stack, lab: Lab, name: str) -> None:
    """It keeps its id, at most one update brings it to the inputs, and destroying deletes it."""
    thing = THINGS[name]
    made = lab.root("POST", f"projects/{lab.project.id}/{thing.collection}", **thing.there)
    args = {"project": lab.project.path, "adopt_existing": True, **thing.declared}
    declared = resource(thing.class_, name, **args)
    lab.calls()
    outcome = stack.up(declared)
    assert outcome.ok, outcome.text
    assert outcome.ops(name) == ["create"]
    assert stack.resources()[name]["id"] == f"{lab.project.id}:{made['id']}"
    writes = [call.method for call in lab.calls() if call.method != "GET" and call.status < 400]
    assert writes == thing.writes
    live = lab.get(path_of(thing.class_, stack.resources()[name]["id"]))
    assert live
    for key in thing.declared.keys() & live.keys():
        assert live[key] == thing.declared[key]
    assert stack.up(declared).ops(name) == ["same"]
    assert stack.refresh().ops(name) == ["same"]
    assert stack.destroy().ok
    assert lab.things() == set()


def test_a_stopped_environment_stays_stopped(stack: Stack, lab: Lab) -> None:
    """Its state says so."""
    path = f"projects/{lab.project.id}/environments"
    made = lab.root("POST", path, name="e")
    lab.root("POST", f"{path}/{made['id']}/stop")
    args = {"project": lab.project.path, "name": "e", "adopt_existing": True}
    assert stack.up(resource("ProjectEnvironment", "e", **args)).ok
    assert stack.resources()["e"]["outputs"]["state"] == "stopped"


@pytest.mark.parametrize(("url", "fits"), [("grpc://same:80", True), ("grpc://other:80", False)])
def test_a_url_configuration_has_to_be_equal(
    stack: Stack, lab: Lab, url: str, *, fits: bool
) -> None:
    """GitLab cannot change one: another is an error, an equal one is taken over."""
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


def test_a_forced_replacement_does_not_delete_what_it_took_over(stack: Stack, lab: Lab) -> None:
    """Created first, it takes over the very environment that is to be deleted after."""
    declared = resource(
        "ProjectEnvironment", "e", project=lab.project.path, name="e", adopt_existing=True
    )
    assert stack.up(declared).ok
    before = stack.resources()["e"]["id"]
    stack.taint("e")
    outcome = stack.up(declared)
    assert outcome.ok, outcome.text
    assert "left at GitLab" in outcome.text
    assert stack.resources()["e"]["id"] == before
    assert lab.get(path_of("ProjectEnvironment", before))
    assert stack.up(declared).ops("e") == ["same"]


def test_nor_does_a_later_run(stack: Stack, lab: Lab) -> None:
    """The run that took it over failed before it came to the deletion, which the next one does."""
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
    assert lab.things() == set()


def test_what_is_declared_twice_is_told_so(stack: Stack, lab: Lab) -> None:
    """Both new, or one there before; and nobody takes over what is the program's own."""
    one, two = cluster(lab.project.path, "one"), cluster(lab.project.path, "two")
    for adopting in ("0", "1"):
        stack.environ["PULUMI_GITLAB_ADOPT_EXISTING"] = adopting
        error = stack.up(one, two).error()
        kept = "one" if "one" in stack.resources() else "two"
        assert f'it is declared twice, resource "{kept}" has it already: declare it once' in error
        assert "adopt" not in error
        assert "delete_before_replace" not in error
    assert len(lab.things()) == 1


def test_what_a_resource_is_about_to_give_up_is_still_its_own(stack: Stack, lab: Lab) -> None:
    """Its old thing goes at the end of the run: the next one can have the name."""
    project = lab.project.path
    assert stack.up(agent(project)).ok
    moved = resource("ClusterAgent", "agent", project=project, name="moved")
    heir = resource("ClusterAgent", "heir", project=project, name="agent")
    error = stack.up(moved, heir).error("heir")
    assert 'resource "agent" has it already' in error
    assert "or have the other resource give it up in an earlier `pulumi up`" in error
    assert stack.up(moved).ok
    assert stack.up(moved, heir).ok


def test_a_replacement_that_was_asked_for_is_told_what_it_needs(stack: Stack, lab: Lab) -> None:
    """By `replace_on_changes`, where the name stays: the thing in its way is the resource's own."""

    def declared(description: str, **more: Any) -> dict[str, Any]:
        opts = {"replace_on_changes": ["description"], **more}
        args = {"project": lab.project.path, "name": "e", "description": description}
        return resource("ProjectEnvironment", "e", opts=opts, **args)

    assert stack.up(declared("old")).ok
    error = stack.up(declared("new")).error("e")
    assert "this resource's own, whose replacement needs delete_before_replace=True" in error
    assert "adopt" not in error
    assert stack.up(declared("new", delete_before_replace=True)).ok


def test_a_forced_replacement_is_told_what_it_needs_first(stack: Stack, lab: Lab) -> None:
    """Before what others may do about a name that is taken."""
    declared = agent(lab.project.path)
    assert stack.up(declared).ok
    stack.taint("agent")
    error = stack.up(declared).error("agent")
    forced = error.index("a forced replacement (--target-replace) needs delete_before_replace=True")
    assert forced < error.index("choose another name, delete that one first, or take it over")
    assert stack.up({**declared, "opts": {"delete_before_replace": True}}).ok
