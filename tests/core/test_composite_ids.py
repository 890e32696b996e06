"""An agent's composite ID, `agent.id`, as the value of an input such as `agent_id`."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import engine_pb2
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.kinds import inputs_of
from tests.support.plugin_process import UNKNOWN, CallError, plain

pytestmark = pytest.mark.slow

FIELDS = {
    "ClusterAgentToken": "agent_id",
    "ClusterAgentUrlConfiguration": "agent_id",
    "ProjectEnvironment": "cluster_agent_id",
}
NUMBERS = (*FIELDS.items(), ("ProjectCluster", "management_project_id"))
ANOTHER_PROJECT = (
    "is the id of an agent in project 999999, but this resource is in project {}: use an agent of "
    "the same project"
)


def _given(kind: str, project: Project, pair: Pair) -> dict[str, Any]:
    given = inputs_of(kind, project, pair)
    if kind == "ProjectEnvironment":
        given["cluster_agent_id"] = project.agent()
    return given


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("by_path", [True, False])
def test_a_composite_id_is_stored_as_the_agents_number(
    host: DynamicHost, project: Project, pair: Pair, kind: str, calls: Calls, *, by_path: bool
) -> None:
    """Replacing one by the other is no change."""
    field, given = FIELDS[kind], _given(kind, project, pair)
    number = given[field]
    if not by_path:
        given["project"] = project.id
    given[field] = f"{project.id}:{number}"
    inputs, failures = host.check(kind, given)
    assert failures == {}
    assert inputs[field] == number
    calls()
    id_, outputs = host.create(kind, given)
    assert plain(outputs)[field] == number
    # The path costs a request, the ID none. A token costs a search for lost ones.
    assert len(calls()) == 1 + by_path + (kind == "ClusterAgentToken")
    for same in (number, f"{project.id}:{number}"):
        inputs, _failures = host.check(kind, {**given, field: same})
        assert inputs[field] == number
        assert host.diff(kind, id_, plain(outputs), plain(inputs)).changes == "DIFF_NONE"
    assert calls() == []


@pytest.mark.parametrize("kind", FIELDS)
def test_an_agent_of_another_project_is_rejected(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """In `check` if `project` is an ID; if it is a path, as soon as its ID is known."""
    field, given = FIELDS[kind], _given(kind, project, pair)
    number = given[field]
    given[field] = f"999999:{number}"
    _inputs, failures = host.check(kind, {**given, "project": project.id})
    assert failures == {field: ANOTHER_PROJECT.format(project.id)}
    calls()
    with pytest.raises(CallError) as raised:
        host.create(kind, given)
    assert str(raised.value) == f"{field} {ANOTHER_PROJECT.format(project.id)}"
    assert calls() == [f"GET {project.path.replace('/', '%2F')}"]

    id_, outputs = host.create(kind, {**given, field: number})
    inputs, failures = host.check(kind, given)
    assert failures == {}
    calls()
    with pytest.raises(CallError) as raised:
        host.diff(kind, id_, plain(outputs), plain(inputs))
    assert str(raised.value) == f"{field} {ANOTHER_PROJECT.format(project.id)}"
    assert calls() == []


@pytest.mark.parametrize(("kind", "field"), NUMBERS)
@pytest.mark.parametrize("value", ["42:7:9", "prod", 7.5, True, "7:", ":7", ["42:7"]])
def test_another_value_is_rejected_with_a_hint(
    host: DynamicHost, project: Project, pair: Pair, kind: str, *, field: str, value: Any
) -> None:
    """Such as a token's ID or an agent's name, which GitLab would only reject in `up`."""
    given = inputs_of(kind, project, pair)
    _inputs, failures = host.check(kind, {**given, field: value})
    assert set(failures) == {field}
    assert failures[field].startswith("must be an integer: use ")
    assert "`agent." in failures[field]


@pytest.mark.parametrize(("kind", "field"), NUMBERS)
@pytest.mark.parametrize("value", [0, -1, "0", 2**53, 2**60])
def test_an_id_is_positive_and_not_too_large_for_a_state(
    host: DynamicHost, project: Project, pair: Pair, kind: str, *, field: str, value: Any
) -> None:
    """GitLab would only respond with 404."""
    _inputs, failures = host.check(kind, {**inputs_of(kind, project, pair), field: value})
    assert failures == {field: "must be an id from GitLab, 1 or above"}


def test_a_composite_id_is_no_management_project(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """The composite ID is an agent's, not a project's."""
    given = {**inputs_of("ProjectCluster", project, pair), "management_project_id": "42:7"}
    _inputs, failures = host.check("ProjectCluster", given)
    assert failures == {
        "management_project_id": "must be an integer: use the id of a project, such as "
        "`agent.project_id`"
    }


def test_a_composite_id_is_no_project(host: DynamicHost) -> None:
    """The message names the output to use."""
    _inputs, failures = host.check("ClusterAgent", {"project": "42:7", "name": "prod"})
    assert failures == {
        "project": "must be a project, not the id of a resource in it: use its `project_id`"
    }


def test_errors_of_gitlab_use_the_names_of_inputs(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """Instead of GitLab's parameters."""
    given = inputs_of("ProjectCluster", project, pair)
    with pytest.raises(CallError) as raised:
        host.create("ProjectCluster", {**given, "kubernetes_api_url": "https://127.0.0.1"})
    assert ": kubernetes_api_url is blocked: Requests to localhost are not allowed" in str(
        raised.value
    )


@pytest.mark.parametrize(
    ("url", "warned"),
    [("shop.example.com", True), ("localhost:3000", True), ("https://x", False), (UNKNOWN, False)],
)
def test_a_url_without_a_scheme_is_a_warning(
    host: DynamicHost, project: Project, pair: Pair, url: str, *, warned: bool
) -> None:
    """Of the resource. GitLab accepts it, so it is no error."""
    given = {**inputs_of("ProjectEnvironment", project, pair), "external_url": url}
    before = len(host.engine.messages)
    _inputs, failures = host.check("ProjectEnvironment", given)
    assert failures == {}
    messages = host.engine.messages[before:]
    found = [(each.severity, each.urn) for each in messages]
    urn = "urn:pulumi:dev::shop::pulumi-python:dynamic/gitlab:ProjectEnvironment::it"
    assert found == ([(engine_pb2.WARNING, urn)] if warned else [])
    for each in messages:
        assert each.message.startswith("external_url has no scheme such as https://")
