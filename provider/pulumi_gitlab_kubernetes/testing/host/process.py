"""A child process of the host: reads its output by line, and ends it reliably."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from pulumi_gitlab_kubernetes.testing.host.errors import HostError


class Child(Protocol):
    """A running process, with the part of `subprocess.Popen` that is used here."""

    @property
    def pid(self) -> int:
        """Its number, and that of its process group."""

    @property
    def stdout(self) -> IO[str] | None:
        """Its standard output."""

    @property
    def stderr(self) -> IO[str] | None:
        """Its standard error."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raise `subprocess.TimeoutExpired`."""


Spawn = Callable[[Sequence[str], Path, Mapping[str, str]], Child]
"""Starts a process from its command, directory and environment variables."""


def start_process(command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> Child:
    """Start a process in its own process group, so that Ctrl-C does not reach it.

    Args:
        command: Program and arguments.
        directory: Where it runs.
        environ: Its environment variables.

    Returns:
        The running process.

    Raises:
        OSError: It cannot be started.
    """
    return subprocess.Popen(  # noqa: S603 (the project's own interpreter)
        command,
        cwd=directory,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


LineHandler = Callable[[str, bool], None]
"""Takes a line of output and whether it came from standard error."""


class Process:
    """A running child, in a process group of its own so that a Ctrl-C does not reach it.

    Args:
        command: Program and arguments.
        directory: Where it runs.
        environ: Its environment variables.
        on_line: Takes its output.
        spawn: Starts it.
    """

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        environ: Mapping[str, str],
        on_line: LineHandler,
        spawn: Spawn = start_process,
    ) -> None:
        try:
            self._child = spawn(command, directory, environ)
        except OSError as error:
            raise HostError(f"cannot run {command[0]}: {error.strerror}") from None
        self._on_line = on_line
        self._readers = [
            self._reader(self._child.stdout, is_error=False),
            self._reader(self._child.stderr, is_error=True),
        ]

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end, and for the last line of output.

        Args:
            timeout: How long at most, in seconds.

        Returns:
            The exit status, negative for a signal; nothing if it is running.
        """
        try:
            status = self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(timeout=1)  # a grandchild may hold the pipe open
        return status

    def stop(self, grace: float = 2.0) -> None:
        """End the process and all its descendants.

        Args:
            grace: How long it may take to end by itself, in seconds.
        """
        self._signal(signal.SIGTERM)
        if self.wait(grace) is None:
            self._signal(signal.SIGKILL)
            self.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)

    def _reader(self, stream: IO[str] | None, *, is_error: bool) -> threading.Thread:
        if stream is None:
            raise AssertionError

        def read() -> None:
            with stream, contextlib.suppress(ValueError):
                for line in stream:
                    self._on_line(line.rstrip("\n"), is_error)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread
