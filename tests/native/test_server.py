"""The plugin's process: many calls in parallel, cancellation, its end, and what it prints."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2
from tests.conftest import Calls, Project
from tests.support.native_plugin import NativePlugin
from tests.support.parallel_proxy import ParallelProxy
from tests.support.plugin_process import TIMEOUT, CallError

from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.native import server
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

AT_ONCE = 2.0
ENDS_WITHIN = 5.0
TIMEOUT_OF_REQUESTS = 5.0
"""The least that a request may take: one that is cut off has an unknown outcome."""

CREATES = 200
LARGEST = 120
"""The largest memory of a plugin's process, in MiB."""

CANCELLED = "the run was cancelled: run it again to go on"


def _plugin(url: str, simulator: Simulator, folder: Path, **more: Any) -> NativePlugin:
    config = {"baseUrl": url, "token": simulator.root_token, **more}
    return NativePlugin(config, folder=folder)


def _wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_many_creates_at_once(project: Project, tmp_path: Path) -> None:
    """No more than 64 reach GitLab, over as few connections, and the process stays small.

    It prints its port and nothing else, and ends with the engine.
    """
    simulator = project.simulator
    with ParallelProxy(simulator.url, MOST_CALLS) as proxy:
        with _plugin(proxy.url, simulator, tmp_path) as plugin:
            given = [{"project": project.path, "name": f"e{n}"} for n in range(CREATES)]
            with ThreadPoolExecutor(CREATES) as pool:
                made = list(pool.map(lambda each: plugin.create("ProjectEnvironment", each), given))
            peak = plugin.peak_memory()
            print(f"peak memory: {peak:.0f} MiB")
            plugin.lose_engine()
            assert plugin.ended(within=ENDS_WITHIN)
            assert plugin.stderr() == ""
        assert plugin.output == ""
    assert len({id_ for id_, _outputs in made}) == CREATES
    assert proxy.most == MOST_CALLS
    assert proxy.connections <= MOST_CALLS
    assert peak < LARGEST


def test_a_cancelled_run_ends_all_waits_at_once(project: Project, tmp_path: Path) -> None:
    """Of an on-stop job, of retries, and of calls that have not started, while all are busy."""
    simulator = project.simulator
    with _plugin(simulator.url, simulator, tmp_path) as plugin:
        kind = "ProjectEnvironment"
        id_, outputs = plugin.create(kind, {"project": project.path, "name": "prod"})
        simulator.on_stop_job(project.id, int(id_.rpartition(":")[2]))
        limited = {"status": 429, "headers": {"Retry-After": "60"}, "body": "Retry later"}
        simulator.faults({"method": "POST", "path": "/environments$", "times": None, **limited})
        with ThreadPoolExecutor(CREATES) as pool:
            inputs = {"project": project.path, "name": "prod"}
            stopping = pool.submit(plugin.delete, kind, id_, outputs, inputs)
            _wait(lambda: plugin.engine.messages)
            given = [{"project": project.path, "name": f"e{n}"} for n in range(100)]
            creating = [pool.submit(plugin.create, kind, each) for each in given]
            calling = pool.submit(plugin.invoke, "getClusterAgents", {"project": project.path})
            _wait(lambda: any("rate of requests" in m.message for m in plugin.engine.messages))
            time.sleep(0.3)
            started = time.monotonic()
            plugin.cancel()
            answered = time.monotonic() - started
            running: list[Future[Any]] = [stopping, calling, *creating]
            errors = [_error(each) for each in running]
            ended = time.monotonic() - started
        assert plugin.stderr() == ""
    assert answered < AT_ONCE
    assert ended < AT_ONCE
    assert all(each.endswith(CANCELLED) and "\n" not in each for each in errors), Counter(errors)
    assert [each["name"] for each in project.api("GET", "environments")] == ["prod"]


def _error(call: Future[Any]) -> str:
    with pytest.raises(CallError) as raised:
        call.result(TIMEOUT)
    assert raised.value.status.code == 2
    return str(raised.value)


def test_a_call_after_a_cancellation_is_refused(
    project: Project, tmp_path: Path, calls: Calls
) -> None:
    """The engine may have sent it before. Nothing has been requested, so nothing is lost."""
    with _plugin(project.simulator.url, project.simulator, tmp_path) as plugin:
        plugin.cancel()
        calls()
        with pytest.raises(CallError, match=f"{CANCELLED}$"):
            plugin.create("ClusterAgent", {"project": project.path, "name": "prod"})
        assert calls() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"Retry-After": "20"}, "body": "Retry later"},
        {"status": 503, "body": "Down"},
        {"latency": 20},
    ],
    ids=["a rate limit", "an outage", "a slow response"],
)
def test_a_timeout_bounds_a_call(
    plugin: NativePlugin, project: Project, fault: dict[str, Any]
) -> None:
    """As `customTimeouts` sets it, also if GitLab asks to wait longer."""
    given = {"project": project.path, "name": "prod"}
    project.simulator.faults({"method": "GET", "path": f"/{project.id}/", "times": None, **fault})
    id_, outputs = plugin.create("ClusterAgent", given)
    started = time.monotonic()
    with pytest.raises(CallError):
        plugin.read("ClusterAgent", id_, outputs, given, timeout=1)
    assert time.monotonic() - started < TIMEOUT_OF_REQUESTS + AT_ONCE


