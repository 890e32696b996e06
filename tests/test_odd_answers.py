"""Answers that GitLab never gives: of a proxy, of a sign-in page, of something broken.

Each reaches a real dynamic host in the place of one of GitLab's, or of all from one on. What was
asked for may have been done by then.
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
from tests.certificates import Pair
from tests.conftest import Project
from tests.dynamic_host import CallError, DynamicHost, plain
from tests.gateway import Gateway
from tests.kinds import KINDS, UPDATES, collection, inputs_of
from tests.shapes import HARMLESS, JSON, SHAPES, Distortion, body, twisted, without
from tests.web import Answer

from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_WAYS = 1000
"""How many connections there are: a new one has not asked for the user or the project yet."""


@dataclass(frozen=True)
class Fault:
    """Which of an operation's answers are odd, and how."""

    name: str
    distort: Distortion
    first: int = 0
    last: int = 99

    def __repr__(self) -> str:
        """Name it in a failing test."""
        return f"{self.name!r} for answers {self.first} to {self.last}"


FAULTS = st.builds(
    lambda named, first, last: Fault(*named, first, last),
    st.sampled_from(list(SHAPES.items()))
    | JSON.map(json.dumps).map(lambda text: (text, body(text)))
    | twisted().map(lambda distort: ("twisted", distort)),
    st.integers(0, 3),
    st.sampled_from([0, 1, 99]),
)


def drawn(test: Callable[..., None]) -> Callable[..., None]:
    """Try faults, and what is none: a call that always fails would pass otherwise."""
    some = settings(max_examples=8, suppress_health_check=list(HealthCheck))
    return with_each(HARMLESS, some(test))


def with_each(names: Iterable[str], test: Callable[..., None]) -> Callable[..., None]:
    """Try these shapes in any case."""
    for name in names:
        test = example(fault=Fault(name, SHAPES[name]))(test)
    return test


def refusing(test: Callable[..., None]) -> Callable[..., None]:
    """Try each refusal and redirect in any case."""
    return with_each((name for name in SHAPES if name.startswith(("3", "4"))), test)


@dataclass
class Way:
    """The way to a GitLab behind a gateway that distorts answers.

    Args:
        gateway: The gateway.
        host: A host whose connections lead there, but for the default one.
    """

    gateway: Gateway
    host: DynamicHost

    def __post_init__(self) -> None:
        self._ways = itertools.cycle(range(_WAYS))

    def new(self) -> dict[str, str]:
        """Return the inputs that choose a connection that nothing was asked on."""
        return {"connection": f"way{next(self._ways)}"}

    @contextmanager
    def odd(self, fault: Fault) -> Iterator[list[Answer]]:
        """Let a fault strike; with what POSTs were answered then."""
        numbers, posts = itertools.count(), []

        def distort(method: str, answer: Answer) -> Answer:
            if fault.first <= next(numbers) <= fault.last:
                answer = fault.distort(answer)
            if method == "POST":
                posts.append(answer)
            return answer

        passing, self.gateway.distort = self.gateway.distort, distort
        try:
            yield posts
        finally:
            self.gateway.distort = passing


@pytest.fixture(scope="module")
def way(simulator: Simulator) -> Iterator[Way]:
    """A host, and the gateway before it."""
    with Gateway(simulator.url) as gateway:
        gateway.withheld = {"x-gitlab-meta"}  # An odd answer is not GitLab's.
        config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
        config["gitlab-kubernetes:retryDeadline"] = "0.5"
        for number in range(_WAYS):
            config[f"way{number}:baseUrl"] = gateway.url
            config[f"way{number}:token"] = simulator.root_token
        with DynamicHost(config) as host:
            yield Way(gateway, host)


@dataclass
class Thing:
    """What one test has one of, with what a program gives for it."""

    kind: str
    project: Project
    inputs: dict[str, Any]

    def there(self) -> list[str]:
        """Return the paths of what is at GitLab, where a thing of these inputs belongs."""
        agent = [str(self.inputs["agent_id"])] if "agent_id" in self.inputs else []
        path, _own = collection(self.kind, ":".join([str(self.project.id), *agent, "0"]))
        return [f"{path}/{each['id']}" for each in self.project.api("GET", path)]

    def remove(self) -> None:
        """Delete all that is there, past the gateway."""
        for path in self.there():
            if self.project.api("GET", path).get("state") == "available":
                self.project.api("POST", f"{path}/stop")
            self.project.api("DELETE", path)


@pytest.fixture(params=KINDS)
def thing(request: pytest.FixtureRequest, project: Project, pair: Pair) -> Thing:
    """One of each kind."""
    return Thing(request.param, project, inputs_of(request.param, project, pair))


