"""The dynamic host's process: it ends with the engine, and works on many calls at a time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Any

import grpc
import pytest
from tests.conftest import Calls, Project, api
from tests.dynamic_host import CallError, DynamicHost, plain
from tests.front import Front
from tests.web import Request

from pulumi_gitlab_kubernetes._host_process import MOST_CALLS, serve_more_calls
from pulumi_gitlab_kubernetes._settings import MAX_PARALLEL, most_at_once
from pulumi_gitlab_kubernetes._turns import LIMITED
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

ENDS_WITHIN = 5.0
KIND = "ProjectEnvironment"
PATIENCE = 60.0
WRONG = r"^gitlab-kubernetes:maxParallel must be a whole number from 1 to 64$"

FLAGS = [
    ("--logtostderr", "-v=3", "{}"),
    ("--tracing", "file:/tmp/trace", "{}"),
    ("--logtostderr", "-v=9", "--tracing", "tcp://127.0.0.1:9", "{}"),
]
"""What the engine puts before its address with `--logflow --logtostderr -v` and `--tracing`."""


def _config(simulator: Simulator, **more: str) -> dict[str, str]:
    ours = {f"gitlab-kubernetes:{key}": value for key, value in more.items()}
    return {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token, **ours}


def test_it_ends_with_the_engine_and_asks_nothing_more(
    simulator: Simulator, project: Project, calls: Calls
) -> None:
    """Of a deletion that first stops the environment, the request that was under way is the last.

    The next run deletes the environment: the state still has it.
    """
    with DynamicHost(_config(simulator)) as host:
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
def test_it_knows_the_engine_whatever_flags_come_first(
    simulator: Simulator, project: Project, arguments: tuple[str, ...]
) -> None:
    """It says there what it waits for, prints nothing, and ends with it."""
    with DynamicHost(_config(simulator), arguments=arguments) as host:
        limited = {"status": 429, "headers": {"Retry-After": "1"}, "body": "Retry later"}
        simulator.faults({"method": "POST", "path": "/environments$", **limited})
        host.create(KIND, {"project": str(project.id), "name": "live"})
        said = [message.message for message in host.engine.messages]
        assert said == ["retrying in 1 s: GitLab limits the rate of requests"]
        assert host.stderr() == ""
        host.lose_engine()
        assert host.ended(within=ENDS_WITHIN)
        assert "Traceback" not in host.stderr()


@pytest.mark.parametrize("arguments", [("-v=3",), ("{}", "--later=1")], ids=str)
def test_it_says_that_it_cannot_tell_when_the_engine_ends(
    simulator: Simulator, project: Project, arguments: tuple[str, ...]
) -> None:
    """In one line, once, and works all the same."""
    with DynamicHost(_config(simulator), arguments=arguments) as host:
        host.create(KIND, {"project": str(project.id), "name": "live"})
        host.create("ClusterAgent", {"project": str(project.id), "name": "live"})
        (line,) = host.stderr().splitlines()
        assert f"process {host.pid}, which serves dynamic resources, cannot detect when" in line
        assert line.endswith(f"if `pulumi` is killed, run `kill {host.pid}`")
        host.lose_engine()
        assert not host.ended(within=3.0)


def test_it_stays_while_there_is_an_engine(simulator: Simulator, project: Project) -> None:
    """Also when the engine asks for nothing for longer than it takes to notice that it is gone."""
    with DynamicHost(_config(simulator)) as host:
        host.create(KIND, {"project": str(project.id), "name": "live"})
        assert not host.ended(within=3.0)
        host.create(KIND, {"project": str(project.id), "name": "test"})


# Many calls at a time -------------------------------------------------------------------------


class Crowd(Front):
    """A GitLab that answers changes only once so many of them are under way.

    Args:
        target: The GitLab behind it.
        wanted: How many it waits for.
    """

    def __init__(self, target: str, wanted: int) -> None:
        super().__init__(target)
        self.most = 0
        """The most that were under way at one time."""
        self._wanted, self._patience = wanted, PATIENCE
        self._here = 0
        self._changed = threading.Condition()

    def handle(self, request: Request) -> None:
        """Wait for the others, and a moment for one too many."""
        with self._changed:
            self._here += 1
            self.most = max(self.most, self._here)
            self._changed.notify_all()
            if request.command != "GET":
                if not self._changed.wait_for(lambda: self.most >= self._wanted, self._patience):
                    self._patience = 0.0  # They do not come.
                self._changed.wait_for(lambda: self.most > self._wanted, 0.1)
        try:
            super().handle(request)
        finally:
            with self._changed:
                self._here -= 1


@contextmanager
def _crowded(project: Project, wanted: int, **more: str) -> Iterator[tuple[Crowd, DynamicHost]]:
    simulator = project.simulator
    with Crowd(simulator.url, wanted) as crowd:
        config = {**_config(simulator, **more), "gitlab:baseUrl": crowd.url}
        with DynamicHost(config) as host:
            yield crowd, host


def _at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_threads_are_there_for_all_calls_whatever_came_before() -> None:
    """The pool counts more idle threads than it has once calls had to wait at its first limit."""
    go, crowd = threading.Event(), threading.Barrier(MOST_CALLS)
    with ThreadPoolExecutor(4) as pool:
        for _first in range(4):
            pool.submit(go.wait)
        waiting = [pool.submit(int) for _later in range(20)]
        go.set()
        wait(waiting)
        pool.submit(serve_more_calls).result()
        calls = [pool.submit(crowd.wait, 5) for _call in range(MOST_CALLS)]
        assert sorted(call.result() for call in calls) == list(range(MOST_CALLS))


def test_it_works_on_all_calls_that_come(project: Project) -> None:
    """Also on those that came before our code was loaded, which is what raises the SDK's limit.

    If this fails with a newer Pulumi SDK, or Python, the host works on four calls at a time again.
    """
    with _crowded(project, MOST_CALLS) as (crowd, host):
        made = _at_once(
            MOST_CALLS,
            lambda number: host.create(KIND, {"project": project.id, "name": f"e{number}"}),
        )
        assert crowd.most == MOST_CALLS
        assert len({id_ for id_, _outputs in made}) == MOST_CALLS
        changed = _at_once(
            MOST_CALLS,
            lambda number: host.update(
                KIND, *made[number], {"project": project.id, "name": f"e{number}", "tier": "other"}
            ),
        )
        assert {each["tier"] for each in changed} == {"other"}
        assert crowd.connections <= MOST_CALLS


def test_it_works_on_no_more_than_that(project: Project) -> None:
    """Whatever the engine sends."""
    with _crowded(project, MOST_CALLS) as (crowd, host):
        _make_agents(host, project, 2 * MOST_CALLS)
    assert crowd.most == MOST_CALLS
    assert crowd.connections <= MOST_CALLS


def _make_agents(host: DynamicHost, project: Project, count: int) -> list[tuple[str, Any]]:
    given = [{"project": project.id, "name": f"a{number}"} for number in range(count)]
    return _at_once(count, lambda number: host.create("ClusterAgent", given[number]))


@pytest.mark.parametrize("most", [1, 6])
def test_a_setting_lowers_it(project: Project, most: int) -> None:
    """Also below the four that Pulumi has."""
    with _crowded(project, most, maxParallel=str(most)) as (crowd, host):
        _make_agents(host, project, 24)
    assert crowd.most == most
    assert crowd.connections <= most


def test_a_wrong_setting_is_told_in_the_preview(project: Project) -> None:
    """And by calls that no check precedes."""
    with DynamicHost(_config(project.simulator, maxParallel="65")) as host:
        with pytest.raises(CallError, match=WRONG):
            host.check("ClusterAgent", {"project": project.id, "name": "a"})
        with pytest.raises(CallError, match=WRONG):
            host.read("ClusterAgent", f"{project.id}:1", None)


@pytest.mark.parametrize("given", ["0", "65", "-1", "1.5", "many", "٣", " 3"])
def test_a_setting_is_a_number_from_one(given: str) -> None:
    """And the most is what there is without it."""
    with pytest.raises(ConfigurationError, match=WRONG):
        most_at_once({MAX_PARALLEL: given}.get, MOST_CALLS)
    assert most_at_once({}.get, MOST_CALLS) == MOST_CALLS


def test_a_refresh_of_many_at_once_asks_for_few_pages(
    host: DynamicHost, project: Project, calls: Calls
) -> None:
    """As README's table of requests says: two for a hundred."""
    number = 100
    agents = [project.agent(f"a{each}") for each in range(number)]
    state = {"schema_version": 1, "project": str(project.id), "connection": "gitlab", "name": "x"}
    calls()

    def read(each: int) -> Any:
        return plain(host.read("ClusterAgent", f"{project.id}:{agents[each]}", state)[1])["name"]

    assert _at_once(number, read) == [f"a{each}" for each in range(number)]
    assert Counter(each.partition(" ")[0] for each in calls()) == {"GET": 2}


