"""The functions that read GitLab, on a real one over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.support import files
from tests.support.certificates import Pair

from pulumi_gitlab_kubernetes.configuration.provider_settings import resolve_provider
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.errors import GitLabError, InvalidInputError
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.registry import MODULES

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(project: Project) -> Call:
    """Calls a function with the administrator's token."""
    return _caller(project, project.simulator.root_token)


def _caller(project: Project, token: str) -> Call:
    inputs = {"baseUrl": project.simulator.url, "token": token}
    return _call(lambda: resolve_provider(inputs, default=False))


def _call(connect: Callable[[], Connection]) -> Call:
    run = Run()

    def call(name: str, /, **arguments: Any) -> dict[str, Any]:
        context = CallContext(lambda _name: connect(), run)
        return functions()[name].call(arguments, context)

    return call


def _error(call: Call, name: str, /, **arguments: Any) -> str:
    with pytest.raises((InvalidInputError, GitLabError)) as raised:
        call(name, **arguments)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_each_kind_has_a_get_and_a_list() -> None:
    """By the name of its module."""
    assert {*functions()} == {f"get_{each}{s}" for each in MODULES.values() for s in ("", "s")}
    for name, function in functions().items():
        assert function.name == name
        assert function.doc.endswith(".")
        assert function.arguments[0].required


# Agents and tokens ------------------------------------------------------------------------------


def test_an_agent_is_found_by_its_id_and_by_its_name(
    call: Call, project: Project, calls: Calls
) -> None:
    """An ID costs one request. A name costs a list."""
    agent = project.agent()
    project.agent("other")
    calls()
    expected = call("get_cluster_agent", project=project.path, agent_id=agent)
    look_up = f"GET {project.path.replace('/', '%2F')}"
    assert calls() == [look_up, f"GET {project.id}/cluster_agents/{agent}"]
    assert expected.pop("created_at").startswith("20")
    assert expected == {
        "id": f"{project.id}:{agent}",
        "project_id": project.id,
        "agent_id": agent,
        "name": "prod",
        "created_by_user_id": 1,
        "is_receptive": False,
        "config_project": project.id,
    }
    for given in (
        {"name": "prod"},
        {"agent_id": f"{project.id}:{agent}"},
        {"agent_id": str(agent)},
    ):
        for of in (project.path, project.id, str(project.id)):
            found = call("get_cluster_agent", project=of, **given)
            assert found.items() > expected.items()


def test_agents_are_listed(call: Call, project: Project) -> None:
    """All pages, in GitLab's order. Each item is what the get returns."""
    agents = [project.agent(f"a{number}") for number in range(103)]
    found = call("get_cluster_agents", project=project.path)["agents"]
    assert {each["agent_id"] for each in found} == set(agents)
    assert len(found) == 103
    assert found[0] == call("get_cluster_agent", project=project.id, agent_id=found[0]["agent_id"])


def test_an_empty_list_is_a_result(call: Call, project: Project) -> None:
    """A project without agents is no error."""
    assert call("get_cluster_agents", project=project.path) == {"agents": []}
    assert call("get_project_clusters", project=project.path) == {"clusters": []}
    assert call("get_project_environments", project=project.path) == {"environments": []}
    agent = project.agent()
    assert call("get_cluster_agent_tokens", project=project.id, agent_id=agent) == {"tokens": []}
    found = call("get_cluster_agent_url_configurations", project=project.id, agent_name="prod")
    assert found == {"url_configurations": []}


def test_a_token_is_found_without_its_value(call: Call, project: Project) -> None:
    """By its ID, and by its name if no other token of the agent has it."""
    agent = project.agent()
    made = project.api("POST", f"cluster_agents/{agent}/tokens", name="ci", description="d")
    used = project.simulator.use_agent_token(made["token"])
    found = call("get_cluster_agent_token", project=project.id, agent_id=agent, token_id=made["id"])
    assert (found["name"], found["description"], found["status"]) == ("ci", "d", "active")
    assert found["last_used_at"] == used
    assert found["id"] == f"{project.id}:{agent}:{made['id']}"
    assert made["token"] not in repr(found)
    by_name = call("get_cluster_agent_token", project=project.id, agent_name="prod", name="ci")
    assert by_name == found

    (listed,) = call("get_cluster_agent_tokens", project=project.path, agent_name="prod")["tokens"]
    assert listed.items() <= found.items()
    assert "last_used_at" not in listed  # GitLab's list lacks it.

    other = project.api("POST", f"cluster_agents/{agent}/tokens", name="ci")
    message = _error(call, "get_cluster_agent_token", project=project.id, agent_id=agent, name="ci")
    assert message.startswith("name is not unique: set token_id to one of ")
    assert {str(made["id"]), str(other["id"])} == {*message.rpartition("of ")[2].split(", ")}


