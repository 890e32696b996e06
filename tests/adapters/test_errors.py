"""Errors of calls to both adapters: one line each, without secrets, and nothing is lost."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format
from tests.adapters.conftest import Start
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.kinds import KINDS, UPDATES, collection, inputs_of, make
from tests.support.native_host import Host
from tests.support.plugin_process import CallError, plain, secret

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

TOKEN = "k8s-hidden-token"


def _create_error(host: Host, kind: str, inputs: dict[str, Any]) -> CallError:
    with pytest.raises(CallError) as raised:
        host.create(kind, inputs)
    return raised.value


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_one_line_with_the_hosts_own_code(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """The engine uses the message in the details only if the codes are equal."""
    given = inputs_of(kind, project, pair)
    error = _create_error(host, kind, {**given, "connection": "reporter"})
    assert error.status.code == 2
    assert "\n" not in error.status.message
    assert error.status.message.startswith("cannot create ")
    assert f"in project {project.path}: 403 Forbidden; the token" in str(error)
    role = _WRITERS.get(kind, "Maintainer")
    assert f"the token needs the scope `api`, and its user the role {role}" in str(error)
    assert not error.status.details


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_token_is_reported_with_its_settings(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """The settings of a named connection have its name. An explicit provider is not named."""
    error = _create_error(host, kind, {**inputs_of(kind, project, pair), "connection": "wrong"})
    named = isinstance(host, DynamicHost)
    setting = "wrong:token or PULUMI_WRONG_TOKEN" if named else "the provider's token"
    assert f"does not accept the token: check {setting}; " in str(error)
    assert "glpat-wrong" not in str(error) + error.details


def test_an_expired_token_is_reported_in_gitlabs_words(
    host: Host, simulator: Simulator, project: Project
) -> None:
    """An OAuth error has the sentence besides the code."""
    body = {"error": "invalid_token", "error_description": "Token is expired. You can renew it."}
    simulator.faults({"path": project.path.replace("/", "%2F"), "status": 401, "body": body})
    error = _create_error(host, "ClusterAgent", {"project": project.path, "name": "prod"})
    assert "Token is expired. You can renew it. (GitLab answered 401); http" in str(error)


def test_an_unreachable_gitlab_is_reported(host: Host, project: Project) -> None:
    """With the URL and the reason, and without a chain of exceptions."""
    given = {"project": project.path, "name": "prod", "connection": "closed"}
    error = _create_error(host, "ClusterAgent", given)
    assert "GitLab at http://127.0.0.1:9 cannot be reached (Connection refused)" in str(error)
    assert "urllib3" not in error.details


def test_a_redirected_write_says_to_change_the_url(
    host: Host, simulator: Simulator, project: Project
) -> None:
    """A client would follow the redirect with a GET, which creates nothing."""
    elsewhere = {"Location": f"{simulator.url}/api/v4/version"}
    simulator.faults({"method": "POST", "status": 301, "headers": elsewhere})
    error = _create_error(host, "ClusterAgent", {"project": project.id, "name": "prod"})
    assert "redirects to another address: set baseUrl to it (often https:// instead" in str(error)


def test_an_html_error_is_reported_by_its_title(
    host: Host, simulator: Simulator, project: Project
) -> None:
    """The user does not see the markup. GitLab's API does not respond with HTML."""
    page = f"<html><head><title>Whoops</title></head><body>{'x' * 9999}</body></html>"
    simulator.faults({"method": "POST", "status": 500, "body": page})
    error = _create_error(host, "ClusterAgent", {"project": project.id, "name": "prod"})
    assert str(error) == (
        f'cannot create agent "prod" in project {project.id}: {simulator.url} is '
        "not GitLab's API: check baseUrl and any proxy (it answered 500: Whoops); it may have been "
        "created anyway; look for it in GitLab before the next `pulumi up`"
    )


def test_an_error_of_gitlab_itself_is_reported_so(
    host: Host, simulator: Simulator, project: Project
) -> None:
    """GitLab's API responds with JSON."""
    body = {"message": "500 Internal Server Error"}
    simulator.faults({"method": "POST", "status": 500, "body": body})
    error = _create_error(host, "ClusterAgent", {"project": project.id, "name": "prod"})
    assert str(error) == (
        f'cannot create agent "prod" in project {project.id}: 500 Internal Server Error; it has '
        "not been created so far; this is an error in GitLab: check its status or logs, then run "
        "this again"
    )


