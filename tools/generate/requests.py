"""Count the requests of each operation on each kind, for the table of requests."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.conftest import Calls, Project, api
from tests.support.certificates import Pair, make_pair
from tests.support.dynamic_host import DynamicHost
from tests.support.kinds import KINDS, REPLACEMENTS, UPDATES, inputs_of
from tests.support.plugin_process import plain

from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

MANY = 100
_OPERATIONS = (
    "preview",
    "create",
    "unchanged `up`",
    "update",
    "refresh of 1",
    f"refresh of {MANY}",
    "replace",
    "destroy",
)
_METHODS = ("POST", "PUT", "GET", "DELETE")


class Operations:
    """Runs each operation on a kind as the engine does, and counts its requests.

    Args:
        kind: The kind of resource.
        host: The dynamic host.
        project: A project for one resource.
        many: A project for many resources.
        pair: A certificate and its key.
    """

    def __init__(
        self, kind: str, host: DynamicHost, project: Project, many: Project, pair: Pair
    ) -> None:
        self._kind, self._host, self._many = kind, host, many
        self._given = {**inputs_of(kind, project, pair), "project": project.id}
        self._calls = Calls(project.simulator)

    def count(self) -> dict[str, str]:
        """Return the table's cell of each operation."""
        kind, host, given = self._kind, self._host, self._given
        inputs = plain(host.check(kind, given)[0])
        found = {"preview": self._spent()}
        id_, outputs = host.create(kind, given)
        found["create"] = self._spent()
        host.diff(kind, id_, plain(outputs), inputs)
        found["unchanged `up`"] = self._spent()
        if kind in UPDATES:
            new = {**given, **UPDATES[kind]}
            host.diff(kind, id_, plain(outputs), plain(host.check(kind, new)[0]))
            outputs = host.update(kind, id_, outputs, new)
        found["update"] = self._spent()
        host.read(kind, id_, outputs)
        host.diff(kind, id_, plain(outputs), inputs)
        found["refresh of 1"] = self._spent()
        id_, outputs = self._replace(id_, outputs)
        found["replace"] = self._spent()
        host.delete(kind, id_, outputs)
        found["destroy"] = self._spent()
        found[f"refresh of {MANY}"] = self._refresh_many()
        return {operation: _cell(found[operation]) for operation in _OPERATIONS}

    def _replace(self, id_: str, outputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Replace the resource, in the order that its diff requires."""
        kind, host, new = self._kind, self._host, {**self._given, **REPLACEMENTS[self._kind]}
        inputs = plain(host.check(kind, new)[0])
        diff = host.diff(kind, id_, plain(outputs), inputs)
        assert diff.replaces
        if diff.delete_before_replace:
            host.delete(kind, id_, outputs)
        created = host.create(kind, new)
        if not diff.delete_before_replace:
            host.delete(kind, id_, outputs)
        return created

    def _refresh_many(self) -> Counter[str]:
        """Refresh `MANY` resources of a project. Each has its own agent if it belongs to one."""
        state = {"project": str(self._many.id), "connection": "gitlab", "schema_version": 1}
        ids = [self._make(number) for number in range(MANY)]
        self._spent()
        with ThreadPoolExecutor(4) as pool:
            read = list(pool.map(lambda id_: self._host.read(self._kind, id_, state)[0], ids))
        assert read == ids
        return self._spent()

    def _make(self, number: int) -> str:
        kind, given = kind_for(self._kind), {**self._given, "project": self._many.id}
        if kind.parent:
            given["agent_id"] = self._many.agent(f"agent-{number}")
        if kind.unique_input:
            given[kind.unique_input] = f"name-{number}"
        return self._host.create(self._kind, given)[0]

    def _spent(self) -> Counter[str]:
        return Counter(call.split()[0] for call in self._calls())


def _cell(spent: Counter[str]) -> str:
    return ", ".join(f"{spent[each]} {each}" for each in _METHODS if spent[each]) or "0"


def table(simulator: Simulator, host: DynamicHost) -> str:
    """Return the table as Markdown.

    Args:
        simulator: A simulator with the prerequisites of all kinds.
        host: A dynamic host that uses the simulator as its administrator.
    """
    pair = make_pair("agent.example.com")
    lines = [("kind", *_OPERATIONS), ("---",) * (len(_OPERATIONS) + 1)]
    for kind in KINDS:
        group = api(simulator, "POST", "groups", name=f"calls-{kind}", path=f"calls-{kind}")
        one, many = (
            Project(simulator, made["id"], made["path_with_namespace"])
            for made in (
                simulator.api("POST", "projects", name=name, namespace_id=group["id"])
                for name in ("one", "many")
            )
        )
        cells = Operations(kind, host, one, many, pair).count()
        if kind not in UPDATES:
            cells["update"] = ""
        lines.append((f"`{kind}`", *cells.values()))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