def test_a_url_configuration_is_that_of_its_agent(call: Call, project: Project, pair: Pair) -> None:
    """There is at most one, so that its ID is not necessary. Certificates are PEM."""
    agent = project.agent()
    message = _error(
        call, "get_cluster_agent_url_configuration", project=project.id, agent_id=agent
    )
    assert message == "agent_id is of an agent without a URL configuration"
    path = f"cluster_agents/{agent}/url_configurations"
    made = project.api("POST", path, url="grpc://agent.example.com:80")
    expected = call("get_cluster_agent_url_configuration", project=project.id, agent_id=agent)
    assert expected["url"] == "grpc://agent.example.com:80"
    assert expected["public_key"]
    assert "ca_cert" not in expected
    for given in ({"agent_name": "prod"}, {"agent_id": agent, "url_configuration_id": made["id"]}):
        assert call("get_cluster_agent_url_configuration", project=project.id, **given) == expected
    (listed,) = call("get_cluster_agent_url_configurations", project=project.id, agent_id=agent)[
        "url_configurations"
    ]
    assert listed.items() <= expected.items()
    assert pair.key not in repr(expected)


# Clusters and environments ----------------------------------------------------------------------


def _cluster(project: Project, name: str, scope: str) -> int:
    platform = {"api_url": "https://k8s.example.com", "token": "k8s-hidden-token"}
    return int(
        project.api(
            "POST",
            "clusters/user",
            name=name,
            environment_scope=scope,
            platform_kubernetes_attributes=platform,
        )["id"]
    )


def test_a_cluster_is_found_by_its_id_name_and_scope(call: Call, project: Project) -> None:
    """A scope is unique, a name need not be. The token is never returned."""
    first, second = _cluster(project, "k8s", "prod/*"), _cluster(project, "other", "*")
    expected = call("get_project_cluster", project=project.path, cluster_id=first)
    assert (expected["name"], expected["environment_scope"]) == ("k8s", "prod/*")
    assert expected["kubernetes_api_url"] == "https://k8s.example.com"
    assert (expected["enabled"], expected["managed"]) == (True, True)
    assert "hidden" not in repr(expected)
    for given in (
        {"name": "k8s"},
        {"environment_scope": "prod/*"},
        {"environment_scope": " prod/*"},
    ):
        assert call("get_project_cluster", project=project.path, **given) == expected
    found = call("get_project_clusters", project=project.path)["clusters"]
    assert {each["cluster_id"] for each in found} == {first, second}
    assert expected in found

    third = _cluster(project, "k8s", "test")
    message = _error(call, "get_project_cluster", project=project.path, name="k8s")
    assert message == f"name is not unique: set cluster_id to one of {first}, {third}"


def test_an_environment_is_found_with_its_agent(call: Call, project: Project) -> None:
    """A get has more than a list: the agent that shows the cluster, and the last deployment."""
    agent = project.agent()
    made = project.api(
        "POST", "environments", name="review/x", cluster_agent_id=agent, tier="staging"
    )
    expected = call("get_project_environment", project=project.path, environment_id=made["id"])
    assert expected["cluster_agent"] == {"id": agent, "name": "prod"}
    assert (expected["cluster_agent_id"], expected["tier"]) == (agent, "staging")
    assert (expected["state"], expected["slug"]) == ("available", made["slug"])
    assert "last_deployment" not in expected
    assert call("get_project_environment", project=project.id, name="review/x") == expected
    (listed,) = call("get_project_environments", project=project.id)["environments"]
    assert listed.items() <= expected.items()


def test_an_environment_shows_its_last_deployment(call: Call, project: Project) -> None:
    """With its reference, commit and status."""
    project.simulator.deploy(project.id, "prod")
    found = call("get_project_environment", project=project.id, name="prod")
    deployment = found["last_deployment"]
    assert deployment.keys() == {"id", "iid", "ref", "sha", "status", "created_at"}
    assert deployment["status"] == "success"
    number = found["environment_id"]
    assert call("get_project_environment", project=project.id, environment_id=number) == found


