"""The processes of both adapters: they end with the engine, and run many calls in parallel."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc
import pytest
from tests.adapters.conftest import Start
from tests.conftest import Calls, Project
from tests.support.native_host import Host
from tests.support.plugin_process import CallError, plain

from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

ENDS_WITHIN = 5.0
KIND = "ProjectEnvironment"

FLAGS = [
    ("--logtostderr", "-v=3", "{}"),
    ("--tracing", "file:/tmp/trace", "{}"),
    ("--logtostderr", "-v=9", "--tracing", "tcp://127.0.0.1:9", "{}"),
]
"""The engine's arguments before its address with `--logflow --logtostderr -v` and `--tracing`."""


def _config(simulator: Simulator) -> dict[str, str]:
    return {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}


def _in_parallel(count: int, call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def _make_agents(host: Host, project: Project, count: int) -> list[tuple[str, Any]]:
    given = [{"project": project.id, "name": f"a{number}"} for number in range(count)]
    return _in_parallel(count, lambda number: host.create("ClusterAgent", given[number]))


def _agents(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.api("GET", "cluster_agents?per_page=100")
    return found


def test_it_ends_with_the_engine_and_sends_no_more_requests(
    start: Start, simulator: Simulator, project: Project, calls: Calls
) -> None:
    """A delete first stops the environment. Its pending request is the last one.

    The next run deletes the environment, which is still in the state.
    """
    with start(_config(simulator)) as host:
        id_, outputs = host.create(KIND, {"project": str(project.id), "name": "live"})
        calls()
        simulator.faults({"method": "POST", "path": "/stop$", "latency": ENDS_WITHIN / 2})

        def delete() -> None:
            with suppress(CallError, grpc.RpcError):
                host.delete(KIND, id_, outputs)

        deleting = threading.Thread(target=delete)
        deleting.start()
        seen: list[str] = []
        while not seen:
            seen = calls()
        host.lose_engine()
        assert host.ended(within=ENDS_WITHIN)
        deleting.join()

    number = id_.rpartition(":")[2]
    assert [*seen, *calls()] == [f"POST {project.id}/environments/{number}/stop"]
    assert project.api("GET", f"environments/{number}")


@pytest.mark.parametrize("arguments", FLAGS, ids=" ".join)
def test_it_finds_the_engines_address_after_any_flags(
    start: Start, simulator: Simulator, project: Project, arguments: tuple[str, ...]
) -> None:
    """It logs its status there, prints nothing, and ends with the engine."""
    with start(_config(simulator), arguments) as host:
        limited = {"status": 429, "headers": {"Retry-After": "1"}, "body": "Retry later"}
        simulator.faults({"method": "POST", "path": "/environments$", **limited})
        host.create(KIND, {"project": str(project.id), "name": "live"})
        messages = [message.message for message in host.engine.messages]
        assert messages == ["retrying in 1 s: GitLab limits the rate of requests"]
        assert host.stderr() == ""
        host.lose_engine()
        assert host.ended(within=ENDS_WITHIN)
        assert "Traceback" not in host.stderr()


def test_a_parallel_refresh_requests_few_pages(host: Host, project: Project, calls: Calls) -> None:
    """As in the table of requests: two for a hundred."""
    number = 100
    agents = [project.agent(f"a{each}") for each in range(number)]
    state = {"schema_version": 1, "project": str(project.id), "connection": "gitlab", "name": "x"}
    calls()

    def read(each: int) -> Any:
        return plain(host.read("ClusterAgent", f"{project.id}:{agents[each]}", state)[1])["name"]

    assert _in_parallel(number, read) == [f"a{each}" for each in range(number)]
    assert Counter(each.partition(" ")[0] for each in calls()) == {"GET": 2}


def test_a_name_is_created_once_in_parallel_creates(host: Host, project: Project) -> None:
    """It is also adopted for only one resource."""
    for name, more in (("a", {}), ("b", {"adopt_existing": True})):

        def make(_number: int, name: str = name, more: dict[str, Any] = more) -> str | None:
            try:
                return host.create("ClusterAgent", {"project": project.id, "name": name, **more})[0]
            except CallError:
                return None

        assert len([id_ for id_ in _in_parallel(MOST_CALLS, make) if id_]) == 1
    assert len(project.api("GET", "cluster_agents")) == 2


def test_parallel_creates_with_lost_responses_leave_nothing_behind(
    host: Host, project: Project
) -> None:
    """Each create finds what its own lost request created."""
    bad = [
        {"path": f"projects/{project.id}/", "drop": drop, "share": 0.1, "times": None, "seed": seed}
        for seed, drop in enumerate(("before", "after", "halfway"))
    ]
    project.simulator.faults(*bad)
    made = _make_agents(host, project, MOST_CALLS)
    project.simulator._call("DELETE", "/-/simulator/faults")
    there = [f"{project.id}:{each['id']}" for each in _agents(project)]
    assert sorted(there) == sorted(id_ for id_, _outputs in made)
    project.simulator.faults(*bad)
    _in_parallel(MOST_CALLS, lambda number: host.delete("ClusterAgent", *made[number]))
    project.simulator._call("DELETE", "/-/simulator/faults")
    assert _agents(project) == []
