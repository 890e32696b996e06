"""Asks the server of commands for a process. As a script, it is `gitlab-kubernetes` in a shell.

It starts with Python's standard library alone, and quickly: a shell of a test runs it many times.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ADDRESS = "COMMANDS_OF_TESTS"
"""The environment variable with the path of the server's socket."""
LENGTH = struct.Struct("!I")
"""What precedes a request: its length in bytes."""
_HOST = Path(__file__).with_name("host.py")


class Process:
    """A process that the server has started, with the part of `subprocess.Popen` that is used.

    Args:
        command: Program and arguments.
        directory: Where it runs.
        environ: Its environment variables.
        streams: Its standard input, output and error.
    """

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        environ: Mapping[str, str],
        streams: Sequence[int],
    ) -> None:
        request = json.dumps([list(command), str(directory), dict(environ)]).encode()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(os.environ[ADDRESS])
        socket.send_fds(connection, [LENGTH.pack(len(request))], streams)
        connection.sendall(request)
        self._answers = connection.makefile()
        self._status = 1
        self._ended = threading.Event()
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self.pid = int(self._answers.readline())
        threading.Thread(target=self._receive, daemon=True).start()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit status, negative for a signal."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._status

    def _receive(self) -> None:
        self._status = int(self._answers.readline() or "1")
        self._ended.set()


def spawn(command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> Process:
    """Start a process, as the deployment host does."""
    out, out_end = os.pipe()
    error, error_end = os.pipe()
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        process = Process(command, directory, environ, (nothing, out_end, error_end))
    finally:
        for each in (nothing, out_end, error_end):
            os.close(each)
    process.stdout, process.stderr = _reader(out), _reader(error)
    return process


def _reader(stream: int) -> IO[str]:
    return open(stream, encoding="utf-8", errors="replace")


def main() -> int:
    """Run `gitlab-kubernetes` with this process's arguments, streams and signals."""
    command = [sys.argv[1], "-u", str(_HOST), *sys.argv[2:]]
    process = Process(command, Path.cwd(), os.environ, (0, 1, 2))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: os.kill(process.pid, number))
    status = process.wait()
    return status if status >= 0 else 128 - status  # As a shell.


if __name__ == "__main__":
    sys.exit(main())
