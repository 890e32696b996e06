"""The dynamic host's process when nobody is there any more to hear of what it does."""

import threading
from contextlib import suppress

import grpc
from tests.conftest import Calls, Project
from tests.dynamic_host import CallError, DynamicHost

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

ENDS_WITHIN = 5.0
KIND = "ProjectEnvironment"


def test_it_ends_with_the_engine_and_asks_nothing_more(
    simulator: Simulator, project: Project, calls: Calls
) -> None:
    """Of a deletion that first stops the environment, the request that was under way is the last.

    The next run deletes the environment: the state still has it.
    """
    config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
    with DynamicHost(config) as host:
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


def test_it_stays_while_there_is_an_engine(simulator: Simulator, project: Project) -> None:
    """Also when the engine asks for nothing for longer than it takes to notice that it is gone."""
    config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
    with DynamicHost(config) as host:
        host.create(KIND, {"project": str(project.id), "name": "live"})
        assert not host.ended(within=3.0)
        host.create(KIND, {"project": str(project.id), "name": "test"})