def test_one_name_at_once_is_made_once(host: DynamicHost, project: Project) -> None:
    """Adopting, too, takes it over for one resource alone."""
    for name, more in (("a", {}), ("b", {"adopt_existing": True})):

        def make(_number: int, name: str = name, more: dict[str, Any] = more) -> str | None:
            try:
                return host.create("ClusterAgent", {"project": project.id, "name": name, **more})[0]
            except CallError:
                return None

        assert len([id_ for id_ in _at_once(MOST_CALLS, make) if id_]) == 1
    assert len(project.api("GET", "cluster_agents")) == 2


def test_lost_answers_to_many_at_once_leave_nothing_behind(
    host: DynamicHost, project: Project
) -> None:
    """Each creation finds what its own lost request has made."""
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
    _at_once(MOST_CALLS, lambda number: host.delete("ClusterAgent", *made[number]))
    project.simulator._call("DELETE", "/-/simulator/faults")
    assert _agents(project) == []


def _agents(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.api("GET", "cluster_agents?per_page=100")
    return found


def test_a_rate_limit_lowers_it(project: Project) -> None:
    """Else most of many requests are refused, again and again."""
    agent = project.agent("first")
    limited = {"status": 429, "headers": {"Retry-After": "0"}, "body": "Retry later"}
    project.simulator.faults({"method": "GET", "path": "/cluster_agents/", **limited})
    with _crowded(project, LIMITED) as (crowd, host):
        assert host.read("ClusterAgent", f"{project.id}:{agent}", None)[0]
        _make_agents(host, project, 24)
    assert crowd.most == LIMITED


LIMIT = {"requests_per_period": 20, "period_in_seconds": 2}


@pytest.fixture
def limited(simulator: Simulator) -> Iterator[Simulator]:
    """A GitLab that serves each user few requests at a time."""
    name = "throttle_authenticated_api"
    settings = {f"{name}_{key}": value for key, value in LIMIT.items()}
    simulator.api("PUT", "application/settings", **{f"{name}_enabled": True}, **settings)
    yield simulator
    api(simulator, "PUT", "application/settings", **{f"{name}_enabled": False})


def test_a_rate_limit_is_kept_by_all_at_once(
    limited: Simulator,
    project: Project,
    users: dict[str, tuple[int, str]],
) -> None:
    """All end well."""
    config = {"gitlab:baseUrl": limited.url, "gitlab:token": users["maintainer"][1]}
    before = len(limited.requests())
    with DynamicHost(config) as host:
        made = _make_agents(host, project, 2 * MOST_CALLS)
    assert len({id_ for id_, _outputs in made}) == 2 * MOST_CALLS
    statuses = Counter(
        each["status"] for each in limited.requests()[before:] if each["user"] == "maintainer"
    )
    assert set(statuses) == {201, 429}


# Where a later SDK or Python differs ----------------------------------------------------------


def test_any_pool_of_python_is_widened() -> None:
    """So does the one that the dynamic host has."""
    together = threading.Barrier(MOST_CALLS)
    with ThreadPoolExecutor(4) as pool:
        pool.submit(serve_more_calls).result()
        waiting = [pool.submit(together.wait, PATIENCE) for _ in range(MOST_CALLS)]
        assert sorted(each.result() for each in waiting) == list(range(MOST_CALLS))


@pytest.mark.parametrize(
    "pool",
    [
        "None",
        "lambda: None",
        "lambda: object()",
        "lambda: type('Pool', (), {'_max_workers': None})()",
    ],
)
def test_another_pool_stays_as_it_is(pool: str) -> None:
    """Without an error."""
    names = {"__name__": "concurrent.futures.thread", "serve_more_calls": serve_more_calls}
    exec(f"def _worker(executor_reference):\n    serve_more_calls()\n_worker({pool})", names)  # noqa: S102
    exec("def _worker(pool):\n    serve_more_calls()\n_worker(1)", names)  # noqa: S102
    serve_more_calls()
