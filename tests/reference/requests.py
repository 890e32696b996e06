"""Counts what each operation on each kind asks of GitLab, for the README's table.

`python -m tests.reference` writes it there.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.certificates import Pair, make_pair
from tests.conftest import Calls, Project, api
from tests.dynamic_host import DynamicHost, plain
from tests.kinds import KINDS, UPDATES, inputs_of

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
_REPLACING: dict[str, dict[str, Any]] = {
    "ClusterAgent": {"name": "other"},
    "ClusterAgentToken": {"name": "other"},
    "ClusterAgentUrlConfiguration": {"url": "grpcs://other.example.com"},
    "ProjectCluster": {"kubernetes_authorization_type": "abac"},
    "ProjectEnvironment": {"name": "other"},
}
"""What GitLab cannot change."""


class Operations:
    """What the engine asks of the provider for each operation, with the number of requests.

    Args:
        kind: The kind of resource.
        host: The dynamic host.
        project: A project of the kind's own.
        many: Another one, for many things.
        pair: A certificate.
    """

    def __init__(
        self, kind: str, host: DynamicHost, project: Project, many: Project, pair: Pair
    ) -> None:
        self._kind, self._host, self._many = kind, host, many
        self._given = {**inputs_of(kind, project, pair), "project": project.id}
        self._calls = Calls(project.simulator)

    def count(self) -> dict[str, str]:
        """Return the requests of each operation, as the table has them."""
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
        """Replace the thing, in the order that its diff asks for."""
        kind, host, new = self._kind, self._host, {**self._given, **_REPLACING[self._kind]}
        inputs = plain(host.check(kind, new)[0])
        diff = host.diff(kind, id_, plain(outputs), inputs)
        assert diff.replaces
        if diff.delete_before_replace:
            host.delete(kind, id_, outputs)
        made = host.create(kind, new)
        if not diff.delete_before_replace:
            host.delete(kind, id_, outputs)
        return made

    def _refresh_many(self) -> Counter[str]:
        """Refresh so many that a project, or an agent each, has."""
        state = {"project": str(self._many.id), "connection": "gitlab", "schema_version": 1}
        ids = [self._make(number) for number in range(MANY)]
        self._spent()
        with ThreadPoolExecutor(4) as pool:
            read = list(pool.map(lambda id_: self._host.read(self._kind, id_, state)[0], ids))
        assert read == ids
        return self._spent()

    def _make(self, number: int) -> str:
        project, path = self._many, ""
        given: dict[str, Any] = {"name": f"thing-{number}", "url": "grpc://agent.example.com"}
        if "agent_id" in self._given:
            agent = project.agent(f"agent-{number}")
            path = f"cluster_agents/{agent}/"
        name = {
            "ClusterAgent": "cluster_agents",
            "ClusterAgentToken": "tokens",
            "ClusterAgentUrlConfiguration": "url_configurations",
            "ProjectCluster": "clusters/user",
            "ProjectEnvironment": "environments",
        }[self._kind]
        if self._kind == "ProjectCluster":
            platform = {"api_url": "https://k8s.example.com", "token": "t"}
            given |= {
                "environment_scope": f"{number}/*",
                "platform_kubernetes_attributes": platform,
            }
        elif self._kind == "ProjectEnvironment":
            given = {"name": given["name"]}
        made = project.api("POST", f"{path}{name}", **given)["id"]
        agents = [str(made)] if not path else [path.split("/")[1], str(made)]
        return ":".join([str(project.id), *agents])

    def _spent(self) -> Counter[str]:
        return Counter(call.split()[0] for call in self._calls())


def _cell(spent: Counter[str]) -> str:
    return ", ".join(f"{spent[each]} {each}" for each in _METHODS if spent[each]) or "0"


def table(simulator: Simulator, host: DynamicHost) -> str:
    """Return the table as Markdown.

    Args:
        simulator: A GitLab with all that the five kinds need.
        host: The dynamic host, as the simulator's administrator.
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
