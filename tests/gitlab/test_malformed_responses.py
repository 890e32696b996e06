"""Responses that GitLab never sends: of a proxy, a sign-in page or a broken server.

A real dynamic host receives them instead of one or more of GitLab's responses. GitLab may have done
what was requested.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.collections import agents_of, environments_of
from tests.support.dynamic_host import DynamicHost
from tests.support.gateway import Gateway
from tests.support.kinds import KINDS, UPDATES, collection, inputs_of, listed, remove
from tests.support.malformed_responses import (
    HARMLESS,
    JSON,
    MALFORMED,
    Distortion,
    body,
    twisted,
    without,
)
from tests.support.plugin_process import CallError, plain
from tests.support.web import Response

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

_ROUTES = 1000
"""The number of connections. A new one has not requested the user or the project yet."""


@dataclass(frozen=True)
class Fault:
    """The malformed responses of an operation.

    Args:
        name: The name of the change.
        distort: Changes a response.
        first: The first response to change, from 0.
        last: The last response to change.
    """

    name: str
    distort: Distortion
    first: int = 0
    last: int = 99

    def __repr__(self) -> str:
        """Return the text for failing tests."""
        return f"{self.name!r} for responses {self.first} to {self.last}"


FAULTS = st.builds(
    lambda named, first, last: Fault(named[0], named[1], first, last),
    st.sampled_from(list(MALFORMED.items()))
    | JSON.map(json.dumps).map(lambda text: (text, body(text)))
    | twisted().map(lambda distort: ("twisted", distort)),
    st.integers(0, 3),
    st.sampled_from([0, 1, 99]),
)


def drawn(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with random faults, and with harmless ones, which must not fail."""
    some = settings(max_examples=8, suppress_health_check=list(HealthCheck))
    return with_each(HARMLESS, some(test))


def with_each(names: Iterable[str], test: Callable[..., None]) -> Callable[..., None]:
    """Run a test also with these faults."""
    for name in names:
        test = example(fault=Fault(name, MALFORMED[name]))(test)
    return test


