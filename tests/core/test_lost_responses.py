"""Whichever response is lost, GitLab has exactly one resource: the one in the state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.gateway import Gateway
from tests.support.kinds import KINDS, UPDATES, inputs_of, listed
from tests.support.plugin_process import plain

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

FAULTS = ("before the work", "after the work", "halfway", "502 after the work")
TWICE = [
    *((fault, "") for fault in FAULTS),
    ("after the work", "before"),
    ("before the work", "after"),
    ("502 after the work", "after"),
]
"""A fault, and where the first POST is cut off besides."""
_FAULTS_PATH = "/-/simulator/faults"
_CONNECTIONS = 60
"""The number of connections. A new one has not yet requested the user or the project."""


class Connections:
    """Connections to GitLab on which requests fail.

    Args:
        simulator: A simulator that can cut connections.
        gateway: A gateway that can respond with 502 to executed requests.
    """

    def __init__(self, simulator: Simulator, gateway: Gateway) -> None:
        self._simulator = simulator
        self._gateway = gateway
        self._names = itertools.cycle(range(_CONNECTIONS))
        self._failed = False
        self.host = DynamicHost(self._config())

    def _config(self) -> dict[str, str]:
        """Return a configuration with all connections and a short request timeout."""
        found = {"gitlab-kubernetes:requestTimeout": "1"}
        for name, url in (("direct", self._simulator.url), ("gateway", self._gateway.url)):
            for choice in range(_CONNECTIONS):
                found[f"{name}{choice}:baseUrl"] = url
                found[f"{name}{choice}:token"] = self._simulator.root_token
        return found

    def each(
        self, fault: str, lost: str = ""
    ) -> Iterator[tuple[dict[str, str], AbstractContextManager[None]]]:
        """Yield connections with a fault at the first request, at the second, until none fails.

        Args:
            fault: One of `FAULTS`.
            lost: Where the first POST is cut off, besides.

        Returns:
            The inputs that select the connection, and a context with the fault.
        """
        for n in itertools.count():
            name = "gateway" if fault.startswith("502") else "direct"
            yield {"connection": f"{name}{next(self._names)}"}, self._at(n, fault, lost)
            if not self._failed:
                assert n > 0, "no request was sent"
                return

    @contextmanager
    def _at(self, n: int, fault: str, lost: str) -> Iterator[None]:
        self._simulator._call("DELETE", _FAULTS_PATH)
        where = {"path": "^/api/", "drop": fault.partition(" ")[0]}
        if lost:
            self._simulator.faults({**where, "method": "POST", "drop": lost})
        if fault.startswith("502"):
            self._gateway.lose(skip=n)
        else:
            self._simulator.faults({**where, "skip": n})
        try:
            yield
        finally:
            left = self._simulator._call("GET", _FAULTS_PATH)
            self._failed = not left and not self._gateway.to_lose
            self._gateway.lose(times=0)
            self._simulator._call("DELETE", _FAULTS_PATH)


@pytest.fixture(scope="module")
def connections(simulator: Simulator) -> Iterator[Connections]:
    """Connections to the simulator, directly and through a gateway."""
    with Gateway(simulator.url) as gateway:
        connections = Connections(simulator, gateway)
        with connections.host:
            yield connections


def full_inputs(kind: str, project: Project, pair: Pair) -> dict[str, Any]:
    """Return inputs for a new resource; for an environment, with values that responses may lack."""
    given = inputs_of(kind, project, pair)
    if kind == "ProjectEnvironment":
        given |= {"cluster_agent_id": project.agent("for-it"), "kubernetes_namespace": "shop"}
    return given


def resources(kind: str, project: Project, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all resources in the collection of a resource with these inputs."""
    ids = [str(project.id), *([str(given["agent_id"])] if "agent_id" in given else []), "0"]
    return listed(kind, project, ":".join(ids))


def comparable(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs that two resources with the same inputs share, secrets by their length."""
    own = {"created_at", "updated_at", "public_key", "connection"}
    own |= {"agent_id", "cluster_id", "environment_id", "token_id", "url_configuration_id"}
    found = {name: value for name, value in outputs.items() if name not in own}
    return {**found, "token": len(plain(found["token"]))} if "token" in found else found


@pytest.mark.parametrize("faults", TWICE, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_create_makes_one_resource(
    connections: Connections, project: Project, pair: Pair, kind: str, faults: tuple[str, str]
) -> None:
    """Its result is that of a create without a fault, and GitLab has no other resource.

    The POST is cut off, and also the n-th of the other requests.
    """
    given = full_inputs(kind, project, pair)
    id_, expected = connections.host.create(kind, {**given, "connection": "direct0"})
    connections.host.delete(kind, id_, expected)
    for choice, faulty in connections.each(*faults):
        with faulty:
            id_, outputs = connections.host.create(kind, {**given, **choice})
        assert [str(each["id"]) for each in resources(kind, project, given)] == [id_.split(":")[-1]]
        assert comparable(outputs) == comparable(expected)
        assert connections.host.read(kind, id_, outputs)[1] == outputs
        connections.host.delete(kind, id_, outputs)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_reads_and_deletes_succeed(
    connections: Connections, project: Project, pair: Pair, kind: str, fault: str
) -> None:
    """A read returns the current values, and a delete leaves nothing."""
    given = full_inputs(kind, project, pair)
    id_, outputs = connections.host.create(kind, {**given, "connection": "direct0"})
    for choice, faulty in connections.each(fault):
        with faulty:
            read = connections.host.read(kind, id_, {**outputs, **choice})
        assert read[0] == id_
        assert read[1] == {**outputs, **choice}
    for choice, faulty in connections.each(fault):
        with faulty:
            connections.host.delete(kind, id_, {**outputs, **choice})
        assert resources(kind, project, given) == []
        id_, outputs = connections.host.create(kind, {**given, "connection": "direct0"})


def _change(kind: str, domain: str) -> tuple[str, Any]:
    """Return an input that can be updated, and a value for it."""
    match kind:
        case "ProjectEnvironment":
            return "external_url", domain
        case "ClusterAgentConfiguration":
            return "ci_access", {"projects": [{"id": domain}]}
    return "domain", domain


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_succeeds(
    connections: Connections, project: Project, pair: Pair, kind: str, fault: str
) -> None:
    """The resource has the new value afterwards."""
    given = {**inputs_of(kind, project, pair), "connection": "direct0"}
    id_, outputs = connections.host.create(kind, given)
    domains = (f"{n}.example.com" for n in itertools.count())
    for choice, faulty in connections.each(fault):
        field, value = _change(kind, next(domains))
        changed = {**given, **choice, field: value}
        with faulty:
            outputs = connections.host.update(kind, id_, outputs, changed)
        (there,) = resources(kind, project, given)
        assert there[field] == outputs[field] == changed[field]
