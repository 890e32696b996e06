"""The dynamic host's process: it ends with the engine, and runs many calls in parallel."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from tests.conftest import Project, api
from tests.support.dynamic_host import DynamicHost
from tests.support.parallel_proxy import ParallelProxy
from tests.support.plugin_process import CallError

from pulumi_gitlab_kubernetes.configuration.connections import max_parallel
from pulumi_gitlab_kubernetes.dynamic.host_process import serve_more_calls
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.concurrency import LIMITED, MOST_CALLS
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

ENDS_WITHIN = 5.0
KIND = "ProjectEnvironment"
PATIENCE = 60.0
WRONG = r"^gitlab-kubernetes:maxParallel must be a whole number from 1 to 64$"


def _config(simulator: Simulator, **more: str) -> dict[str, str]:
    ours = {f"gitlab-kubernetes:{key}": value for key, value in more.items()}
    return {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token, **ours}


@pytest.mark.parametrize("arguments", [("-v=3",), ("{}", "--later=1")], ids=str)
def test_it_warns_that_it_cannot_detect_the_engines_end(
    simulator: Simulator, project: Project, arguments: tuple[str, ...]
) -> None:
    """In one line, once, and it works anyway."""
    with DynamicHost(_config(simulator), arguments=arguments) as host:
        host.create(KIND, {"project": str(project.id), "name": "live"})
        host.create("ClusterAgent", {"project": str(project.id), "name": "live"})
        (line,) = host.stderr().splitlines()
        assert f"process {host.pid}, which serves its resources, cannot detect when" in line
        assert line.endswith(f"if `pulumi` is killed, run `kill {host.pid}`")
        host.lose_engine()
        assert not host.ended(within=3.0)


def test_it_stays_while_the_engine_runs(simulator: Simulator, project: Project) -> None:
    """Also if the engine sends nothing for longer than the detection takes."""
    with DynamicHost(_config(simulator)) as host:
        host.create(KIND, {"project": str(project.id), "name": "live"})
        assert not host.ended(within=3.0)
        host.create(KIND, {"project": str(project.id), "name": "test"})


# Many calls at a time -------------------------------------------------------------------------


@contextmanager
def _parallel(
    project: Project, expected: int, **more: str
) -> Iterator[tuple[ParallelProxy, DynamicHost]]:
    simulator = project.simulator
    with ParallelProxy(simulator.url, expected) as proxy:
        config = {**_config(simulator, **more), "gitlab:baseUrl": proxy.url}
        with DynamicHost(config) as host:
            yield proxy, host


def _in_parallel(count: int, call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_the_pool_has_threads_for_all_calls() -> None:
    """The pool counts too many idle threads after calls waited at its first limit."""
    go, proxy = threading.Event(), threading.Barrier(MOST_CALLS)
    with ThreadPoolExecutor(4) as pool:
        for _first in range(4):
            pool.submit(go.wait)
        waiting = [pool.submit(int) for _later in range(20)]
        go.set()
        wait(waiting)
        pool.submit(serve_more_calls).result()
        calls = [pool.submit(proxy.wait, 5) for _call in range(MOST_CALLS)]
        assert sorted(call.result() for call in calls) == list(range(MOST_CALLS))


def test_it_runs_all_calls_in_parallel(project: Project) -> None:
    """Also those that arrive before this package is loaded, which raises the SDK's limit.

    If this fails with a newer Pulumi SDK or Python, the host runs only four calls in parallel.
    """
    with _parallel(project, MOST_CALLS) as (proxy, host):
        made = _in_parallel(
            MOST_CALLS,
            lambda number: host.create(KIND, {"project": project.id, "name": f"e{number}"}),
        )
        assert proxy.most == MOST_CALLS
        assert len({id_ for id_, _outputs in made}) == MOST_CALLS

        def update(number: int) -> dict[str, Any]:
            id_, outputs = made[number]
            changes = {"project": project.id, "name": f"e{number}", "tier": "other"}
            return host.update(KIND, id_, outputs, changes)

        changed = _in_parallel(MOST_CALLS, update)
        assert {each["tier"] for each in changed} == {"other"}
        assert proxy.connections <= MOST_CALLS


def test_it_runs_no_more_calls_in_parallel(project: Project) -> None:
    """However many the engine sends."""
    with _parallel(project, MOST_CALLS) as (proxy, host):
        _make_agents(host, project, 2 * MOST_CALLS)
    assert proxy.most == MOST_CALLS
    assert proxy.connections <= MOST_CALLS


def _make_agents(host: DynamicHost, project: Project, count: int) -> list[tuple[str, Any]]:
    given = [{"project": project.id, "name": f"a{number}"} for number in range(count)]
    return _in_parallel(count, lambda number: host.create("ClusterAgent", given[number]))


@pytest.mark.parametrize("most", [1, 6])
def test_a_setting_lowers_the_limit(project: Project, most: int) -> None:
    """Also below the four of Pulumi's own host."""
    with _parallel(project, most, maxParallel=str(most)) as (proxy, host):
        _make_agents(host, project, 24)
    assert proxy.most == most
    assert proxy.connections <= most


