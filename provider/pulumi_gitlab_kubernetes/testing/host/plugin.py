"""Processes that serve a deployment over gRPC.

See https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/plugins/.
"""

import queue
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import grpc

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.process import LineHandler, Process, Spawn, start_process

_START_SECONDS: Final = 60.0
_CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),
)


class Plugin:
    """A process of Pulumi's that serves gRPC; it starts at once and is waited for when first used.

    Args:
        what: Its name in messages.
        command: Program and arguments.
        directory: Where it runs.
        environ: Its environment variables.
        on_line: Takes its output.
        spawn: Starts it.
    """

    def __init__(
        self,
        what: str,
        command: Sequence[str],
        directory: Path,
        environ: Mapping[str, str],
        on_line: LineHandler,
        *,
        spawn: Spawn = start_process,
    ) -> None:
        self._what = what
        self._on_line = on_line
        self._port: queue.Queue[str | None] = queue.Queue()
        self._started = threading.Event()
        self._errors: list[str] = []
        self._process = Process(command, directory, environ, self._receive, spawn)
        self._channel: grpc.Channel | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def channel(self) -> grpc.Channel:
        """Connect to the process.

        Raises:
            HostError: It ended or did not start.
        """
        if self._channel is None:
            try:
                port = self._port.get(timeout=_START_SECONDS)
            except queue.Empty:
                port = None
            if port is None:
                said = "; ".join(self._errors[-3:]) or "no output"
                raise HostError(f"{self._what} did not start: {said}")
            self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS)
        return self._channel

    def stop(self) -> None:
        """End the process."""
        if self._channel is not None:
            self._channel.close()
        self._process.stop()

    def _receive(self, line: str, is_error: bool) -> None:
        if self._started.is_set():
            self._on_line(line, is_error)
        elif is_error:
            self._errors.append(line)
        else:
            self._started.set()
            self._port.put(line.strip() if line.strip().isdigit() else None)

    def _watch(self) -> None:
        self._process.wait()
        self._port.put(None)