def test_html_in_place_of_a_response_is_reported(
    host: Host, simulator: Simulator, project: Project
) -> None:
    """Such as a proxy's sign-in page."""
    simulator.faults({"method": "POST", "status": 200, "body": "<html>sign in</html>"})
    error = _create_error(host, "ClusterAgent", {"project": project.id, "name": "prod"})
    assert "is not GitLab's API: check baseUrl and any proxy" in str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_html_in_place_of_a_response_is_no_deletion(
    host: Host, simulator: Simulator, project: Project, pair: Pair, kind: str
) -> None:
    """The resource still exists, so the state keeps it."""
    id_, outputs, _given = make(host, kind, project, pair)
    page = {"status": 200, "body": "<html>sign in</html>"}
    for method in ("POST", "DELETE") if kind == "ProjectEnvironment" else ("DELETE",):
        simulator.faults({"method": method, **page})
        with pytest.raises(CallError, match=r"is not GitLab's API: check baseUrl and any proxy"):
            host.delete(kind, id_, outputs)
    assert host.read(kind, id_, outputs)[0] == id_


@pytest.mark.parametrize("kind", ["ProjectCluster", "ClusterAgentUrlConfiguration"])
def test_quoted_secrets_never_show(
    host: Host, simulator: Simulator, project: Project, pair: Pair, kind: str
) -> None:
    """Neither in the message nor in the host's traceback."""
    encoded = base64.b64encode(pair.key.encode()).decode()
    quoted = {"base": [f"bad {TOKEN} {pair.key} {encoded} {simulator.root_token}"]}
    given = inputs_of(kind, project, pair)
    simulator.faults({"method": "POST", "status": 422, "body": {"message": quoted}})
    error = _create_error(host, kind, given)
    assert "bad " in str(error)
    assert "[secret]" in str(error)
    hidden = [TOKEN] if kind == "ProjectCluster" else [*pair.key.splitlines()[1:-1], encoded]
    for text in (*hidden, simulator.root_token):
        assert text not in str(error) + error.details
    assert "direct cause" not in error.details


def test_an_unexpected_error_is_one_line_without_its_text(host: Host, project: Project) -> None:
    """Its text may quote anything. The location is sufficient to fix it."""
    olds = {"project": "some/other", "project_id": "hidden-name", "name": "prod"}
    with pytest.raises(CallError) as raised:
        host.diff("ClusterAgent", "1:1", olds, {"project": project.path, "name": "prod"})
    error = raised.value
    assert str(error).startswith("unexpected ValueError in ")
    assert str(error).endswith("; please report this to pulumi-gitlab-kubernetes")
    assert "hidden-name" not in str(error) + error.details
    assert "ValueError: " not in error.details


