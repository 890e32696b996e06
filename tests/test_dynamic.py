"""The five kinds through the real dynamic host process, as the engine calls it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.certificates import Pair
from tests.conftest import Calls, Project
from tests.dynamic_host import UNKNOWN, CallError, DynamicHost, plain
from tests.kinds import KINDS, SECRETS, UPDATES, collection, inputs_of, make, marked

REPLACING: list[tuple[str, str, Any]] = [
    ("ClusterAgent", "name", "other"),
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
def test_a_thing_is_made_read_and_unchanged(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """Create is one POST and read one GET; an unchanged diff asks nothing.

    A token of an agent that this run has not made costs a look at what is there already.
    """
    given = inputs_of(kind, project, pair)
    calls()
    id_, outputs = host.create(kind, given)
    path, own = collection(kind, id_)
    post = f"POST {project.id}/{path}"
    look_up = f"GET {project.path.replace('/', '%2F')}"
    looks = [look_up, *([f"GET {project.id}/{path}"] if kind == "ClusterAgentToken" else [])]
    assert calls() in ([*looks, post], [*looks, f"{post}/user"])
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

    assert host.diff(kind, id_, plain(outputs), plain(inputs)).changes == "DIFF_NONE"
    assert calls() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_thing_is_deleted_once(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """One DELETE, after one stop for an environment; a second time finds it gone and is fine."""
    id_, outputs, _given = make(host, kind, project, pair)
    path, own = collection(kind, id_)
    calls()
    host.delete(kind, id_, outputs)
    stop = [f"POST {project.id}/{path}/{own}/stop"] if kind == "ProjectEnvironment" else []
    assert calls() == [*stop, f"DELETE {project.id}/{path}/{own}"]
    host.delete(kind, id_, outputs)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_gone_reads_as_nothing(
    host: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """A refresh then drops it from the state."""
    id_, outputs, _given = make(host, kind, project, pair)
    host.delete(kind, id_, outputs)
    assert host.read(kind, id_, outputs) == ("", {}, {})


@pytest.mark.parametrize("kind", KINDS)
def test_get_reads_all_that_gitlab_shows(
    host: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """`.get()` comes without a state, and finds what no program set."""
    id_, outputs, _given = make(host, kind, project, pair)
    if kind == "ProjectEnvironment":
        project.api("PUT", f"environments/{id_.split(':')[1]}", description="by hand")
    read_id, read, _inputs = host.read(kind, id_, None)
    assert read_id == id_
    shown = {name: value for name, value in read.items() if name != "description"}
    assert (
        shown.items()
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
def test_get_of_what_is_not_there_is_an_error(
    host: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """An empty answer would be taken for success."""
    id_, outputs, _given = make(host, kind, project, pair)
    host.delete(kind, id_, outputs)
    with pytest.raises(CallError, match=f'^id "{id_}": GitLab has no .* with it$'):
        host.read(kind, id_, None)
    with pytest.raises(CallError, match=r'^id "a/b:7" must have the form <project-id>:'):
        host.read(kind, "a/b:7", None)


@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_is_one_put(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """The engine is left to name what changed; all changes go at once."""
    id_, outputs, given = make(host, kind, project, pair)
    news = {**given, **UPDATES[kind]}
    inputs, _failures = host.check(kind, news)
    diff = host.diff(kind, id_, plain(outputs), plain(inputs))
    assert (diff.changes, diff.replaces) == ("DIFF_UNKNOWN", [])
    path, own = collection(kind, id_)
    calls()
    updated = host.update(kind, id_, outputs, news)
    assert calls() == [f"PUT {project.id}/{path}/{own}"]
    assert plain(updated).items() >= UPDATES[kind].items()
    assert marked(updated) == SECRETS[kind]
    assert host.diff(kind, id_, plain(updated), plain(inputs)).changes == "DIFF_NONE"

    back = host.update(kind, id_, updated, given)
    assert plain(back).keys() == plain(outputs).keys()
    assert host.read(kind, id_, back)[1] == back


@pytest.mark.parametrize(("kind", "name", "value"), REPLACING)
@pytest.mark.parametrize("unknown", [False, True])
def test_what_cannot_change_replaces(  # noqa: PLR0917 (pytest's arguments)
    host: DynamicHost,
    project: Project,
    pair: Pair,
    kind: str,
    name: str,
    value: Any,
    unknown: bool,
) -> None:
    """Also a value that is not known yet; first deleted is what there can be once only."""
    id_, outputs, given = make(host, kind, project, pair)
    inputs, _failures = host.check(kind, given)
    new = {**plain(inputs), name: UNKNOWN if unknown else value}
    diff = host.diff(kind, id_, plain(outputs), new)
    assert (diff.changes, diff.replaces) == ("DIFF_SOME", [name])
    first = kind in {"ClusterAgentUrlConfiguration", "ProjectCluster"}
    assert diff.delete_before_replace is first


@pytest.mark.parametrize("kind", KINDS)
def test_another_pickle_is_a_change_without_a_call(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """Otherwise the state would keep the old one for ever."""
    id_, outputs, given = make(host, kind, project, pair)
    inputs, _failures = host.check(kind, given)
    olds = {**plain(outputs), "__provider": "of an older release"}
    calls()
    diff = host.diff(kind, id_, olds, plain(inputs))
    assert (diff.changes, diff.replaces) == ("DIFF_SOME", [])
    assert plain(host.update(kind, id_, outputs, given)) == plain(outputs)
    assert calls() == []


def test_a_respelled_project_is_the_same(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls
) -> None:
    """One update without a call; a renamed project's new path costs one GET."""
    id_, outputs, given = make(host, "ClusterAgent", project, pair)
    calls()
    news = {**given, "project": str(project.id)}
    inputs, _failures = host.check("ClusterAgent", news)
    diff = host.diff("ClusterAgent", id_, plain(outputs), plain(inputs))
    assert (diff.changes, diff.replaces) == ("DIFF_UNKNOWN", [])
    assert host.update("ClusterAgent", id_, outputs, news)["project"] == str(project.id)
    assert calls() == []

    project.api("PUT", path="renamed")
    calls()
    inputs["project"] = project.path.replace("shop", "renamed")
    for _attempt in range(2):
        assert host.diff("ClusterAgent", id_, plain(outputs), plain(inputs)).replaces == []
    assert calls() == [f"GET {inputs['project'].replace('/', '%2F')}"]