def test_other_methods_are_not_implemented(plugin: NativePlugin) -> None:
    """The engine then does without them. Nothing is printed."""
    before = plugin.stderr()
    stub = plugin._stub
    requests: list[tuple[Any, Any]] = [
        (stub.Call, provider_pb2.CallRequest()),
        (stub.Parameterize, provider_pb2.ParameterizeRequest()),
        (stub.GetMapping, provider_pb2.GetMappingRequest()),
        (stub.GetMappings, provider_pb2.GetMappingsRequest()),
    ]
    for method, request in requests:
        with pytest.raises(grpc.RpcError) as raised:
            method(request, timeout=TIMEOUT)
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert plugin.stderr() == before


def test_the_schema_is_served(plugin: NativePlugin) -> None:
    """It is the file in the package."""
    response = plugin._stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=TIMEOUT)
    file = Path(str(sys.modules[server.__name__].__file__)).with_name("schema.json")
    assert json.loads(response.schema) == json.loads(file.read_text())
    assert plugin._stub.GetPluginInfo(empty_pb2.Empty(), timeout=TIMEOUT).version


@pytest.mark.parametrize(
    "urn",
    [
        "urn:pulumi:dev::shop::gitlab-kubernetes:index:ClusterQuery::it",
        "urn:pulumi:dev::shop::a:b:C$gitlab-kubernetes:index:ClusterQuery::it",
    ],
)
def test_an_unknown_type_is_an_error(plugin: NativePlugin, urn: str) -> None:
    """The SDK or the state is of a newer version."""
    with pytest.raises(grpc.RpcError) as raised:
        plugin._stub.Check(provider_pb2.CheckRequest(urn=urn), timeout=TIMEOUT)
    details = str(raised.value.details())
    assert details.startswith("ClusterQuery is not a resource of this plugin, version ")
    assert "install the same version of both" in details


def test_a_component_cannot_be_imported(plugin: NativePlugin) -> None:
    """Only its children are in GitLab."""
    urn = "urn:pulumi:dev::shop::gitlab-kubernetes:index:GitLabAgent::it"
    with pytest.raises(grpc.RpcError) as raised:
        plugin._stub.Read(provider_pb2.ReadRequest(urn=urn, id="a/b:it"), timeout=TIMEOUT)
    assert raised.value.details() == (
        "GitLabAgent is a component, which is not in GitLab: import its children instead"
    )


def test_a_urn_may_have_a_parent_and_any_name(plugin: NativePlugin, project: Project) -> None:
    """The type is between the second and third pair of colons."""
    for urn in (
        "urn:pulumi:dev::shop::my:component:Shop$gitlab-kubernetes:index:ClusterAgent::a::b$c:d",
        "urn:pulumi:dev::shop::gitlab-kubernetes:index:ClusterAgent::it",
    ):
        request = provider_pb2.CheckRequest(urn=urn)
        request.news.update({"project": project.path, "name": "prod"})
        response = plugin._stub.Check(request, timeout=TIMEOUT)
        assert not response.failures
        assert response.inputs["name"] == "prod"


def test_a_wrong_request_is_one_line(plugin: NativePlugin) -> None:
    """Without a traceback, also on the process's error output."""
    with pytest.raises(grpc.RpcError) as raised:
        plugin._stub.Check(provider_pb2.CheckRequest(urn="hidden"), timeout=TIMEOUT)
    details = str(raised.value.details())
    assert details.startswith("unexpected IndexError in servicer.py:")
    assert "hidden" not in details
    assert "\n" not in details
    assert "Traceback" not in plugin.stderr()


def test_calls_of_one_name_wait_for_each_other(plugin: NativePlugin, project: Project) -> None:
    """A name is created once, however many ask for it."""
    barrier = threading.Barrier(8)

    def create(_number: int) -> str:
        barrier.wait(TIMEOUT)
        try:
            return plugin.create("ClusterAgent", {"project": project.path, "name": "prod"})[0]
        except CallError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(create, range(8)))
    assert len([each for each in found if each.startswith(f"{project.id}:")]) == 1
    assert len(project.api("GET", "cluster_agents")) == 1
