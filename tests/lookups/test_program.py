"""Functions in the process of a program: its threads, its settings and what it remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config, settings, stack
from tests.conftest import Calls, Project, api
from tests.support.waiting_proxy import WaitingProxy

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes.lookups.common import FunctionError

Run = Callable[[Callable[[], Any]], Any]


class _Engine:
    """An engine that the program only knows: functions do not call it."""

    log: list[str]

    def __init__(self) -> None:
        self.log = []

    def Log(self, request: Any) -> None:  # noqa: N802 (gRPC)
        """Keep a message."""
        self.log.append(request.message)


@pytest.fixture
def engine() -> _Engine:
    """The engine of the next program."""
    return _Engine()


@pytest.fixture
def run(project: Project, engine: _Engine) -> Iterator[Run]:
    """Runs a program as the administrator, and returns its result with outputs awaited."""

    def run(body: Callable[[], Any], **more: str) -> Any:
        async def program() -> Any:
            settings.reset_options()
            settings.configure(
                settings.Settings("shop", "dev", monitor=_Engine(), engine=engine, dry_run=False)
            )
            given = {
                "gitlab:baseUrl": project.simulator.url,
                "gitlab:token": project.simulator.root_token,
            }
            config.set_all_config({**given, **more})
            result = body()
            if isinstance(result, pulumi.Output):
                result = await result.future()
            await stack.wait_for_rpcs()
            return result

        return asyncio.run(program())

    yield run
    settings.reset_options()


def test_a_run_requests_the_id_of_a_project_once(run: Run, project: Project, calls: Calls) -> None:
    """All of its calls share it. Another run in the same process has its own."""
    project.agent()

    def twice() -> Any:
        first = gitlab.get_cluster_agents_output(project=project.path)
        second = gitlab.get_cluster_agent_output(project=project.path, name="prod")
        return pulumi.Output.all(first.agents.apply(len), second.project_id)

    look_up = f"GET {project.path.replace('/', '%2F')}"
    assert run(twice) == [1, project.id]
    assert calls().count(look_up) == 1
    group, _slash, name = project.path.partition("/")
    api(project.simulator, "DELETE", f"projects/{project.id}")
    namespace = api(project.simulator, "GET", f"groups/{group}")["id"]
    made = api(project.simulator, "POST", "projects", name=name, namespace_id=namespace)
    calls()
    found = run(lambda: gitlab.get_cluster_agents(project=project.path).agents)
    assert found == ()
    assert calls() == [look_up, f"GET {made['id']}/cluster_agents"]


def test_a_call_always_asks_gitlab(run: Run, project: Project) -> None:
    """A list or a resource may have changed since the last call, in or outside of the program."""

    def lists() -> list[int]:
        found = []
        for name in ("a", "b", "c"):
            project.agent(name)
            found.append(len(gitlab.get_cluster_agents(project=project.id).agents))
        return found

    assert run(lists) == [1, 2, 3]


@pytest.mark.parametrize(("most", "expected"), [("3", 3), ("64", 8)])
def test_max_parallel_limits_the_calls(
    run: Any, project: Project, most: str, expected: int
) -> None:
    """As for resources."""
    agents = [project.agent(f"a{number}") for number in range(8)]
    with WaitingProxy(project.simulator.url) as proxy:
        proxy.holds = proxy.counts = lambda request: "/cluster_agents/" in request.path
        proxy.wanted = expected

        def read_all() -> Any:
            found = (
                gitlab.get_cluster_agent_output(project=project.id, agent_id=agent)
                for agent in agents
            )
            return pulumi.Output.all(*(each.name for each in found))

        settings_ = {"gitlab:baseUrl": proxy.url, "gitlab-kubernetes:maxParallel": most}
        assert len(run(read_all, **settings_)) == 8
        assert not proxy.gave_up
        assert proxy.most == expected


def test_waiting_is_shown(run: Any, project: Project, engine: _Engine) -> None:
    """With the name of the function: the program's line shows it."""
    project.agent()
    late = {"status": 429, "headers": {"Retry-After": "2"}, "path": "/cluster_agents"}
    project.simulator.faults(late)
    found = run(lambda: gitlab.get_cluster_agents(project=project.id).agents)
    assert len(found) == 1
    assert "get_cluster_agents: retrying in 2 s: GitLab limits the rate of requests" in engine.log


def test_variables_win_over_the_configuration(
    run: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for resources."""
    monkeypatch.setenv("PULUMI_GITLAB_BASE_URL", project.simulator.url)
    closed = {"gitlab:baseUrl": "http://127.0.0.1:9"}
    assert run(lambda: gitlab.get_cluster_agents(project=project.id).agents, **closed) == ()
    monkeypatch.setenv("PULUMI_GITLAB_TOKEN", "glpat-canary")
    with pytest.raises(FunctionError) as raised:
        run(lambda: gitlab.get_cluster_agents(project=project.id), **closed)
    assert "does not accept the token" in str(raised.value)
    assert "canary" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_defect_is_one_line(run: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text may contain a secret."""

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr("pulumi_gitlab_kubernetes.functions.function.require_project", broken)
    with pytest.raises(FunctionError) as raised:
        run(lambda: gitlab.get_cluster_agents(project=project.id))
    assert str(raised.value).startswith("get_cluster_agents: unexpected ZeroDivisionError in ")
    assert "canary" not in str(raised.value)


def test_a_program_without_an_engine_is_explained() -> None:
    """Python has started it, and not Pulumi."""
    settings.reset_options()
    with pytest.raises(FunctionError, match=r"^get_cluster_agents: .* run it with `pulumi up`$"):
        asyncio.run(_call())


async def _call() -> None:
    gitlab.get_cluster_agents(project=1)