@pytest.fixture
def state(way: Way, thing: Thing) -> tuple[str, dict[str, Any]]:
    """Make it, and return its id and outputs."""
    id_, outputs = way.host.create(thing.kind, thing.inputs)
    return id_, plain(outputs)


def fails(call: Callable[[], Any]) -> str:
    """Return the one line of a call that fails, empty where it does not."""
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
    """Return the same of a call that such a fault may befall."""
    message = fails(call)
    assert not (message and fault.name in HARMLESS), message
    return message


def refuses(answer: Answer) -> bool:
    """Tell whether an answer says that nothing was done: in GitLab's form, or whoever says it."""
    if answer.status in {301, 302, 303, 307, 308, 401, 404, 405, 407, 501}:
        return True
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return False
    return 400 <= answer.status < 500 and isinstance(said, dict) and {"message"} == said.keys()


@pytest.mark.parametrize("shape", SHAPES)
def test_no_call_takes_an_odd_answer_for_one(
    simulator: Simulator, project: Project, way: Way, shape: str
) -> None:
    """It fails as everything else does that GitLab refuses, or takes no notice."""
    client = Client(Connection("gitlab", way.gateway.url, simulator.root_token, deadline=0.001))
    name = {"name": "prod"}
    path, id_ = "environments", project.api("POST", "environments", name="prod")["id"]
    things, other = client.environments(project.id), client.agents(project.id)
    calls: dict[str, Callable[[], Any]] = {
        "get": lambda: things.get(id_)["id"],
        "read": lambda: things.read(id_)["id"],
        "list": lambda: [each["id"] for each in things.list()],
        "update": lambda: things.update(id_, {"tier": "other"})["id"],
        "refusal": things.refusal,
        "create": lambda: project.api("GET", f"cluster_agents/{other.create(name)['id']}")["name"],
        "stop": lambda: things.stop(id_, force=False)["id"],
        "delete": lambda: things.delete(id_),
        "user": client.user_id,
        "project": lambda: client.project_id(project.path),
    }
    right = {"list": ([id_], []), "refusal": (None, 403), "delete": (None,), "create": ("prod",)}
    right |= {"user": (1,), "project": (project.id,)}
    for asked, call in calls.items():
        with way.odd(Fault(shape, SHAPES[shape])):
            outcome = attempt(call)
        if isinstance(outcome, GitLabError):
            assert shape not in HARMLESS, outcome
            continue
        assert outcome in right.get(asked, (id_,)), asked
        if asked == "delete":
            assert project.api("GET", path) == []