def with_errors(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test also with each client error and redirect."""
    return with_each((name for name in MALFORMED if name.startswith(("3", "4"))), test)


@dataclass
class Route:
    """A dynamic host whose requests go through a gateway that changes responses.

    Args:
        gateway: The gateway.
        host: The host. All its connections except the default one use the gateway.
    """

    gateway: Gateway
    host: DynamicHost

    def __post_init__(self) -> None:
        self._numbers = itertools.cycle(range(_ROUTES))

    def fresh(self) -> dict[str, str]:
        """Return the input for a connection that was not used yet."""
        return {"connection": f"route{next(self._numbers)}"}

    @contextmanager
    def distorted(self, fault: Fault) -> Iterator[list[Response]]:
        """Apply a fault, and yield the responses to POST requests."""
        numbers, posts = itertools.count(), []

        def distort(method: str, response: Response) -> Response:
            if fault.first <= next(numbers) <= fault.last:
                response = fault.distort(response)
            if method == "POST":
                posts.append(response)
            return response

        passing, self.gateway.distort = self.gateway.distort, distort
        try:
            yield posts
        finally:
            self.gateway.distort = passing


@pytest.fixture(scope="module")
def route(simulator: Simulator) -> Iterator[Route]:
    """The dynamic host and the gateway."""
    with Gateway(simulator.url) as gateway:
        gateway.removed_headers = {"x-gitlab-meta"}  # Another server does not send it.
        config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
        config["gitlab-kubernetes:retryDeadline"] = "0.5"
        for number in range(_ROUTES):
            config[f"route{number}:baseUrl"] = gateway.url
            config[f"route{number}:token"] = simulator.root_token
        with DynamicHost(config) as host:
            yield Route(gateway, host)


@dataclass
class Sample:
    """A resource of one kind, with its inputs."""

    kind: str
    project: Project
    inputs: dict[str, Any]

    def paths(self) -> list[str]:
        """Return the paths of all resources in its collection in GitLab."""
        agent = [str(self.inputs["agent_id"])] if "agent_id" in self.inputs else []
        parents = [str(self.project.id), *agent]
        ids = (":".join([*parents, str(each["id"])]) for each in self._listed(parents))
        return ["/".join(collection(self.kind, id_)) for id_ in ids]

    def remove(self) -> None:
        """Delete these resources, without the gateway."""
        agent = [str(self.inputs["agent_id"])] if "agent_id" in self.inputs else []
        parents = [str(self.project.id), *agent]
        for each in self._listed(parents):
            remove(self.kind, self.project, ":".join([*parents, str(each["id"])]))

    def _listed(self, parents: list[str]) -> list[dict[str, Any]]:
        return listed(self.kind, self.project, ":".join([*parents, "0"]))


@pytest.fixture(params=KINDS)
def sample(request: pytest.FixtureRequest, project: Project, pair: Pair) -> Sample:
    """A sample of each kind."""
    return Sample(request.param, project, inputs_of(request.param, project, pair))


@pytest.fixture
def state(route: Route, sample: Sample) -> tuple[str, dict[str, Any]]:
    """Create the sample, and return its ID and outputs."""
    id_, outputs = route.host.create(sample.kind, sample.inputs)
    return id_, plain(outputs)


def fails(call: Callable[[], Any]) -> str:
    """Return the error message of a call, or an empty string if it succeeds."""
    try:
        call()
    except CallError as error:
        message = str(error)
        assert message.startswith(("cannot ", "enabled cannot be changed on this GitLab")), message
        assert message.isprintable()
        assert "unexpected" not in message
        assert "Traceback" not in message
        return message
    return ""


def fails_by(fault: Fault, call: Callable[[], Any]) -> str:
    """Return the same for a call with a fault. Harmless faults must not cause an error."""
    message = fails(call)
    assert not (message and fault.name in HARMLESS), message
    return message


def rejects(response: Response) -> bool:
    """Return whether a response means that nothing was done."""
    if response.status in {301, 302, 303, 307, 308, 401, 404, 405, 407, 501}:
        return True
    try:
        error = json.loads(response.content)
    except (ValueError, RecursionError):
        return False
    return 400 <= response.status < 500 and isinstance(error, dict) and {"message"} == error.keys()


@pytest.mark.parametrize("shape", MALFORMED)
def test_no_call_accepts_a_malformed_response(
    simulator: Simulator, project: Project, route: Route, shape: str
) -> None:
    """The call fails with a `GitLabError`, or the change does not matter."""
    client = Client(Connection(route.gateway.url, simulator.root_token, deadline=0.001))
    name = {"name": "prod"}
    path, id_ = "environments", project.api("POST", "environments", name="prod")["id"]
    environments, other = environments_of(client, project.id), agents_of(client, project.id)
    calls: dict[str, Callable[[], Any]] = {
        "get": lambda: environments.get(id_)["id"],
        "read": lambda: environments.read(id_)["id"],
        "list": lambda: [each["id"] for each in environments.list()],
        "update": lambda: environments.update(id_, {"tier": "other"})["id"],
        "access_status": environments.access_status,
        "create": lambda: project.api("GET", f"cluster_agents/{other.create(name)['id']}")["name"],
        "stop": lambda: environments.stop(id_, force=False)["id"],
        "delete": lambda: environments.delete(id_),
        "user": client.user_id,
        "project": lambda: client.project_id(project.path),
    }
    right = {
        "list": ([id_], []),
        "access_status": (None, 403),
        "delete": (None,),
        "create": ("prod",),
    }
    right |= {"user": (1,), "project": (project.id,)}
    for name_, call in calls.items():
        with route.distorted(Fault(shape, MALFORMED[shape])):
            outcome = attempt(call)
        if isinstance(outcome, GitLabError):
            assert shape not in HARMLESS, outcome
            continue
        assert outcome in right.get(name_, (id_,)), name_
        if name_ == "delete":
            assert project.api("GET", path) == []


def attempt(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or its error."""
    try:
        return call()
    except GitLabError as error:
        return error


@pytest.mark.parametrize(
    ("sample", "key"),
    [
        ("ClusterAgent", "name"),
        ("ClusterAgentToken", "name"),
        ("ClusterAgentToken", "token"),
        ("ClusterAgentToken", "created_at"),
        ("ClusterAgentUrlConfiguration", "url"),
        ("ProjectCluster", "environment_scope"),
        ("ProjectEnvironment", "state"),
    ],
    indirect=["sample"],
)
def test_a_response_without_a_required_key_is_malformed(
    route: Route, sample: Sample, key: str
) -> None:
    """GitLab always sends these keys. A token without its value is revoked."""
    with route.distorted(Fault(key, without(key))):
        message = fails(lambda: route.host.create(sample.kind, {**sample.inputs, **route.fresh()}))
    assert "is not GitLab's API: check baseUrl and any proxy; " in message
    assert ("may have been created anyway" in message) == bool(sample.paths())
    assert (key == "token") == (not sample.paths())


def test_an_empty_list_of_another_server_proves_nothing(
    route: Route, project: Project, pair: Pair
) -> None:
    """If the response to the create is not GitLab's, the list may not be GitLab's either."""
    sample = Sample("ClusterAgent", project, inputs_of("ClusterAgent", project, pair))
    with route.distorted(Fault("[]", MALFORMED["[]"], first=1)):
        message = fails(lambda: route.host.create(sample.kind, {**sample.inputs, **route.fresh()}))
    assert "may have been created anyway; look for it in GitLab" in message


@pytest.mark.parametrize("status_", [200, 201, 202])
@pytest.mark.parametrize("content", ["<html>sign in</html>", "", {}, []])
def test_a_page_as_response_to_a_delete_is_an_error(
    route: Route, simulator: Simulator, project: Project, status_: int, content: object
) -> None:
    """GitLab only responds with 204."""
    given = {"project": str(project.id), "name": "prod"}
    id_, outputs = route.host.create("ClusterAgent", given)
    simulator.faults({"method": "DELETE", "status": status_, "body": content})
    assert "is not GitLab's API" in fails(lambda: route.host.delete("ClusterAgent", id_, outputs))
    route.host.delete("ClusterAgent", id_, outputs)


@pytest.mark.parametrize("levels", [7, {"x": 1}, [7, None, [], {}], "Maintainers", None])
def test_the_error_for_a_protected_environment_with_malformed_levels(
    route: Route, simulator: Simulator, project: Project, levels: object
) -> None:
    """The message only names valid access levels."""
    given = {"project": str(project.id), "name": "prod"}
    id_, outputs = route.host.create("ProjectEnvironment", given)
    protected = [{"name": "prod", "deploy_access_levels": levels}]
    simulator.faults({"method": "PUT", "status": 403, "body": {"message": "403 Forbidden"}})
    simulator.faults({"path": "protected_environments", "status": 200, "body": protected})
    changed = {**given, "tier": "other"}
    message = fails(lambda: route.host.update("ProjectEnvironment", id_, outputs, changed))
    assert message.endswith("it is a protected environment, only these may deploy to it: nobody")


@drawn
@with_errors
@given(fault=FAULTS)
def test_a_create_loses_nothing(route: Route, sample: Sample, fault: Fault) -> None:
    """The new resource is in the state, or deleted, or the message says to look for it.

    If the response says that nothing was done, so does the message. The next create then finds an
    existing resource.
    """
    ids: list[str] = []
    with route.distorted(fault) as posts:
        given = {**sample.inputs, **route.fresh()}
        message = fails_by(fault, lambda: ids.append(route.host.create(sample.kind, given)[0]))
    found = sample.paths()
    existing = ("it already exists with the id", "is already used by")
    if not message:
        assert found == ["/".join(collection(sample.kind, ids[0]))]
    elif not any(map(rejects, posts)):
        expected = ("may have been created anyway", *existing)
        assert not found or any(each in message for each in expected), message
    else:
        assert any(each in message for each in (*_REFUSED, *existing)), message
        again = fails(lambda: route.host.create(sample.kind, sample.inputs))
        unique = sample.kind != "ClusterAgentToken"
        assert bool(again) == (unique and bool(found))
        assert not again or any(each in again for each in existing)
    sample.remove()


_REFUSED = (
    "(GitLab answered ",
    "is not GitLab's API: check baseUrl and any proxy",
    " redirects to ",
)


@drawn
@given(fault=FAULTS)
def test_a_refresh_does_not_lose_the_resource(
    route: Route, sample: Sample, state: tuple[str, dict[str, Any]], fault: Fault
) -> None:
    """It is never treated as gone."""
    id_, outputs = state
    read: list[str] = []
    with route.distorted(fault):
        known = {**outputs, **route.fresh()}
        message = fails_by(fault, lambda: read.append(route.host.read(sample.kind, id_, known)[0]))
    assert message or read == [id_]


@pytest.mark.parametrize("sample", UPDATES, indirect=True)
@drawn
@given(fault=FAULTS)
def test_an_update_can_be_repeated(
    route: Route, sample: Sample, state: tuple[str, dict[str, Any]], fault: Fault
) -> None:
    """The error is one line, and the state does not change."""
    id_, outputs = state
    changed = {**sample.inputs, **UPDATES[sample.kind]}
    with route.distorted(fault):
        given = {**changed, **route.fresh()}
        fails_by(fault, lambda: route.host.update(sample.kind, id_, outputs, given))
    outputs = plain(route.host.update(sample.kind, id_, outputs, changed))
    assert {name: outputs[name] for name in changed} == changed
    route.host.update(sample.kind, id_, outputs, sample.inputs)


@drawn
@given(fault=FAULTS)
def test_a_delete_that_succeeds_has_deleted(route: Route, sample: Sample, fault: Fault) -> None:
    """Otherwise it fails."""
    id_, outputs = route.host.create(sample.kind, sample.inputs)
    with route.distorted(fault):
        known = {**outputs, **route.fresh()}
        message = fails_by(fault, lambda: route.host.delete(sample.kind, id_, known))
    assert message or not sample.paths()
    sample.remove()


@drawn
@given(fault=FAULTS)
def test_another_form_of_a_project_is_looked_up(
    route: Route, sample: Sample, state: tuple[str, dict[str, Any]], fault: Fault
) -> None:
    """The preview shows no replacement, or fails with one line."""
    id_, outputs = state
    checked, _failures = route.host.check(sample.kind, sample.inputs)
    olds = {**outputs, **route.fresh(), "project": str(sample.project.id)}
    news = {**plain(checked), "connection": olds["connection"]}
    found: list[list[str]] = []
    with route.distorted(fault):
        message = fails_by(
            fault, lambda: found.append(route.host.diff(sample.kind, id_, olds, news).replaces)
        )
    assert message or found == [[]]
