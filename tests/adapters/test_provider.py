"""All kinds in the real processes of both adapters, with the calls of the engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.kinds import (
    KINDS,
    SECRETS,
    UPDATES,
    collection,
    created_at,
    inputs_of,
    make,
    marked,
)
from tests.support.native_host import Host
from tests.support.plugin_process import UNKNOWN, CallError, plain

REPLACING: list[tuple[str, str, Any]] = [
    ("ClusterAgent", "name", "other"),
    ("ClusterAgentConfiguration", "agent_name", "other"),
    ("ClusterAgentToken", "agent_id", 99),
    ("ClusterAgentToken", "name", "other"),
    ("ClusterAgentToken", "description", "new"),
    ("ClusterAgentToken", "rotation_triggers", {"month": "may"}),
    ("ClusterAgentUrlConfiguration", "url", "grpc://other.example.com"),
    ("ClusterAgentUrlConfiguration", "tls_host", "other.example.com"),
    ("ProjectCluster", "kubernetes_authorization_type", "abac"),
    ("ProjectEnvironment", "name", "other"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_is_created_and_read_without_changes(
    host: Host, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """Create is one POST, read is one GET, and an unchanged diff sends no request.

    A token of an agent that this run has not created costs a search for lost tokens.
    """
    given = inputs_of(kind, project, pair)
    calls()
    id_, outputs = host.create(kind, given)
    path, own = collection(kind, id_)
    post = f"POST {project.id}/{created_at(kind, id_)}"
    look_up = f"GET {project.path.replace('/', '%2F')}"
    looks = [look_up, *([f"GET {project.id}/{path}"] if kind == "ClusterAgentToken" else [])]
    assert calls() == [*looks, post]
    assert marked(outputs) == SECRETS[kind]
    inputs, _failures = host.check(kind, given)
    assert plain(outputs).items() >= plain(inputs).items()
    assert outputs["schema_version"] == 1
    assert id_ == f"{project.id}:{':'.join(id_.split(':')[1:])}"
    assert plain(outputs)["project_id"] == project.id

    read_id, read, read_inputs = host.read(kind, id_, outputs)
    assert read_id == id_
    assert plain(read) == plain(outputs)
    assert marked(read) == SECRETS[kind]
    assert plain(read_inputs) == plain(inputs)
    assert marked(read_inputs) == marked(inputs)
    assert calls() == [f"GET {project.id}/{path}/{own}"]

    assert host.diff(kind, id_, plain(outputs), plain(inputs)).changed is False
    assert calls() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_is_deleted_once(
    host: Host, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """One DELETE, after one stop of an environment. A second delete finds nothing and succeeds."""
    id_, outputs, _given = make(host, kind, project, pair)
    path, own = collection(kind, id_)
    calls()
    host.delete(kind, id_, outputs)
    stop = [f"POST {project.id}/{path}/{own}/stop"] if kind == "ProjectEnvironment" else []
    assert calls() == [*stop, f"DELETE {project.id}/{path}/{own}"]
    host.delete(kind, id_, outputs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_resource_reads_as_nothing(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """A refresh then removes it from the state."""
    id_, outputs, _given = make(host, kind, project, pair)
    host.delete(kind, id_, outputs)
    assert host.read(kind, id_, outputs) == ("", {}, {})


@pytest.mark.parametrize("kind", KINDS)
def test_get_reads_everything_that_gitlab_returns(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """`.get()` has no state, and returns inputs that no program set."""
    id_, outputs, _given = make(host, kind, project, pair)
    if kind == "ProjectEnvironment":
        project.api("PUT", f"environments/{id_.split(':')[1]}", description="by hand")
    read_id, read, _inputs = host.read(kind, id_, None)
    assert read_id == id_
    found = {name: value for name, value in read.items() if name != "description"}
    assert (
        found.items()
        <= {
            **plain(outputs),
            "project": str(project.id),
            "tier": "production",
            "updated_at": read.get("updated_at"),
            "management_project_id": None,
        }.items()
    )
    assert read["project_id"] == project.id
    if kind == "ProjectEnvironment":
        assert read["description"] == "by hand"


@pytest.mark.parametrize("kind", KINDS)
def test_get_of_a_missing_resource_is_an_error(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """An empty result would look like a success."""
    id_, outputs, _given = make(host, kind, project, pair)
    host.delete(kind, id_, outputs)
    with pytest.raises(CallError, match=f'^id "{id_}": GitLab has no .* with this id$'):
        host.read(kind, id_, None)
    with pytest.raises(CallError, match=r'^id "a/b:7" must have the form <project-id>:'):
        host.read(kind, "a/b:7", None)


@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_is_one_put(
    host: Host, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """The engine shows what changed. All changes are in one request.

    An update of a file reads it first, for what the resource does not manage.
    """
    id_, outputs, given = make(host, kind, project, pair)
    news = {**given, **UPDATES[kind]}
    inputs, _failures = host.check(kind, news)
    diff = host.diff(kind, id_, plain(outputs), plain(inputs))
    assert (diff.changed, diff.replaces) == (True, [])
    path, own = collection(kind, id_)
    calls()
    updated = host.update(kind, id_, outputs, news)
    reads = [f"GET {project.id}/{path}/{own}"] * (kind == "ClusterAgentConfiguration")
    assert calls() == [*reads, f"PUT {project.id}/{path}/{own}"]
    assert plain(updated).items() >= UPDATES[kind].items()
    assert marked(updated) == SECRETS[kind]
    assert host.diff(kind, id_, plain(updated), plain(inputs)).changed is False

    back = host.update(kind, id_, updated, given)
    assert plain(back).keys() == plain(outputs).keys()
    assert host.read(kind, id_, back)[1] == back


@pytest.mark.parametrize(("kind", "name", "value"), REPLACING)
@pytest.mark.parametrize("unknown", [False, True])
def test_inputs_that_cannot_be_updated_replace(  # noqa: PLR0917 (pytest's arguments)
    host: Host,
    project: Project,
    pair: Pair,
    kind: str,
    name: str,
    value: Any,
    unknown: bool,
) -> None:
    """Also unknown values. A resource that can exist only once is deleted first."""
    id_, outputs, given = make(host, kind, project, pair)
    inputs, _failures = host.check(kind, given)
    new = {**plain(inputs), name: UNKNOWN if unknown else value}
    diff = host.diff(kind, id_, plain(outputs), new)
    assert (diff.changed, diff.replaces) == (True, [name])
    first = kind in {"ClusterAgentUrlConfiguration", "ProjectCluster"}
    assert diff.delete_before_replace is first


def test_another_spelling_of_the_project_is_no_replacement(
    host: Host, project: Project, pair: Pair, calls: Calls
) -> None:
    """It is an update without a request. A renamed project's new path costs one GET."""
    id_, outputs, given = make(host, "ClusterAgent", project, pair)
    calls()
    news = {**given, "project": str(project.id)}
    inputs, _failures = host.check("ClusterAgent", news)
    diff = host.diff("ClusterAgent", id_, plain(outputs), plain(inputs))
    assert (diff.changed, diff.replaces) == (True, [])
    assert host.update("ClusterAgent", id_, outputs, news)["project"] == str(project.id)
    assert calls() == []

    project.api("PUT", path="renamed")
    calls()
    inputs["project"] = project.path.replace("shop", "renamed")
    for _attempt in range(2):
        assert host.diff("ClusterAgent", id_, plain(outputs), plain(inputs)).replaces == []
    assert calls() == [f"GET {inputs['project'].replace('/', '%2F')}"]