def attempt(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or its error."""
    try:
        return call()
    except GitLabError as error:
        return error


@pytest.mark.parametrize(
    ("thing", "key"),
    [
        ("ClusterAgent", "name"),
        ("ClusterAgentToken", "name"),
        ("ClusterAgentToken", "token"),
        ("ClusterAgentToken", "created_at"),
        ("ClusterAgentUrlConfiguration", "url"),
        ("ProjectCluster", "environment_scope"),
        ("ProjectEnvironment", "state"),
    ],
    indirect=["thing"],
)
def test_what_every_description_has_is_in_each(way: Way, thing: Thing, key: str) -> None:
    """It is not GitLab that leaves it out; a token without its value is revoked."""
    with way.odd(Fault(key, without(key))):
        message = fails(lambda: way.host.create(thing.kind, {**thing.inputs, **way.new()}))
    assert "is not GitLab's API: check baseUrl and any proxy; " in message
    assert ("may have been made all the same" in message) == bool(thing.there())
    assert (key == "token") == (not thing.there())


def test_an_empty_list_of_somebody_else_proves_nothing(
    way: Way, project: Project, pair: Pair
) -> None:
    """Where the request was not answered by GitLab, the look may not have been either."""
    thing = Thing("ClusterAgent", project, inputs_of("ClusterAgent", project, pair))
    with way.odd(Fault("[]", SHAPES["[]"], first=1)):
        message = fails(lambda: way.host.create(thing.kind, {**thing.inputs, **way.new()}))
    assert "may have been made all the same; look for it at GitLab" in message


@pytest.mark.parametrize("status_", [200, 201, 202])
@pytest.mark.parametrize("content", ["<html>sign in</html>", "", {}, []])
def test_a_page_in_place_of_a_deletion_deletes_nothing(
    way: Way, simulator: Simulator, project: Project, status_: int, content: object
) -> None:
    """GitLab answers one with 204 and nothing else."""
    given = {"project": str(project.id), "name": "prod"}
    id_, outputs = way.host.create("ClusterAgent", given)
    simulator.faults({"method": "DELETE", "status": status_, "body": content})
    assert "is not GitLab's API" in fails(lambda: way.host.delete("ClusterAgent", id_, outputs))
    way.host.delete("ClusterAgent", id_, outputs)


@pytest.mark.parametrize("levels", [7, {"x": 1}, [7, None, [], {}], "Maintainers", None])
def test_a_refusal_is_told_whatever_protects_an_environment(
    way: Way, simulator: Simulator, project: Project, levels: object
) -> None:
    """The levels that may deploy to it are only told where they are some."""
    given = {"project": str(project.id), "name": "prod"}
    id_, outputs = way.host.create("ProjectEnvironment", given)
    protected = [{"name": "prod", "deploy_access_levels": levels}]
    simulator.faults({"method": "PUT", "status": 403, "body": {"message": "403 Forbidden"}})
    simulator.faults({"path": "protected_environments", "status": 200, "body": protected})
    changed = {**given, "tier": "other"}
    message = fails(lambda: way.host.update("ProjectEnvironment", id_, outputs, changed))
    assert message.endswith("it is a protected environment, to which only these may deploy: nobody")


@drawn
@refusing
@given(fault=FAULTS)
def test_a_creation_loses_nothing(way: Way, thing: Thing, fault: Fault) -> None:
    """What it made is in the state, or gone again, or the message says to look for it.

    Where the answer was that nothing was done, it says so; the next creation finds what there is.
    """
    ids: list[str] = []
    with way.odd(fault) as posts:
        given = {**thing.inputs, **way.new()}
        message = fails_by(fault, lambda: ids.append(way.host.create(thing.kind, given)[0]))
    found = thing.there()
    there = ("it is already there with the id", "is that of")
    if not message:
        assert found == ["/".join(collection(thing.kind, ids[0]))]
    elif not any(map(refuses, posts)):
        told = ("may have been made all the same", *there)
        assert not found or any(each in message for each in told), message
    else:
        assert any(each in message for each in (*_REFUSED, *there)), message
        again = fails(lambda: way.host.create(thing.kind, thing.inputs))
        unique = thing.kind != "ClusterAgentToken"
        assert bool(again) == (unique and bool(found))
        assert not again or any(each in again for each in there)
    thing.remove()


_REFUSED = (
    "(GitLab answered ",
    "is not GitLab's API: check baseUrl and any proxy",
    " redirects to ",
)


@drawn
@given(fault=FAULTS)
def test_a_refresh_keeps_what_is_there(
    way: Way, thing: Thing, state: tuple[str, dict[str, Any]], fault: Fault
) -> None:
    """Nothing is taken for gone."""
    id_, outputs = state
    read: list[str] = []
    with way.odd(fault):
        known = {**outputs, **way.new()}
        message = fails_by(fault, lambda: read.append(way.host.read(thing.kind, id_, known)[0]))
    assert message or read == [id_]


@pytest.mark.parametrize("thing", UPDATES, indirect=True)
@drawn
@given(fault=FAULTS)
def test_an_update_can_be_made_again(
    way: Way, thing: Thing, state: tuple[str, dict[str, Any]], fault: Fault
) -> None:
    """It fails in one line, after which the state has what it had before."""
    id_, outputs = state
    changed = {**thing.inputs, **UPDATES[thing.kind]}
    with way.odd(fault):
        given = {**changed, **way.new()}
        fails_by(fault, lambda: way.host.update(thing.kind, id_, outputs, given))
    outputs = plain(way.host.update(thing.kind, id_, outputs, changed))
    assert {name: outputs[name] for name in changed} == changed
    way.host.update(thing.kind, id_, outputs, thing.inputs)


@drawn
@given(fault=FAULTS)
def test_nothing_is_forgotten_that_was_not_deleted(way: Way, thing: Thing, fault: Fault) -> None:
    """A deletion that does not fail has deleted."""
    id_, outputs = way.host.create(thing.kind, thing.inputs)
    with way.odd(fault):
        known = {**outputs, **way.new()}
        message = fails_by(fault, lambda: way.host.delete(thing.kind, id_, known))
    assert message or not thing.there()
    thing.remove()


@drawn
@given(fault=FAULTS)
def test_another_spelling_of_a_project_is_looked_up(
    way: Way, thing: Thing, state: tuple[str, dict[str, Any]], fault: Fault
) -> None:
    """In the preview, which shows no replacement then, or fails in one line."""
    id_, outputs = state
    checked, _failures = way.host.check(thing.kind, thing.inputs)
    olds = {**outputs, **way.new(), "project": str(thing.project.id)}
    news = {**plain(checked), "connection": olds["connection"]}
    found: list[list[str]] = []
    with way.odd(fault):
        message = fails_by(
            fault, lambda: found.append(way.host.diff(thing.kind, id_, olds, news).replaces)
        )
    assert message or found == [[]]
