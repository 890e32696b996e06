"""Descriptions of a thing that are not of the thing that was asked for, or name none.

GitLab gives none such; a cache, or a gateway that mixes up its clients' answers, does.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.certificates import Pair
from tests.conftest import Project, api
from tests.dynamic_host import CallError, DynamicHost, plain
from tests.gateway import Gateway
from tests.kinds import KINDS, UPDATES, collection, inputs_of, make
from tests.web import Answer

from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.registry import core_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

IDENTITY = {
    "ClusterAgent": "name",
    "ClusterAgentToken": "name",
    "ClusterAgentUrlConfiguration": "url",
    "ProjectCluster": "environment_scope",
    "ProjectEnvironment": "name",
}
"""GitLab's name for what tells a thing from others of its kind."""
OWNER = {
    "ClusterAgent": ("config_project", "id"),
    "ClusterAgentToken": ("agent_id",),
    "ClusterAgentUrlConfiguration": ("agent_id",),
    "ProjectCluster": ("project", "id"),
    "ProjectEnvironment": ("project", "id"),
}
"""Where its description says what it belongs to."""
NOT_GITLAB = "is not GitLab's API: check baseUrl and any proxy"

Change = Callable[[dict[str, Any]], dict[str, Any]]


def setting(value: object, *path: str) -> Change:
    """Return what sets a value in a description, where that has the path."""

    def change(thing: dict[str, Any]) -> dict[str, Any]:
        if path[0] not in thing:
            return thing
        inner = setting(value, *path[1:])(thing[path[0]]) if path[1:] else value
        return {**thing, path[0]: inner}

    return change


EMPTY = ("", " ", None, 7, [], {}, False)


def wrongs(kind: str, *, owner: bool = True) -> Iterator[Change]:
    """Return the ways in which a description can be wrong.

    Args:
        kind: Of what it is one.
        owner: Whether it says what the thing belongs to: that of one environment does not.
    """
    yield from (setting(value, IDENTITY[kind]) for value in EMPTY)
    yield from (setting(value, "id") for value in (999_999, "7", None, 0, True))
    if owner:
        yield from (setting(value, *OWNER[kind]) for value in (999_999, "1", None, True))


@dataclass
class Way:
    """A host whose connection `odd` leads through a gateway that changes descriptions."""

    gateway: Gateway
    host: DynamicHost

    @contextmanager
    def changing(self, change: Change, *methods: str) -> Iterator[None]:
        """Change the descriptions in the answers to these methods; to all without any."""

        def distort(method: str, answer: Answer) -> Answer:
            if (methods and method not in methods) or not answer.content:
                return answer
            said = json.loads(answer.content)
            if isinstance(said, dict) and "path_with_namespace" in said:
                return answer  # The project's own.
            found = [change(each) for each in said] if isinstance(said, list) else change(said)
            return replace(answer, content=json.dumps(found).encode())

        before, self.gateway.distort = self.gateway.distort, distort
        try:
            yield
        finally:
            self.gateway.distort = before


@pytest.fixture(scope="module")
def way(simulator: Simulator) -> Iterator[Way]:
    """The host and the gateway."""
    with Gateway(simulator.url) as gateway:
        config = {
            "gitlab:baseUrl": gateway.url,
            "gitlab:token": simulator.root_token,
            "gitlab-kubernetes:retryDeadline": "0.5",
        }
        with DynamicHost(config) as host:
            yield Way(gateway, host)


def failure(call: Callable[[], object]) -> str:
    """Return the message of a call that has to fail."""
    with pytest.raises(CallError) as raised:
        call()
    return str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_takes_over_nothing_of_a_wrong_description(
    way: Way, project: Project, pair: Pair, kind: str
) -> None:
    """It fails, and the next one finds all as it was."""
    id_, outputs, _given = make(way.host, kind, project, pair)
    inputs = {name: plain(value) for name, value in outputs.items()}
    honest = way.host.read(kind, id_, outputs, inputs)
    assert honest[:2] == (id_, outputs)
    for change in wrongs(kind, owner=kind != "ProjectEnvironment"):
        with way.changing(change):
            assert NOT_GITLAB in failure(lambda: way.host.read(kind, id_, outputs, inputs))
    assert way.host.read(kind, id_, outputs, inputs) == honest
    assert way.host.diff(kind, id_, plain(outputs), plain(honest[2])).changes == "DIFF_NONE"


