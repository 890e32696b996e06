"""Responses for another resource than the requested one, or without valid values.

GitLab never sends them, but a cache or a gateway that mixes up responses may.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from tests.conftest import Project, api
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.gateway import Gateway
from tests.support.kinds import KINDS, UPDATES, collection, inputs_of, make, remove
from tests.support.plugin_process import CallError, plain
from tests.support.web import Response

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

IDENTITY = {
    "ClusterAgent": "name",
    "ClusterAgentConfiguration": "file_path",
    "ClusterAgentToken": "name",
    "ClusterAgentUrlConfiguration": "url",
    "ProjectCluster": "environment_scope",
    "ProjectEnvironment": "name",
}
"""The key that identifies a resource among others of its kind."""
OWNER = {
    "ClusterAgent": ("config_project", "id"),
    "ClusterAgentConfiguration": ("encoding",),
    "ClusterAgentToken": ("agent_id",),
    "ClusterAgentUrlConfiguration": ("agent_id",),
    "ProjectCluster": ("project", "id"),
    "ProjectEnvironment": ("project", "id"),
}
"""The path of the parent's ID. A file has none, and always the same encoding."""
NOT_GITLAB = "is not GitLab's API: check baseUrl and any proxy"

Change = Callable[[dict[str, Any]], dict[str, Any]]


def setting(value: object, *path: str) -> Change:
    """Return a change that sets a value, if the resource has the path."""

    def change(resource: dict[str, Any]) -> dict[str, Any]:
        if path[0] not in resource:
            return resource
        inner = setting(value, *path[1:])(resource[path[0]]) if path[1:] else value
        return {**resource, path[0]: inner}

    return change


EMPTY: tuple[Any, ...] = ("", " ", None, 7, [], {}, False)


def wrong_changes(kind: str, *, owner: bool = True) -> Iterator[Change]:
    """Yield changes that make a response wrong.

    Args:
        kind: The kind of resource.
        owner: Whether the response has the parent's ID. That of a single environment does not.
    """
    yield from (setting(value, IDENTITY[kind]) for value in EMPTY)
    if kind != "ClusterAgentConfiguration":
        yield from (setting(value, "id") for value in (999_999, "7", None, 0, True))
    if owner:
        yield from (setting(value, *OWNER[kind]) for value in (999_999, "1", None, True))


@dataclass
class Route:
    """A dynamic host whose requests go through a gateway that changes responses."""

    gateway: Gateway
    host: DynamicHost

    @contextmanager
    def changing(self, change: Change, *methods: str) -> Iterator[None]:
        """Change the resources in responses to these methods. Without any, to all methods."""

        def distort(method: str, response: Response) -> Response:
            if (methods and method not in methods) or not response.content:
                return response
            body = json.loads(response.content)
            if isinstance(body, dict) and "path_with_namespace" in body:
                return response  # The project.
            found = [change(each) for each in body] if isinstance(body, list) else change(body)
            return replace(response, content=json.dumps(found).encode())

        before, self.gateway.distort = self.gateway.distort, distort
        try:
            yield
        finally:
            self.gateway.distort = before


@pytest.fixture(scope="module")
def route(simulator: Simulator) -> Iterator[Route]:
    """The dynamic host and the gateway."""
    with Gateway(simulator.url) as gateway:
        config = {
            "gitlab:baseUrl": gateway.url,
            "gitlab:token": simulator.root_token,
            "gitlab-kubernetes:retryDeadline": "0.5",
        }
        with DynamicHost(config) as host:
            yield Route(gateway, host)


def failure(call: Callable[[], object]) -> str:
    """Return the error message of a call, which must fail."""
    with pytest.raises(CallError) as raised:
        call()
    return str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_rejects_wrong_responses(
    route: Route, project: Project, pair: Pair, kind: str
) -> None:
    """It fails, and the next refresh finds no changes."""
    id_, outputs, _given = make(route.host, kind, project, pair)
    inputs = {name: plain(value) for name, value in outputs.items()}
    honest = route.host.read(kind, id_, outputs, inputs)
    assert honest[:2] == (id_, outputs)
    for change in wrong_changes(kind, owner=kind != "ProjectEnvironment"):
        with route.changing(change):
            assert NOT_GITLAB in failure(lambda: route.host.read(kind, id_, outputs, inputs))
    assert route.host.read(kind, id_, outputs, inputs) == honest
    assert route.host.diff(kind, id_, plain(outputs), plain(honest[2])).changes == "DIFF_NONE"