def test_another_spelling_of_the_project_does_not_hide_a_used_scope(
    host: Host, project: Project, pair: Pair
) -> None:
    """The cluster stays in its project, so its replacement must delete it first."""
    id_, outputs, given = make(host, "ProjectCluster", project, pair)
    news = {**given, "project": project.id, "kubernetes_authorization_type": "abac"}
    inputs, _failures = host.check("ProjectCluster", news)
    diff = host.diff("ProjectCluster", id_, plain(outputs), plain(inputs))
    assert diff.replaces == ["kubernetes_authorization_type"]
    assert diff.delete_before_replace


def test_another_project_replaces(host: Host, simulator: Any, project: Project, pair: Pair) -> None:
    """With any spelling. A missing project is an error before anything is deleted."""
    id_, outputs, given = make(host, "ProjectCluster", project, pair)
    group = simulator.api("GET", f"projects/{project.id}")["namespace"]["id"]
    other = simulator.api("POST", "projects", name="other", namespace_id=group)
    for spelling in (str(other["id"]), other["path_with_namespace"]):
        inputs, _failures = host.check("ProjectCluster", {**given, "project": spelling})
        diff = host.diff("ProjectCluster", id_, plain(outputs), plain(inputs))
        assert (diff.replaces, diff.delete_before_replace) == (["project"], False)
    inputs["project"] = "no/such"
    with pytest.raises(CallError, match=r"^cannot look up .* project no/such does not exist, or"):
        host.diff("ProjectCluster", id_, plain(outputs), plain(inputs))


def test_triggers_of_any_form_are_stored(host: Host, project: Project, pair: Pair) -> None:
    """Numbers, lists and secrets that the engine unwrapped. `{}` means not set."""
    triggers = {"number": 1, "half": 0.5, "list": [1, "x"], "map": {"secret": "s"}}
    kind = "ClusterAgentToken"
    id_, outputs, given = make(host, kind, project, pair, rotation_triggers=triggers)
    assert outputs["rotation_triggers"] == triggers
    inputs, _failures = host.check(kind, given)
    assert host.diff(kind, id_, plain(outputs), plain(inputs)).changed is False
    bare = {name: value for name, value in given.items() if name != "rotation_triggers"}
    unset: tuple[Any, ...] = ({}, None)
    found = [host.check(kind, {**bare, "rotation_triggers": empty})[0] for empty in unset]
    assert found[0] == found[1] == host.check(kind, bare)[0]


def test_parallel_creates_look_up_their_project_once(
    host: Host, project: Project, calls: Calls
) -> None:
    """As many as the host runs in parallel. Later ones do not look it up at all."""
    given = [{"project": project.path, "name": f"agent-{number}"} for number in range(64)]
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda inputs: host.create("ClusterAgent", inputs), given))
    found = calls()
    assert found.count(f"GET {project.path.replace('/', '%2F')}") == 1
    assert found.count(f"POST {project.id}/cluster_agents") == 64
    assert len(found) == 65


def test_a_refresh_keeps_the_programs_control_fields(
    host: Host, project: Project, pair: Pair
) -> None:
    """A new `rotate_after_days` is no change, so the outputs in the state have the old one."""
    given = inputs_of("ClusterAgentToken", project, pair)
    id_, outputs = host.create("ClusterAgentToken", {**given, "rotate_after_days": 30})
    for days in ({"rotate_after_days": 60}, {}):
        inputs, _failures = host.check("ClusterAgentToken", {**given, **days})
        _, live, followed = host.read("ClusterAgentToken", id_, outputs, inputs)
        assert plain(followed) == plain(inputs)
        assert plain(live) == plain(outputs)