@pytest.mark.parametrize("kind", ["ClusterAgent", "ProjectCluster", "ProjectEnvironment"])
def test_neither_does_one_that_reads_lists(
    way: Way, project: Project, pair: Pair, kind: str
) -> None:
    """A page with a wrong description is none; each thing is then asked for alone."""
    made = []
    for number in range(4):
        more = {"name": f"n{number}"}
        if kind == "ProjectCluster":
            more["environment_scope"] = f"n{number}/*"
        made.append(make(way.host, kind, project, pair, **more))
    for change in wrongs(kind):
        lists = _in_lists(change)
        before, way.gateway.distort = way.gateway.distort, lists
        try:
            for id_, outputs, _given in made:
                assert way.host.read(kind, id_, outputs)[:2] == (id_, outputs)
        finally:
            way.gateway.distort = before


def _in_lists(change: Change) -> Callable[[str, Answer], Answer]:
    def distort(_method: str, answer: Answer) -> Answer:
        said = json.loads(answer.content) if answer.content else None
        if not isinstance(said, list):
            return answer
        return replace(answer, content=json.dumps([change(each) for each in said]).encode())

    return distort


@pytest.mark.parametrize("kind", KINDS)
def test_a_creation_takes_no_description_of_something_else(
    way: Way, project: Project, pair: Pair, kind: str
) -> None:
    """What was made is found by a look, a token without its value is revoked: nothing is lost."""
    numbers = itertools.count()
    names = ("other", *EMPTY)
    identities = [setting(value, IDENTITY[kind]) for value in names]
    owners = [setting(value, *OWNER[kind]) for value in (999_999, None)]
    for change in (*identities, *owners):
        given = inputs_of_another(kind, project, pair, next(numbers))
        with way.changing(change, "POST"):
            if kind == "ClusterAgentToken":
                assert NOT_GITLAB in failure(lambda given=given: way.host.create(kind, given))
                assert project.api("GET", f"cluster_agents/{given['agent_id']}/tokens") == []
                continue
            id_, outputs = way.host.create(kind, given)
        assert way.host.read(kind, id_, outputs)[:2] == (id_, outputs)
        key = {"url": "url", "environment_scope": "environment_scope"}.get(IDENTITY[kind], "name")
        assert outputs[key] == given.get(key, "*")
        remove(project, kind, id_)


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_look_is_wrong_too_the_creation_says_to_look(
    way: Way, project: Project, pair: Pair, kind: str
) -> None:
    """Then nobody knows what became of it."""
    given = inputs_of_another(kind, project, pair, 0)
    with way.changing(setting("", IDENTITY[kind])):
        message = failure(lambda: way.host.create(kind, given))
    assert NOT_GITLAB in message
    assert "it may have been made all the same; look for it at GitLab" in message


def inputs_of_another(kind: str, project: Project, pair: Pair, number: int) -> dict[str, Any]:
    """Return inputs for one more thing of a kind, with an agent of its own where it needs one."""
    if kind == "ClusterAgentToken":
        return {"project": project.path, "agent_id": project.agent(f"of-{number}"), "name": "t"}
    if kind == "ClusterAgentUrlConfiguration":
        agent = project.agent(f"of-{number}")
        return {"project": project.path, "agent_id": agent, "url": "grpc://agent.example.com"}
    return inputs_of(kind, project, pair)


def remove(project: Project, kind: str, id_: str) -> None:
    """Delete a thing past the host."""
    path, own = collection(kind, id_)
    if kind == "ProjectEnvironment":
        project.api("POST", f"{path}/{own}/stop")
    project.api("DELETE", f"{path}/{own}")


@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_takes_no_description_of_something_else(
    way: Way, project: Project, pair: Pair, kind: str
) -> None:
    """It may have been made; the next one makes sure."""
    id_, outputs, given = make(way.host, kind, project, pair)
    changed = {**given, **UPDATES[kind]}
    for change in wrongs(kind):
        with way.changing(change, "PUT"):
            message = failure(lambda: way.host.update(kind, id_, outputs, changed))
        assert NOT_GITLAB in message
    outputs = way.host.update(kind, id_, outputs, changed)
    assert {name: outputs[name] for name in UPDATES[kind]} == UPDATES[kind]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ClusterAgentToken"])
def test_nothing_is_adopted_by_a_wrong_description(
    way: Way, project: Project, pair: Pair, kind: str
) -> None:
    """Else a thing of another project could be taken over, and destroyed later on."""
    id_, outputs, given = make(way.host, kind, project, pair)
    given["adopt_existing"] = True
    remaining = [setting(value, *OWNER[kind]) for value in (999_999, None)]
    for change in (setting(0, "id"), setting(None, "id"), *remaining):
        with way.changing(change, "GET"):
            message = failure(lambda: way.host.create(kind, given))
        assert "it is already there" not in message
    assert way.host.read(kind, id_, outputs)[:2] == (id_, outputs)