def test_a_respelled_project_does_not_hide_that_a_scope_is_taken(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """The cluster stays in its project, so its replacement cannot come first."""
    id_, outputs, given = make(host, "ProjectCluster", project, pair)
    news = {**given, "project": project.id, "kubernetes_authorization_type": "abac"}
    inputs, _failures = host.check("ProjectCluster", news)
    diff = host.diff("ProjectCluster", id_, plain(outputs), plain(inputs))
    assert diff.replaces == ["kubernetes_authorization_type"]
    assert diff.delete_before_replace


def test_another_project_replaces(
    host: DynamicHost, simulator: Any, project: Project, pair: Pair
) -> None:
    """Whatever its spelling; one that is not there is an error before anything is deleted."""
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


def test_a_connection_to_the_same_gitlab_is_no_replacement(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls
) -> None:
    """And one to another GitLab is an error, since the thing is not there."""
    id_, outputs, given = make(host, "ClusterAgent", project, pair)
    calls()
    inputs, _failures = host.check("ClusterAgent", {**given, "connection": "maintainer"})
    assert host.diff("ClusterAgent", id_, plain(outputs), plain(inputs)).changes == "DIFF_UNKNOWN"
    inputs["connection"] = UNKNOWN
    inputs["project"] = "some/other"
    assert host.diff("ClusterAgent", id_, plain(outputs), plain(inputs)).replaces == ["project"]
    inputs["connection"] = "closed"
    with pytest.raises(CallError, match=r'^connection cannot change from "gitlab" to "closed"'):
        host.diff("ClusterAgent", id_, plain(outputs), plain(inputs))
    assert calls() == []


def test_triggers_of_any_shape_survive_the_wire(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """Numbers, lists and what the engine unwrapped of secrets; `{}` is as good as nothing."""
    triggers = {"number": 1, "half": 0.5, "list": [1, "x"], "map": {"secret": "s"}}
    kind = "ClusterAgentToken"
    id_, outputs, given = make(host, kind, project, pair, rotation_triggers=triggers)
    assert outputs["rotation_triggers"] == triggers
    inputs, _failures = host.check(kind, given)
    assert host.diff(kind, id_, plain(outputs), plain(inputs)).changes == "DIFF_NONE"
    bare = {name: value for name, value in given.items() if name != "rotation_triggers"}
    found = [host.check(kind, {**bare, "rotation_triggers": empty})[0] for empty in ({}, None)]
    assert found[0] == found[1] == host.check(kind, bare)[0]


def test_creates_at_once_ask_once_for_their_project(
    host: DynamicHost, project: Project, calls: Calls
) -> None:
    """The host works on as many calls; later ones do not ask at all."""
    given = [{"project": project.path, "name": f"agent-{number}"} for number in range(64)]
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda inputs: host.create("ClusterAgent", inputs), given))
    found = calls()
    assert found.count(f"GET {project.path.replace('/', '%2F')}") == 1
    assert found.count(f"POST {project.id}/cluster_agents") == 64
    assert len(found) == 65


def test_a_refresh_keeps_what_steers_alone_as_the_program_has_it(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """A new `rotate_after_days` is no change: the outputs in the state have the old one."""
    given = inputs_of("ClusterAgentToken", project, pair)
    id_, outputs = host.create("ClusterAgentToken", {**given, "rotate_after_days": 30})
    for days in ({"rotate_after_days": 60}, {}):
        inputs, _failures = host.check("ClusterAgentToken", {**given, **days})
        _, live, followed = host.read("ClusterAgentToken", id_, outputs, inputs)
        assert plain(followed) == plain(inputs)
        assert plain(live) == plain(outputs)
