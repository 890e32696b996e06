"""The running program as a source of events: its requests and its end."""

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pulumi.runtime.proto import resource_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.engine_service import serve
from pulumi_gitlab_kubernetes.testing.host.goal import Imported, Outputs, ReadRequest, Registration
from pulumi_gitlab_kubernetes.testing.host.monitor import Monitor, ProgramDone, Refused
from pulumi_gitlab_kubernetes.testing.host.process import Process
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.state import Resource

_EXIT_SECONDS: Final = 10.0


@dataclass
class Exited:
    """The program ended."""

    status: int


@dataclass
class Stop:
    """Stop handling the program's events."""


Event = Registration | Imported | ReadRequest | Outputs | ProgramDone | Refused | Exited | Stop


class ProgramSource:
    """Runs the program and queues its requests.

    Args:
        start: Starts the program, given the address of its resource monitor.
        stack: The stack of the run.
        registry: The run's providers.
        resources: The registered resources, by URN.
    """

    def __init__(
        self,
        start: Callable[[str], Process],
        stack: DeployedStack,
        registry: Registry,
        resources: Mapping[str, Resource],
    ) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._monitor = Monitor(self._events.put, stack, registry, resources)
        self._server, address = serve(
            resource_pb2_grpc.add_ResourceMonitorServicer_to_server, self._monitor
        )
        self._monitor.address = address
        try:
            self._process = start(address)
        except BaseException:
            self._server.stop(None)
            raise
        threading.Thread(target=self._watch, daemon=True).start()

    def next(self) -> Event:
        """Wait for the next event and return it."""
        return self._events.get()

    def post(self, event: "Event") -> None:
        """Queue an event; may be called from any thread."""
        self._events.put(event)

    def close(self, *, kill: bool) -> None:
        """End the program.

        Args:
            kill: End it at once; otherwise let it end by itself.
        """
        if kill:
            self._process.stop(grace=1.0)
        self._monitor.close()
        if not kill and self._process.wait(_EXIT_SECONDS) is None:
            self._process.stop()
        self._server.stop(None)

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            status = self._process.wait()
            self._events.put(Exited(0 if status is None else status))