def test_an_environment_is_not_taken_for_another_ones_stopping(
    way: Way, project: Project, pair: Pair
) -> None:
    """Its deletion waits for its own state."""
    kind = "ProjectEnvironment"
    id_, outputs, _given = make(way.host, kind, project, pair)
    for change in wrongs(kind, owner=False):
        with way.changing(change, "POST", "GET"):
            assert NOT_GITLAB in failure(lambda: way.host.delete(kind, id_, outputs))
    way.host.delete(kind, id_, outputs)
    assert project.api("GET", "environments") == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_earlier_version_lost_comes_back(
    host: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """A state without what a program always gives has it again after a refresh."""
    id_, outputs, _given = make(host, kind, project, pair)
    fields = (field for field in core_for(kind).schema.fields if field.required and field.shown)
    lost = {field.name for field in fields}
    assert lost
    damaged = {name: value for name, value in outputs.items() if name not in lost}
    _id, found, inputs = host.read(kind, id_, damaged)
    assert found == outputs
    assert lost <= inputs.keys()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("kubernetes_api_url", setting(None, "platform_kubernetes")),
        ("kubernetes_api_url", setting("", "platform_kubernetes", "api_url")),
        (
            "kubernetes_authorization_type",
            setting(None, "platform_kubernetes", "authorization_type"),
        ),
        ("enabled", setting("", "enabled")),
        ("created_at", setting(7, "created_at")),
        ("cluster_type", setting(["x"], "cluster_type")),
    ],
)
def test_what_a_thing_always_has_is_not_empty(
    way: Way, project: Project, pair: Pair, name: str, change: Change
) -> None:
    """Whoever shows it so has not shown it: the state keeps what it had."""
    kind = "ProjectCluster"
    id_, outputs, _given = make(way.host, kind, project, pair)
    with way.changing(change):
        _id, found, inputs = way.host.read(kind, id_, outputs)
    assert found[name] == outputs[name]
    assert inputs.get(name, outputs[name]) == outputs[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [("is_receptive", "no"), ("created_by_user_id", "1"), ("created_at", 7)],
)
def test_an_output_keeps_its_type(
    way: Way, project: Project, pair: Pair, name: str, value: object
) -> None:
    """What reads it next, as a policy, is not to meet another one."""
    id_, outputs, _given = make(way.host, "ClusterAgent", project, pair)
    with way.changing(setting(value, name)):
        assert way.host.read("ClusterAgent", id_, outputs)[1] == outputs


def test_what_was_renamed_at_gitlab_is_drift(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """A cluster can be, and its scope can change: that is no wrong description."""
    id_, outputs, _given = make(host, "ProjectCluster", project, pair)
    path, own = collection("ProjectCluster", id_)
    project.api("PUT", f"{path}/{own}", name="renamed", environment_scope="live/*")
    _id, found, inputs = host.read("ProjectCluster", id_, outputs)
    for values in (found, inputs):
        assert (values["name"], values["environment_scope"]) == ("renamed", "live/*")


@pytest.mark.parametrize("spaces", ["x ", " x"])
def test_what_gitlab_trims_is_the_same(
    host: DynamicHost, project: Project, pair: Pair, spaces: str
) -> None:
    """A cluster's scope loses its outer spaces."""
    _id, outputs, _given = make(host, "ProjectCluster", project, pair, environment_scope=spaces)
    assert outputs["environment_scope"].strip() == "x"


def test_a_project_is_the_one_that_was_asked_for(simulator: Simulator, project: Project) -> None:
    """By its id; by its path unless GitLab has sent on from an older one."""
    other = api(simulator, "POST", "projects", name=f"other-{project.id}")
    with Gateway(simulator.url) as gateway:

        def client() -> Client:
            return Client(Connection("gitlab", gateway.url, simulator.root_token, deadline=0.1))

        assert client().project_id(project.path) == project.id
        assert client().project_id(project.path.upper()) == project.id
        content = json.dumps(other).encode()
        gateway.distort = lambda _method, answer: replace(answer, content=content)
        with pytest.raises(GitLabError) as raised:
            Client(
                Connection("second", gateway.url, simulator.root_token, deadline=0.1)
            ).project_id(project.path)
        assert str(raised.value) == (
            f"{gateway.url} answers with project {other['path_with_namespace']} for "
            f"{project.path}: give its present path, if it was moved there"
        )
        with pytest.raises(GitLabError, match=NOT_GITLAB):
            client().project_visible(str(project.id))