def test_a_partial_update_is_kept(
    host: Host, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The engine stores the current values, and the next `up` tries again."""
    kind = "ProjectCluster"
    id_, outputs, given = make(host, kind, project, pair)
    path, own = collection(kind, id_)
    current = project.api("GET", f"{path}/{own}")
    body = {**current, "name": "renamed", "managed": True}
    simulator.faults({"method": "PUT", "status": 200, "body": body})
    with pytest.raises(CallError, match=r"^managed cannot be changed on this GitLab") as raised:
        host.update(kind, id_, outputs, {**given, "name": "renamed", "managed": False})
    kept = raised.value.init_failed()
    assert raised.value.status.code == 2
    assert kept.id == id_
    assert list(kept.reasons) == [str(raised.value)]
    states = [json_format.MessageToDict(each) for each in (kept.properties, kept.inputs)]
    for state in states:
        named = {camel_case(name): value for name, value in state.items()}
        assert (named["name"], named["managed"]) == ("renamed", True)
        assert named["kubernetesToken"] == secret(TOKEN)
    assert states[0].get("__provider") == states[1].get("__provider") != ""


def test_clusters_that_gitlab_created_are_not_edited(
    host: Host, project: Project, pair: Pair, calls: Calls
) -> None:
    """The error comes before any request."""
    id_, outputs, given = make(host, "ProjectCluster", project, pair)
    calls()
    with pytest.raises(CallError, match=r"^name cannot be changed: GitLab created this"):
        host.update(
            "ProjectCluster", id_, {**outputs, "provider_type": "gcp"}, {**given, "name": "other"}
        )
    assert calls() == []


def test_a_used_name_is_reported_with_its_id(host: Host, project: Project, pair: Pair) -> None:
    """And with what a forced replacement needs."""
    for kind in ("ClusterAgent", "ProjectEnvironment", "ClusterAgentUrlConfiguration"):
        id_, _outputs, given = make(host, kind, project, pair)
        error = _create_error(host, kind, given)
        history = {
            "ClusterAgent": ", created 20.* by user 1",
            "ProjectEnvironment": ", created 20.*Z",
        }
        own = id_.split(":")[-1] + history.get(kind, "")
        assert re.search(f"it already exists with the id {own}: ", str(error))
        assert "delete_before_replace=True" in str(error)
        if kind == "ClusterAgent":
            project.api("DELETE", f"cluster_agents/{id_.split(':')[1]}")


def test_a_used_scope_is_reported_with_its_cluster(
    host: Host, project: Project, pair: Pair
) -> None:
    """A scope is unique in a project."""
    id_, _outputs, given = make(host, "ProjectCluster", project, pair)
    error = _create_error(host, "ProjectCluster", {**given, "name": "second"})
    own = id_.split(":")[1]
    message = (
        f'environment_scope "\\*" is already used by cluster "prod" with the id {own}, created '
    )
    assert re.search(f"{message}20.*Z by user 1: ", str(error))


def test_a_third_token_is_reported_with_the_other_two(
    host: Host, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The ID, the name and the last use help to choose the one to revoke."""
    kind = "ClusterAgentToken"
    first, _outputs, given = make(host, kind, project, pair)
    second, outputs = host.create(kind, {**given, "name": "second"})
    used = simulator.use_agent_token(plain(outputs["token"]))
    error = _create_error(host, kind, {**given, "name": "third"})
    for id_, name, last in ((first, "prod", "never"), (second, "second", used)):
        message = rf'{id_.split(":")[-1]} "{name}" \(created 20[^)]*, last used {last}\)'
        assert re.search(message, str(error))
    assert "revoke the one that is no longer used in GitLab, or delete its resource" in str(error)
    assert "An agent can have only two active tokens at a time" in str(error)


def test_a_failed_search_does_not_hide_the_first_error(
    host: Host, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """GitLab's first error is shown as it is."""
    make(host, "ProjectEnvironment", project, pair)
    simulator.faults({"method": "GET", "path": "environments", "status": 500})
    error = _create_error(
        host, "ProjectEnvironment", inputs_of("ProjectEnvironment", project, pair)
    )
    assert "name has already been taken" in str(error)
    assert "400" in str(error)


@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_of_a_deleted_resource_says_to_refresh(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """The next `up` after a refresh creates it again."""
    id_, outputs, given = make(host, kind, project, pair)
    host.delete(kind, id_, outputs)
    with pytest.raises(CallError, match=r"it no longer exists: run `pulumi refresh`, then "):
        host.update(kind, id_, outputs, {**given, **UPDATES[kind]})


@pytest.mark.parametrize("kind", ["ClusterAgentToken", "ClusterAgentUrlConfiguration"])
def test_what_was_deleted_with_its_agent_is_gone(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """A read finds nothing, a delete succeeds, and a create names the agent."""
    id_, outputs, given = make(host, kind, project, pair)
    project.api("DELETE", f"cluster_agents/{given['agent_id']}")
    assert host.read(kind, id_, outputs) == ("", {}, {})
    host.delete(kind, id_, outputs)
    error = _create_error(host, kind, given)
    assert f"agent {given['agent_id']} does not exist there: check agent_id" in str(error)


def test_a_404_for_an_agent_has_no_reason(
    host: Host, simulator: Simulator, project: Project
) -> None:
    """An agent belongs to no other agent that could be missing."""
    simulator.faults({"method": "POST", "status": 404, "body": {"message": "404 Not Found"}})
    error = _create_error(host, "ClusterAgent", {"project": project.id, "name": "prod"})
    assert str(error) == (f'cannot create agent "prod" in project {project.id}: 404 Not Found')


def _everything_fails(
    host: Host, kind: str, id_: str, outputs: dict[str, Any], given: dict[str, Any]
) -> list[str]:
    """Read, update if possible, and delete. Return the messages."""
    found = []
    calls: list[Callable[[], object]] = [
        lambda: host.read(kind, id_, outputs),
        lambda: host.read(kind, id_, None),
        lambda: host.delete(kind, id_, outputs),
    ]
    if kind in UPDATES:
        calls.append(lambda: host.update(kind, id_, outputs, {**given, **UPDATES[kind]}))
    for call in calls:
        with pytest.raises(CallError) as raised:
            call()
        found.append(str(raised.value))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_project_does_not_mean_deleted_resources(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """The project may be hidden from this user.

    After a failed `.get()` or create, no state contains it, so `pulumi state delete` is no advice.
    """
    id_, outputs, given = make(host, kind, project, pair)
    project.api("DELETE")
    found = _everything_fails(host, kind, id_, outputs, given)
    found.append(str(_create_error(host, kind, {**given, "project": project.id})))
    for message in found:
        assert f"project {project.id} does not exist, or the token's user cannot see it" in message
    advised = ["run `pulumi state delete` for this resource" in message for message in found]
    assert advised == [True, False, True, *([True] if kind in UPDATES else []), False]
    assert "state delete" not in found[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_create_in_a_missing_project_names_the_project(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """There is no state that could contain it yet."""
    given = {**inputs_of(kind, project, pair), "project": 999_999}
    message = str(_create_error(host, kind, given))
    assert message.endswith(
        "in project 999999: project 999999 does not exist, or the token's user cannot see it: "
        "check `project`, baseUrl and the user's membership"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_of_another_gitlab_is_not_removed_from_the_state(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """If the path has another ID, the state belongs to another GitLab."""
    _id, outputs, _given = make(host, kind, project, pair)
    ids = [999_999, *(int(outputs[name]) for name in ("agent_id", "token_id") if name in outputs)]
    id_ = ":".join(map(str, [*ids, 7, 7][: _id.count(":") + 1]))
    outputs |= {"project": project.path, "project_id": 999_999}
    with pytest.raises(CallError) as raised:
        host.read(kind, id_, outputs)
    assert f"it was in project 999999, but at {project.simulator.url} {project.path} has " in str(
        raised.value
    )
    assert "state delete" not in str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_invisible_project_is_an_error(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """To a user who is no member, it looks like a deleted one."""
    id_, outputs, given = make(host, kind, project, pair)
    outputs["connection"] = given["connection"] = "outsider"
    found: list[Callable[[], object]] = [
        lambda: host.read(kind, id_, outputs),
        lambda: host.delete(kind, id_, outputs),
        lambda: host.create(kind, given),
        lambda: host.create(kind, {**given, "project": project.id}),
    ]
    for call in found:
        with pytest.raises(CallError, match=r"does not exist, or the token's user cannot see it"):
            call()


@pytest.mark.parametrize("kind", ["ClusterAgent", "ClusterAgentToken"])
def test_a_reporter_cannot_see_whether_an_agent_exists(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """GitLab responds with 404 if the role is too low. The agent may still exist."""
    id_, outputs, _given = make(host, kind, project, pair)
    outputs["connection"] = "reporter"
    with pytest.raises(CallError, match=r"it needs the role Developer or above"):
        host.read(kind, id_, outputs)
    with pytest.raises(CallError, match=r"403 Forbidden"):
        host.delete(kind, id_, outputs)


def test_a_reporter_cannot_see_whether_a_cluster_exists(
    host: Host, project: Project, pair: Pair
) -> None:
    """GitLab responds with 404 before it checks the role, so the error names the role."""
    id_, outputs, _given = make(host, "ProjectCluster", project, pair)
    project.api("DELETE", f"clusters/{id_.split(':')[1]}")
    outputs["connection"] = "reporter"
    message = (
        r"may not see such resources \(GitLab answered 403\); the token needs the scope "
        r"`read_api`, and its user the role Developer in the project$"
    )
    with pytest.raises(CallError, match=message):
        host.read("ProjectCluster", id_, outputs)


_READERS = {
    "ClusterAgentConfiguration": "Reporter",
    "ClusterAgentUrlConfiguration": "Maintainer",
    "ProjectEnvironment": "Reporter",
}
_WRITERS = dict.fromkeys(("ClusterAgentConfiguration", "ProjectEnvironment"), "Developer")


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_names_the_minimum_scope_and_role(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """Writes need a higher scope, and some also a higher role."""
    id_, outputs, given = make(host, kind, project, pair)
    outputs["connection"] = given["connection"] = "small"
    role = _WRITERS.get(kind, "Maintainer")
    reads = f"scope `read_api`, and its user the role {_READERS.get(kind, 'Developer')} in the pr"
    writes = f"the scope `api`, and its user the role {role} in the project, which must not be arch"
    spelled = {**plain(outputs), "project": str(project.id)}
    for call, wanted in (
        (lambda: host.read(kind, id_, outputs), reads),
        (lambda: host.diff(kind, id_, spelled, {**spelled, "project": "a/b"}), reads),
        (lambda: host.create(kind, given), writes),
        (lambda: host.delete(kind, id_, outputs), writes),
    ):
        with pytest.raises(CallError) as raised:
            call()
        assert "higher privileges than provided by the access token" in str(raised.value)
        assert wanted in str(raised.value)


def test_a_get_names_the_minimum_scope_and_role(
    start: Start, connections: dict[str, str], project: Project
) -> None:
    """It uses the default connection."""
    config = {f"gitlab:{key}": connections[f"small:{key}"] for key in ("baseUrl", "token")}
    reads = r"scope `read_api`, and its user the role Developer in the pr"
    with start(config) as small, pytest.raises(CallError, match=reads):
        small.read("ClusterAgent", f"{project.id}:{project.agent()}", None)


def test_disabled_clusters_are_not_gone(
    host: Host, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The administrator may enable them again."""
    id_, outputs, given = make(host, "ProjectCluster", project, pair)
    simulator.api("POST", "features/certificate_based_clusters", value="false")
    try:
        found = _everything_fails(host, "ProjectCluster", id_, outputs, given)
        found.append(str(_create_error(host, "ProjectCluster", given)))
    finally:
        simulator.api("POST", "features/certificate_based_clusters", value="true")
    assert all("certificate-based clusters are switched off" in message for message in found)


def test_disabled_receptive_agents_are_not_gone(
    host: Host, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The message names the license and the setting."""
    kind, setting = "ClusterAgentUrlConfiguration", "receptive_cluster_agents_enabled"
    id_, outputs, given = make(host, kind, project, pair)
    simulator.api("PUT", "application/settings", **{setting: False})
    try:
        found = _everything_fails(host, kind, id_, outputs, given)
        found.append(str(_create_error(host, kind, given)))
    finally:
        simulator.api("PUT", "application/settings", **{setting: True})
    assert all(f"Ultimate license and the instance setting `{setting}`" in each for each in found)


def test_a_reporter_does_not_change_an_environments_agent(
    host: Host, project: Project, pair: Pair
) -> None:
    """Keys that GitLab omits for them are unknown, not cleared."""
    agent = project.agent("cluster")
    id_, outputs, _given = make(
        host, "ProjectEnvironment", project, pair, cluster_agent_id=agent, kubernetes_namespace="x"
    )
    outputs["connection"] = "reporter"
    _id, read, _inputs = host.read("ProjectEnvironment", id_, outputs)
    assert (read["cluster_agent_id"], read["kubernetes_namespace"]) == (agent, "x")
    outputs["connection"] = "developer"
    project.api("DELETE", f"cluster_agents/{agent}")
    _id, read, inputs = host.read("ProjectEnvironment", id_, outputs)
    assert not {"cluster_agent_id", "kubernetes_namespace"} & (read.keys() | inputs.keys())


def test_the_helper_plain_keeps_all_values() -> None:
    """A helper that drops values would hide failures."""
    assert plain({"a": {"b": [1, {"c": 2}]}}) == {"a": {"b": [1, {"c": 2}]}}
