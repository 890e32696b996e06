"""An agent's whole id, `agent.id`, where the number of an agent is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import engine_pb2
from tests.certificates import Pair
from tests.conftest import Calls, Project
from tests.dynamic_host import UNKNOWN, CallError, DynamicHost, plain
from tests.kinds import inputs_of

FIELDS = {
    "ClusterAgentToken": "agent_id",
    "ClusterAgentUrlConfiguration": "agent_id",
    "ProjectEnvironment": "cluster_agent_id",
}
NUMBERS = (*FIELDS.items(), ("ProjectCluster", "management_project_id"))
ELSEWHERE = (
    "is the id of an agent in project 999999, but this resource is in project {}: give an agent of "
    "the same project"
)


def _given(kind: str, project: Project, pair: Pair) -> dict[str, Any]:
    given = inputs_of(kind, project, pair)
    if kind == "ProjectEnvironment":
        given["cluster_agent_id"] = project.agent()
    return given


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("by_path", [True, False])
def test_an_agents_whole_id_is_its_number(
    host: DynamicHost, project: Project, pair: Pair, kind: str, calls: Calls, *, by_path: bool
) -> None:
    """State has the number, whichever the program gave: one in place of the other is no change."""
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
    # The path costs a look, the id none; a token's agent is asked for what earlier runs lost.
    assert len(calls()) == 1 + by_path + (kind == "ClusterAgentToken")
    for same in (number, f"{project.id}:{number}"):
        inputs, _failures = host.check(kind, {**given, field: same})
        assert inputs[field] == number
        assert host.diff(kind, id_, plain(outputs), plain(inputs)).changes == "DIFF_NONE"
    assert calls() == []


@pytest.mark.parametrize("kind", FIELDS)
def test_an_agent_of_another_project_is_told(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """In `check` for a project's id; for a path once it is known, and before anything is made."""
    field, given = FIELDS[kind], _given(kind, project, pair)
    number = given[field]
    given[field] = f"999999:{number}"
    _inputs, failures = host.check(kind, {**given, "project": project.id})
    assert failures == {field: ELSEWHERE.format(project.id)}
    calls()
    with pytest.raises(CallError) as raised:
        host.create(kind, given)
    assert str(raised.value) == f"{field} {ELSEWHERE.format(project.id)}"
    assert calls() == [f"GET {project.path.replace('/', '%2F')}"]

    id_, outputs = host.create(kind, {**given, field: number})
    inputs, failures = host.check(kind, given)
    assert failures == {}
    calls()
    with pytest.raises(CallError) as raised:
        host.diff(kind, id_, plain(outputs), plain(inputs))
    assert str(raised.value) == f"{field} {ELSEWHERE.format(project.id)}"
    assert calls() == []


@pytest.mark.parametrize(("kind", "field"), NUMBERS)
@pytest.mark.parametrize("value", ["42:7:9", "prod", 7.5, True, "7:", ":7", ["42:7"]])
def test_what_is_no_number_is_told_with_what_to_write(
    host: DynamicHost, project: Project, pair: Pair, kind: str, *, field: str, value: Any
) -> None:
    """A token's id, an agent's name: only `up` would know them, when the agent is made already."""
    given = inputs_of(kind, project, pair)
    _inputs, failures = host.check(kind, {**given, field: value})
    assert set(failures) == {field}
    assert failures[field].startswith("must be an integer: give ")
    assert "`agent." in failures[field]


@pytest.mark.parametrize(("kind", "field"), NUMBERS)
@pytest.mark.parametrize("value", [0, -1, "0", 2**53, 2**60])
def test_no_id_is_below_1_or_too_large_for_a_state(
    host: DynamicHost, project: Project, pair: Pair, kind: str, *, field: str, value: Any
) -> None:
    """GitLab would only say that there is no such thing."""
    _inputs, failures = host.check(kind, {**inputs_of(kind, project, pair), field: value})
    assert failures == {field: "must be an id from GitLab, 1 or above"}


def test_a_cluster_is_managed_by_a_project_not_by_an_agent(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """A whole id is an agent's, and its first number would be a guess."""
    given = {**inputs_of("ProjectCluster", project, pair), "management_project_id": "42:7"}
    _inputs, failures = host.check("ProjectCluster", given)
    assert failures == {
        "management_project_id": "must be an integer: give the id of a project, such as "
        "`agent.project_id`"
    }


def test_a_project_is_no_thing_in_one(host: DynamicHost) -> None:
    """The message has the output that was meant."""
    _inputs, failures = host.check("ClusterAgent", {"project": "42:7", "name": "prod"})
    assert failures == {
        "project": "must be a project, not the id of a thing in one: give its `project_id`"
    }


def test_errors_of_gitlab_name_what_the_program_wrote(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """Not the parameters that stand for it."""
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
def test_an_address_without_a_scheme_is_a_warning(
    host: DynamicHost, project: Project, pair: Pair, url: str, *, warned: bool
) -> None:
    """On the resource: GitLab takes it, so it is no error."""
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