def test_environments_are_filtered(call: Call, project: Project, calls: Calls) -> None:
    """By GitLab itself. All pages."""
    for number in range(101):
        project.api("POST", "environments", name=f"review/{number}")
    stopped = project.api("POST", "environments", name="prod")["id"]
    project.api("POST", f"environments/{stopped}/stop", force=True)

    def names(**filters: Any) -> list[str]:
        found = call("get_project_environments", project=project.id, **filters)["environments"]
        return [each["name"] for each in found]

    calls()
    assert len(names()) == 102
    assert len(calls()) == 2
    assert names(name="prod") == ["prod"]
    assert names(name="absent") == []
    assert len(names(search="review")) == 101
    assert names(states="stopped") == ["prod"]
    assert names(states="stopped", search="review") == []


# Failures ---------------------------------------------------------------------------------------

FAILURES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("get_cluster_agent", {"agent_id": 1}, {"project": "is required"}),
    ("get_cluster_agent", {"project": "a"}, {"project": "must be"}),
    ("get_cluster_agent", {"project": 1}, {"agent_id": "is required: set agent_id or name"}),
    (
        "get_cluster_agent",
        {"project": 1, "agent_id": 1, "name": "x"},
        {"name": "cannot be used together with agent_id: set one of them"},
    ),
    ("get_cluster_agent", {"project": 1, "agent_id": "prod"}, {"agent_id": "must be an integer"}),
    ("get_cluster_agent", {"project": 1, "agent_id": 0}, {"agent_id": "must be"}),
    ("get_cluster_agent", {"project": 1, "agent_id": -1}, {"agent_id": "must be"}),
    ("get_cluster_agent", {"project": 1, "agent_id": True}, {"agent_id": "must be an integer"}),
    (
        "get_cluster_agent",
        {"project": 1, "name": "x", "colour": "red"},
        {"colour": "is not an argument of this function: remove it"},
    ),
    ("get_cluster_agents", {}, {"project": "is required"}),
    (
        "get_cluster_agent_token",
        {"project": 1, "token_id": 1},
        {"agent_id": "is required: set agent_id or agent_name"},
    ),
    (
        "get_cluster_agent_token",
        {"project": 1, "agent_id": 1},
        {"token_id": "is required: set token_id or name"},
    ),
    (
        "get_cluster_agent_tokens",
        {"project": 1, "agent_id": 1, "agent_name": "x"},
        {"agent_name": "cannot be used together with agent_id"},
    ),
    ("get_cluster_agent_url_configuration", {"project": 1}, {"agent_id": "is required"}),
    (
        "get_project_cluster",
        {"project": 1},
        {"cluster_id": "is required: set cluster_id or name or environment_scope"},
    ),
    (
        "get_project_cluster",
        {"project": 1, "name": "x", "environment_scope": "*"},
        {"environment_scope": "cannot be used together with name"},
    ),
    ("get_project_environment", {"project": 1}, {"environment_id": "is required"}),
    (
        "get_project_environments",
        {"project": 1, "search": "ab"},
        {"search": "must have at least 3"},
    ),
    (
        "get_project_environments",
        {"project": 1, "search": "abc", "name": "x"},
        {"search": "cannot be used together with name"},
    ),
    ("get_project_environments", {"project": 1, "states": "gone"}, {"states": "must be one of"}),
]


@pytest.mark.parametrize(("name", "given", "expected"), FAILURES)
def test_wrong_arguments_are_refused(
    call: Call, calls: Calls, name: str, given: dict[str, Any], expected: dict[str, str]
) -> None:
    """Each with its name and what to do. No request is sent."""
    function = functions()[name]
    _values, failures = function.check(given, CallContext(lambda _: None, Run()).spelling)  # type: ignore[arg-type,return-value] # not called
    assert {each.property for each in failures} == set(expected)
    for failure in failures:
        assert failure.reason.startswith(expected[failure.property])
    assert _error(call, name, **given).startswith(next(iter(expected)))
    assert calls() == []


