"""The running program as a source of events: what it registers, and how it ends."""

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi.runtime.proto import resource_pb2_grpc

from .engine_service import serve
from .goal import Outputs, ReadRequest, Registration
from .monitor import Monitor, ProgramDone, Refused
from .process import Process
from .state import Resource
from .values import Properties

_EXIT_SECONDS: Final = 10.0


@dataclass
class Exited:
    """The program ended."""

    status: int


@dataclass
class Stop:
    """Nothing more is to be taken from the program."""


Event = Registration | ReadRequest | Outputs | ProgramDone | Refused | Exited | Stop


class ProgramSource:
    """Runs the program and queues what it asks for.

    Args:
        start: Starts the program, given the address of its resource monitor.
        root: The project's directory.
        config: The stack's configuration, secrets marked.
        resources: What was registered so far, by URN.
    """

    def __init__(
        self,
        start: Callable[[str], Process],
        root: Path,
        config: Properties,
        resources: Mapping[str, Resource],
    ) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._monitor = Monitor(self._events.put, root, config, resources)
        self._server, address = serve(
            resource_pb2_grpc.add_ResourceMonitorServicer_to_server, self._monitor
        )
        try:
            self._process = start(address)
        except BaseException:
            self._server.stop(None)
            raise
        threading.Thread(target=self._watch, daemon=True).start()

    def next(self) -> Event:
        """The next event, waited for."""
        return self._events.get()

    def stop(self) -> None:
        """Queues a `Stop`; may be called from anywhere."""
        self._events.put(Stop())

    def close(self, *, kill: bool) -> None:
        """Ends the program.

        Args:
            kill: At once; otherwise it is told that all is done and may end by itself.
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