@pytest.mark.parametrize("kind", ["ClusterAgent", "ProjectCluster", "ProjectEnvironment"])
def test_a_refresh_rejects_wrong_lists(
    route: Route, project: Project, pair: Pair, kind: str
) -> None:
    """A page with a wrong resource is rejected, and each resource is requested alone."""
    made = []
    for number in range(4):
        more = {"name": f"n{number}"}
        if kind == "ProjectCluster":
            more["environment_scope"] = f"n{number}/*"
        made.append(make(route.host, kind, project, pair, **more))
    for change in wrong_changes(kind):
        lists = _in_lists(change)
        before, route.gateway.distort = route.gateway.distort, lists
        try:
            for id_, outputs, _given in made:
                assert route.host.read(kind, id_, outputs)[:2] == (id_, outputs)
        finally:
            route.gateway.distort = before


def _in_lists(change: Change) -> Callable[[str, Response], Response]:
    def distort(_method: str, response: Response) -> Response:
        body = json.loads(response.content) if response.content else None
        if not isinstance(body, list):
            return response
        return replace(response, content=json.dumps([change(each) for each in body]).encode())

    return distort


@pytest.mark.parametrize("kind", KINDS)
def test_a_create_rejects_wrong_responses(
    route: Route, project: Project, pair: Pair, kind: str
) -> None:
    """The new resource is found in the list. A token without its value is revoked."""
    numbers = itertools.count()
    names = ("other", *EMPTY)
    identities = [setting(value, IDENTITY[kind]) for value in names]
    owners = [setting(value, *OWNER[kind]) for value in (999_999, None)]
    for change in (*identities, *owners):
        given = inputs_of_another(kind, project, pair, next(numbers))
        with route.changing(change, "POST"):
            if kind == "ClusterAgentToken":
                assert NOT_GITLAB in failure(partial(route.host.create, kind, given))
                assert project.api("GET", f"cluster_agents/{given['agent_id']}/tokens") == []
                continue
            id_, outputs = route.host.create(kind, given)
        assert route.host.read(kind, id_, outputs)[:2] == (id_, outputs)
        key = "agent_name" if kind == "ClusterAgentConfiguration" else IDENTITY[kind]
        assert outputs[key] == given.get(key, "*")
        remove(kind, project, id_)


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_for_a_create_and_list_with_wrong_responses(
    route: Route, project: Project, pair: Pair, kind: str
) -> None:
    """The message says to look for the resource."""
    given = inputs_of_another(kind, project, pair, 0)
    with route.changing(setting("", IDENTITY[kind])):
        message = failure(lambda: route.host.create(kind, given))
    assert NOT_GITLAB in message
    assert "it may have been created anyway; look for it in GitLab" in message


def inputs_of_another(kind: str, project: Project, pair: Pair, number: int) -> dict[str, Any]:
    """Return inputs for another resource of a kind, with its own agent if it needs one."""
    if kind == "ClusterAgentToken":
        return {"project": project.path, "agent_id": project.agent(f"of-{number}"), "name": "t"}
    if kind == "ClusterAgentUrlConfiguration":
        agent = project.agent(f"of-{number}")
        return {"project": project.path, "agent_id": agent, "url": "grpc://agent.example.com"}
    given = inputs_of(kind, project, pair)
    return {**given, "agent_name": f"prod-{number}"} if "agent_name" in given else given


def test_an_update_of_a_file_is_verified(route: Route, project: Project, pair: Pair) -> None:
    """If the response is wrong, the file is read again. It has what was sent."""
    kind = "ClusterAgentConfiguration"
    id_, outputs, given = make(route.host, kind, project, pair)
    for number, change in enumerate(wrong_changes(kind, owner=False)):
        given["ci_access"] = {"projects": [{"id": f"acme/{number}"}]}
        with route.changing(change, "PUT"):
            outputs = route.host.update(kind, id_, outputs, given)
        assert outputs["ci_access"] == given["ci_access"]
        assert route.host.read(kind, id_, outputs)[1] == outputs


@pytest.mark.parametrize("kind", [kind for kind in UPDATES if kind != "ClusterAgentConfiguration"])
def test_an_update_rejects_wrong_responses(
    route: Route, project: Project, pair: Pair, kind: str
) -> None:
    """GitLab may have done it. The next update succeeds."""
    id_, outputs, given = make(route.host, kind, project, pair)
    changed = {**given, **UPDATES[kind]}
    for change in wrong_changes(kind):
        with route.changing(change, "PUT"):
            message = failure(lambda: route.host.update(kind, id_, outputs, changed))
        assert NOT_GITLAB in message
    outputs = route.host.update(kind, id_, outputs, changed)
    assert {name: outputs[name] for name in UPDATES[kind]} == UPDATES[kind]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ClusterAgentToken"])
