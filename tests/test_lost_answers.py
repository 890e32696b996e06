"""Whatever answer is lost, and wherever, one thing is at GitLab: the one in the state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from tests.certificates import Pair
from tests.conftest import Project
from tests.dynamic_host import DynamicHost, plain
from tests.gateway import Gateway
from tests.kinds import KINDS, UPDATES, collection, inputs_of

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

FAULTS = ("before the work", "after the work", "halfway", "502 after the work")
TWICE = [
    *((fault, "") for fault in FAULTS),
    ("after the work", "before"),
    ("before the work", "after"),
    ("502 after the work", "after"),
]
"""A fault, and where the first POST is cut besides."""
_FAULTS_PATH = "/-/simulator/faults"
_WAYS = 60
"""How many connections there are: a new one has not asked for the user or the project yet."""


class Net:
    """The ways to GitLab, on which an operation's requests meet faults.

    Args:
        simulator: What may cut connections.
        gateway: What may answer 502 for what was done.
    """

    def __init__(self, simulator: Simulator, gateway: Gateway) -> None:
        self._simulator = simulator
        self._gateway = gateway
        self._ways = itertools.cycle(range(_WAYS))
        self._struck = False
        self.host = DynamicHost(self._config())

    def _config(self) -> dict[str, str]:
        """Return a configuration with all the ways.

        What was lost is waited for as long as for an answer.
        """
        found = {"gitlab-kubernetes:requestTimeout": "1"}
        for name, url in (("direct", self._simulator.url), ("gateway", self._gateway.url)):
            for way in range(_WAYS):
                found[f"{name}{way}:baseUrl"] = url
                found[f"{name}{way}:token"] = self._simulator.root_token
        return found

    def each(
        self, fault: str, lost: str = ""
    ) -> Iterator[tuple[dict[str, str], AbstractContextManager[None]]]:
        """Return a way with a fault at the first request, at the second, until none is met.

        Args:
            fault: One of `FAULTS`.
            lost: Where the first POST is cut, besides.

        Returns:
            The inputs that choose the way, and what the operation goes on within.
        """
        for n in itertools.count():
            name = "gateway" if fault.startswith("502") else "direct"
            yield {"connection": f"{name}{next(self._ways)}"}, self._at(n, fault, lost)
            if not self._struck:
                assert n > 0, "nothing was asked"
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
            self._struck = not left and not self._gateway.to_lose
            self._gateway.lose(times=0)
            self._simulator._call("DELETE", _FAULTS_PATH)


@pytest.fixture(scope="module")
def net(simulator: Simulator) -> Iterator[Net]:
    """The ways to the simulator, directly and through a gateway."""
    with Gateway(simulator.url) as gateway:
        net = Net(simulator, gateway)
        with net.host:
            yield net


def full_inputs(kind: str, project: Project, pair: Pair) -> dict[str, Any]:
    """Return inputs for a new thing, an environment with what GitLab shows in its own way."""
    given = inputs_of(kind, project, pair)
    if kind == "ProjectEnvironment":
        given |= {"cluster_agent_id": project.agent("for-it"), "kubernetes_namespace": "shop"}
    return given


def things(kind: str, project: Project, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is at GitLab of a kind, where a thing of these inputs belongs."""
    ids = [str(project.id), *([str(given["agent_id"])] if "agent_id" in given else []), "0"]
    found: list[dict[str, Any]] = project.api("GET", collection(kind, ":".join(ids))[0])
    return found


def alike(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs that two things made of the same inputs share, secrets by their form."""
    own = {"created_at", "updated_at", "public_key", "connection"}
    own |= {"agent_id", "cluster_id", "environment_id", "token_id", "url_configuration_id"}
    found = {name: value for name, value in outputs.items() if name not in own}
    return {**found, "token": len(plain(found["token"]))} if "token" in found else found


@pytest.mark.parametrize("faults", TWICE, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_creation_makes_one_thing(
    net: Net, project: Project, pair: Pair, kind: str, faults: tuple[str, str]
) -> None:
    """Its result is that of a creation without a fault, and nothing else is at GitLab.

    The POST is cut, and so is the n-th of the other requests.
    """
    given = full_inputs(kind, project, pair)
    id_, whole = net.host.create(kind, {**given, "connection": "direct0"})
    net.host.delete(kind, id_, whole)
    for way, faulty in net.each(*faults):
        with faulty:
            id_, outputs = net.host.create(kind, {**given, **way})
        assert [str(each["id"]) for each in things(kind, project, given)] == [id_.split(":")[-1]]
        assert alike(outputs) == alike(whole)
        assert net.host.read(kind, id_, outputs)[1] == outputs
        net.host.delete(kind, id_, outputs)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_reading_and_deleting_get_through(
    net: Net, project: Project, pair: Pair, kind: str, fault: str
) -> None:
    """What is read is what is there; what is deleted is gone, and neither fails."""
    given = full_inputs(kind, project, pair)
    id_, outputs = net.host.create(kind, {**given, "connection": "direct0"})
    for way, faulty in net.each(fault):
        with faulty:
            read = net.host.read(kind, id_, {**outputs, **way})
        assert read[0] == id_
        assert read[1] == {**outputs, **way}
    for way, faulty in net.each(fault):
        with faulty:
            net.host.delete(kind, id_, {**outputs, **way})
        assert things(kind, project, given) == []
        id_, outputs = net.host.create(kind, {**given, "connection": "direct0"})


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_gets_through(
    net: Net, project: Project, pair: Pair, kind: str, fault: str
) -> None:
    """What is there afterwards is what was asked for."""
    given = {**inputs_of(kind, project, pair), "connection": "direct0"}
    id_, outputs = net.host.create(kind, given)
    domains = (f"{n}.example.com" for n in itertools.count())
    for way, faulty in net.each(fault):
        field = "external_url" if kind == "ProjectEnvironment" else "domain"
        changed = {**given, **way, field: next(domains)}
        with faulty:
            outputs = net.host.update(kind, id_, outputs, changed)
        (there,) = things(kind, project, given)
        assert there[field] == outputs[field] == changed[field]