def test_a_wrong_setting_fails_in_the_preview(project: Project) -> None:
    """And in calls without a `check` before them."""
    with DynamicHost(_config(project.simulator, maxParallel="65")) as host:
        with pytest.raises(CallError, match=WRONG):
            host.check("ClusterAgent", {"project": project.id, "name": "a"})
        with pytest.raises(CallError, match=WRONG):
            host.read("ClusterAgent", f"{project.id}:1", None)


@pytest.mark.parametrize("given", ["0", "65", "-1", "1.5", "many", "٣", " 3"])
def test_the_setting_is_a_number_from_one(given: str) -> None:
    """And at most the default."""
    with pytest.raises(ConfigurationError, match=WRONG):
        max_parallel({"gitlab-kubernetes:maxParallel": given}.get, MOST_CALLS)
    assert max_parallel(lambda _key: None, MOST_CALLS) == MOST_CALLS


def test_a_rate_limit_lowers_the_limit(project: Project) -> None:
    """Otherwise, GitLab would reject most of many requests again and again."""
    agent = project.agent("first")
    limited = {"status": 429, "headers": {"Retry-After": "0"}, "body": "Retry later"}
    project.simulator.faults({"method": "GET", "path": "/cluster_agents/", **limited})
    with _parallel(project, LIMITED) as (proxy, host):
        assert host.read("ClusterAgent", f"{project.id}:{agent}", None)[0]
        _make_agents(host, project, 24)
    assert proxy.most == LIMITED


LIMIT = {"requests_per_period": 20, "period_in_seconds": 2}


@pytest.fixture
def limited(simulator: Simulator) -> Iterator[Simulator]:
    """A GitLab that limits the requests of each user."""
    name = "throttle_authenticated_api"
    settings = {f"{name}_{key}": value for key, value in LIMIT.items()}
    simulator.api("PUT", "application/settings", **{f"{name}_enabled": True}, **settings)
    yield simulator
    api(simulator, "PUT", "application/settings", **{f"{name}_enabled": False})


def test_parallel_calls_respect_a_rate_limit(
    limited: Simulator,
    project: Project,
    users: dict[str, tuple[int, str]],
) -> None:
    """All succeed."""
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


def test_any_thread_pool_is_enlarged() -> None:
    """As the pool of the dynamic host."""
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
def test_another_pool_does_not_change(pool: str) -> None:
    """And causes no error."""
    names = {"__name__": "concurrent.futures.thread", "serve_more_calls": serve_more_calls}
    exec(f"def _worker(executor_reference):\n    serve_more_calls()\n_worker({pool})", names)  # noqa: S102 (a frame of any form)
    exec("def _worker(pool):\n    serve_more_calls()\n_worker(1)", names)  # noqa: S102 (a frame of any form)
    serve_more_calls()
