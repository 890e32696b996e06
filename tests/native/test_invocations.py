"""Calls of functions on the wire."""

from __future__ import annotations

import pytest
from tests.conftest import Calls, Project
from tests.native.conftest import Maker
from tests.support.native_plugin import NativePlugin
from tests.support.plugin_process import CallError, Values, plain, secret

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.functions.catalog import functions

GETS = {
    "ClusterAgent": ("getClusterAgent", "agentId", "agents"),
    "ClusterAgentConfiguration": (
        "getClusterAgentConfiguration",
        "agentName",
        "agentConfigurations",
    ),
    "ClusterAgentToken": ("getClusterAgentToken", "tokenId", "tokens"),
    "ClusterAgentUrlConfiguration": (
        "getClusterAgentUrlConfiguration",
        "urlConfigurationId",
        "urlConfigurations",
    ),
    "ProjectCluster": ("getProjectCluster", "clusterId", "clusters"),
    "ProjectEnvironment": ("getProjectEnvironment", "environmentId", "environments"),
}


@pytest.mark.parametrize("kind", GETS)
def test_results_have_the_names_of_the_wire(plugin: NativePlugin, make: Maker, kind: str) -> None:
    """A get and a list return what the resource's outputs have, without secrets."""
    made = make(kind)
    name, own, items_key = GETS[kind]
    given: Values = {"project": made.inputs["project"], own: made.outputs[own]}
    if "agentId" in made.inputs:
        given["agentId"] = made.inputs["agentId"]
    found, failures = plugin.invoke(name, given)
    assert failures == {}
    assert found["id"] == made.id
    shared = found.keys() & made.outputs.keys() - {"updatedAt"}
    assert {own, "projectId"} <= shared
    assert {key: found[key] for key in shared} == {key: made.outputs[key] for key in shared}
    assert not {"token", "kubernetesToken", "clientKey", "project"} & found.keys()

    del given[own]
    if kind == "ClusterAgent":
        given.pop("agentId", None)
    listed, failures = plugin.invoke(f"{name}s", given)
    assert failures == {}
    ((key, items),) = listed.items()
    assert key == items_key
    (item,) = items
    assert item.items() <= found.items()


def test_a_secret_argument_makes_all_results_secret(plugin: NativePlugin, make: Maker) -> None:
    """They may contain it."""
    made = make("ProjectEnvironment")
    given = {"project": made.inputs["project"], "name": made.inputs["name"]}
    open_, _failures = plugin.invoke("getProjectEnvironment", given)
    hidden, failures = plugin.invoke(
        "getProjectEnvironment", {**given, "name": secret(given["name"])}
    )
    assert failures == {}
    assert hidden == {key: secret(each) for key, each in open_.items()}
    assert plain(hidden) == open_


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"project": "project is required"}),
        ({"project": 1}, {"agentId": "agentId is required: set agentId or name"}),
        ({"project": 1, "agentId": "x"}, {"agentId": "agentId must be an integer"}),
        ({"project": 1, "agent_id": 1}, {"agent_id": "agent_id is not an argument: write agentId"}),
        ({"project": 1, "colour": 1}, {"colour": "colour is not an argument: remove it"}),
        ({"project": ["a/b"], "name": {}}, {"project": "project must be text"}),
        ({"project": secret("hidden"), "agentId": 7}, {"project": "project must be"}),
    ],
)
def test_failures_have_the_argument_and_its_name(
    plugin: NativePlugin, calls: Calls, given: Values, expected: dict[str, str]
) -> None:
    """SDKs print the reason. No request is sent."""
    found, failures = plugin.invoke("getClusterAgent", given)
    assert found == {}
    assert {*expected} <= {*failures}
    for name, reason in expected.items():
        assert failures[name].startswith(reason)
        assert "hidden" not in failures[name]
    assert calls() == []


def test_an_unknown_function_is_an_error(plugin: NativePlugin) -> None:
    """The SDK may be newer than the plugin."""
    with pytest.raises(CallError) as raised:
        plugin.invoke("getClusterQuery", {})
    assert str(raised.value).startswith("getClusterQuery is not a function of this plugin")
    assert "install the same version of both" in str(raised.value)


def test_an_error_of_gitlab_is_one_line(plugin: NativePlugin) -> None:
    """As for resources, with what was requested."""
    with pytest.raises(CallError) as raised:
        plugin.invoke("getProjectClusters", {"project": "no/such"})
    assert str(raised.value).startswith("cannot list ")
    assert "project no/such does not exist" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.status.code == 2


def test_an_argument_that_is_wrong_for_gitlab_is_an_error(
    plugin: NativePlugin, project: Project
) -> None:
    """With its name."""
    with pytest.raises(CallError, match=r"^agentId is not the ID of any agent in the project$"):
        plugin.invoke("getClusterAgent", {"project": project.path, "agentId": 9999})
    with pytest.raises(CallError, match=r"^name matches no environment in the project$"):
        plugin.invoke("getProjectEnvironment", {"project": project.path, "name": "absent"})


def test_all_pages_are_returned(plugin: NativePlugin, project: Project) -> None:
    """GitLab has at most 100 on a page."""
    for number in range(101):
        project.agent(f"a{number}")
    found, _failures = plugin.invoke("getClusterAgents", {"project": project.path})
    assert len(found["agents"]) == 101


def test_nested_results_have_the_names_of_the_wire(plugin: NativePlugin, project: Project) -> None:
    """An environment's agent and its last deployment."""
    project.simulator.deploy(project.id, "prod")
    agent = project.agent()
    number = project.api("GET", "environments")[0]["id"]
    project.api("PUT", f"environments/{number}", cluster_agent_id=agent)
    found, _failures = plugin.invoke(
        "getProjectEnvironment", {"project": project.id, "name": "prod"}
    )
    assert found["clusterAgent"] == {"id": agent, "name": "prod"}
    assert found["lastDeployment"].keys() >= {"createdAt", "id", "iid", "ref", "sha", "status"}


def test_all_functions_are_served(plugin: NativePlugin) -> None:
    """Each without arguments says what it needs."""
    for function in functions().values():
        _found, failures = plugin.invoke(camel_case(function.name), {})
        assert "project" in failures