def test_adoption_rejects_wrong_responses(
    route: Route, project: Project, pair: Pair, kind: str
) -> None:
    """Otherwise a resource of another project could be adopted, and later deleted."""
    id_, outputs, given = make(route.host, kind, project, pair)
    given["adopt_existing"] = True
    remaining = [setting(value, *OWNER[kind]) for value in (999_999, None)]
    own = "file_path" if kind == "ClusterAgentConfiguration" else "id"
    for change in (setting(0, own), setting(None, own), *remaining):
        with route.changing(change, "GET"):
            message = failure(lambda: route.host.create(kind, given))
        assert "it already exists" not in message
    assert route.host.read(kind, id_, outputs)[:2] == (id_, outputs)


def test_stopping_rejects_wrong_responses(route: Route, project: Project, pair: Pair) -> None:
    """A delete waits for the state of the right environment."""
    kind = "ProjectEnvironment"
    id_, outputs, _given = make(route.host, kind, project, pair)
    for change in wrong_changes(kind, owner=False):
        with route.changing(change, "POST", "GET"):
            assert NOT_GITLAB in failure(lambda: route.host.delete(kind, id_, outputs))
    route.host.delete(kind, id_, outputs)
    assert project.api("GET", "environments") == []


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_an_earlier_version_lost_come_back(
    host: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """After a refresh, a state without required inputs has them again."""
    id_, outputs, _given = make(host, kind, project, pair)
    fields = (
        field for field in kind_for(kind).schema.fields if field.required and field.response_key
    )
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
def test_an_empty_required_value_is_ignored(
    route: Route, project: Project, pair: Pair, name: str, change: Change
) -> None:
    """The state keeps its value."""
    kind = "ProjectCluster"
    id_, outputs, _given = make(route.host, kind, project, pair)
    with route.changing(change):
        _id, found, inputs = route.host.read(kind, id_, outputs)
    assert found[name] == outputs[name]
    assert inputs.get(name, outputs[name]) == outputs[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [("is_receptive", "no"), ("created_by_user_id", "1"), ("created_at", 7)],
)
def test_an_output_keeps_its_type(
    route: Route, project: Project, pair: Pair, name: str, value: object
) -> None:
    """A policy that reads it, for example, relies on the type."""
    id_, outputs, _given = make(route.host, "ClusterAgent", project, pair)
    with route.changing(setting(value, name)):
        assert route.host.read("ClusterAgent", id_, outputs)[1] == outputs


def test_a_cluster_that_was_renamed_in_gitlab_is_drift(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """Its name and its scope can change, so the response is not wrong."""
    id_, outputs, _given = make(host, "ProjectCluster", project, pair)
    path, own = collection("ProjectCluster", id_)
    project.api("PUT", f"{path}/{own}", name="renamed", environment_scope="live/*")
    _id, found, inputs = host.read("ProjectCluster", id_, outputs)
    for values in (found, inputs):
        assert (values["name"], values["environment_scope"]) == ("renamed", "live/*")


@pytest.mark.parametrize("spaces", ["x ", " x"])
def test_a_text_that_gitlab_trims_is_the_same(
    host: DynamicHost, project: Project, pair: Pair, spaces: str
) -> None:
    """GitLab trims a cluster's scope."""
    _id, outputs, _given = make(host, "ProjectCluster", project, pair, environment_scope=spaces)
    assert outputs["environment_scope"].strip() == "x"


def test_a_response_for_another_project_is_an_error(simulator: Simulator, project: Project) -> None:
    """If its ID differs, or its path differs without a redirect."""
    other = api(simulator, "POST", "projects", name=f"other-{project.id}")
    with Gateway(simulator.url) as gateway:

        def client() -> Client:
            return Client(Connection(gateway.url, simulator.root_token, deadline=0.1))

        assert client().project_id(project.path) == project.id
        assert client().project_id(project.path.upper()) == project.id
        content = json.dumps(other).encode()
        gateway.distort = lambda _method, response: replace(response, content=content)
        with pytest.raises(GitLabError) as raised:
            Client(
                Connection(
                    gateway.url, simulator.root_token, token_setting="second:token", deadline=0.1
                )
            ).project_id(project.path)
        assert str(raised.value) == (
            f"{gateway.url} returns project {other['path_with_namespace']} for "
            f"{project.path}: use the new path if the project was moved"
        )
        with pytest.raises(GitLabError, match=NOT_GITLAB):
            client().project_visible(str(project.id))