def test_what_does_not_exist_is_named(call: Call, project: Project) -> None:
    """The project, the agent, or the resource."""
    agent = project.agent()
    missing = "project no/such does not exist, or the token's user cannot see it"
    for name in functions():
        given: dict[str, Any] = {"project": "no/such"}
        if functions()[name].kind.parent:
            given["agent_id"] = 1
        own = functions()[name].kind.ids[-1]
        if not name.endswith("s") and own != "agent_id":
            given[own] = 1
        elif name == "get_cluster_agent":
            given["agent_id"] = 1
        assert missing in _error(call, name, **given)
    of = {"project": project.path}
    for name, given, expected in (
        ("get_cluster_agent", {"agent_id": 9999}, "agent_id is not the ID of any agent in"),
        ("get_cluster_agent", {"name": "absent"}, "name matches no agent in the project"),
        (
            "get_cluster_agent_token",
            {"agent_id": agent, "token_id": 9999},
            "token_id is not the ID of any agent token",
        ),
        (
            "get_cluster_agent_token",
            {"agent_id": 9999, "token_id": 1},
            "agent_id is not the ID of any agent in the project",
        ),
        (
            "get_cluster_agent_token",
            {"agent_id": agent, "name": "absent"},
            "name matches no agent token",
        ),
        (
            "get_cluster_agent_tokens",
            {"agent_id": 9999},
            "agent_id is not the ID of any agent in the project",
        ),
        (
            "get_cluster_agent_tokens",
            {"agent_name": "absent"},
            "agent_name is not the name of an agent in the project",
        ),
        (
            "get_cluster_agent_url_configuration",
            {"agent_id": 9999},
            "agent_id is not the ID of any agent in the project",
        ),
        (
            "get_project_cluster",
            {"environment_scope": "absent"},
            "environment_scope matches no certificate-based cluster in the project",
        ),
        ("get_project_cluster", {"cluster_id": 9999}, "cluster_id is not the ID of any"),
        ("get_project_environment", {"environment_id": 9999}, "environment_id is not the ID of"),
        ("get_project_environment", {"name": "absent"}, "name matches no environment in"),
    ):
        assert expected in _error(call, name, **of, **given), name


def test_an_agent_of_another_project_is_refused(call: Call, project: Project) -> None:
    """As for resources: a composite ID names its project."""
    agent = project.agent()
    message = _error(
        call, "get_cluster_agent_tokens", project=project.path, agent_id=f"{project.id + 1}:{agent}"
    )
    assert f"is the id of an agent in project {project.id + 1}" in message


def test_the_role_is_named(project: Project, users: dict[str, tuple[int, str]]) -> None:
    """GitLab hides agents from a user with a lower role."""
    agent = project.agent()
    reporter = _caller(project, users["reporter"][1])
    message = _error(reporter, "get_cluster_agents", project=project.path)
    assert "it needs the role Developer or above" in message or "403 Forbidden" in message
    outsider = _caller(project, users["outsider"][1])
    message = _error(outsider, "get_cluster_agent", project=project.path, agent_id=agent)
    assert "does not exist, or the token's user cannot see it" in message
    assert users["outsider"][1] not in message


def test_an_agent_is_not_shown_to_a_reporter(
    project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """The environment is, without it."""
    agent = project.agent()
    project.api("POST", "environments", name="prod", cluster_agent_id=agent)
    call = _caller(project, users["reporter"][1])
    found = call("get_project_environment", project=project.id, name="prod")
    assert found["name"] == "prod"
    assert not {"cluster_agent", "cluster_agent_id"} & found.keys()


def test_a_job_token_reads_environments(
    project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """Of its own project by its path. It reads nothing else."""
    project.api("POST", "environments", name="prod")
    environ = {
        "CI_JOB_TOKEN": project.simulator.job_token(project.id, users["developer"][0]),
        "CI_API_V4_URL": f"{project.simulator.url}/api/v4",
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_ID": str(project.id),
    }
    call = _call(lambda: resolve_provider({}, default=True, environ=environ, job_token=True))
    found = call("get_project_environment", project=project.path, name="prod")
    assert found["project_id"] == project.id
    (listed,) = call("get_project_environments", project=project.id)["environments"]
    assert listed["name"] == "prod"


# Agents' configurations ------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_named(call: Call, project: Project) -> None:
    """The list has those of other teams too."""
    files.write(project.api, "fine", "ci_access: {}")
    files.write(project.api, "linked", "shared.yaml")
    assert ".gitlab/agents/linked/config.yaml: the file does not contain a map" in _error(
        call, "get_cluster_agent_configurations", project=project.path
    )
