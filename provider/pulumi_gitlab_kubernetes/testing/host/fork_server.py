"""Quick starts for tests: processes are forked from one that has imported Pulumi.

Importing Pulumi takes most of the time of a small deployment, which starts two or three processes.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from pulumi_gitlab_kubernetes.testing.host._fork_server import LENGTH
from pulumi_gitlab_kubernetes.testing.host.process import Child, start_process

_SCRIPT: Final = Path(__file__).with_name("_fork_server.py")
PRELOADED: Final = ("pulumi", "pulumi.dynamic", "gitlab", "cryptography.x509")
"""What the processes of most deployments import."""
_LONGEST_LINE: Final = 256
_SHEBANG: Final = re.compile(r"#!(?P<python>/\S*/python[\d.]*)\s*")
_SECONDS: Final = 60.0


class ForkServer:
    """Starts the processes of deployments; pass `spawn` to `Stack`.

    Each process has its own environment, directory and output, and runs the same code as otherwise.
    Where a fork would make a difference, the process is started as usual: with other ``PYTHON...``
    variables than the fork server has, where a module in its directory hides one that it has
    imported, and where the interpreter cannot be forked from.

    Args:
        preloaded: The modules that it imports, as far as there are such.
    """

    def __init__(self, preloaded: Sequence[str] = PRELOADED) -> None:
        self._preloaded = preloaded
        self._servers: dict[str, _Server] = {}
        self._lock = threading.Lock()

    def spawn(self, command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> Child:
        """Start a process, as `start_process` does."""
        out, out_end = os.pipe()
        error, error_end = os.pipe()
        try:
            forked = self.fork(command, directory, environ, (out_end, error_end))
        finally:
            os.close(out_end)
            os.close(error_end)
        streams = _reader(out), _reader(error)
        if forked is not None:
            forked.stdout, forked.stderr = streams
            return forked
        for each in streams:
            each.close()
        return start_process(command, directory, environ)

    def fork(
        self,
        command: Sequence[str],
        directory: Path,
        environ: Mapping[str, str],
        streams: Sequence[int],
    ) -> "Forked | None":
        """Fork a process, unless that would make a difference.

        Args:
            command: Program and arguments.
            directory: Where it runs.
            environ: Its environment variables.
            streams: Its standard output and error, and its standard input before them if it has
                one, as file descriptors.
        """
        python, *rest = _with_interpreter(command)
        if rest[:1] != ["-u"]:
            return None
        with self._lock:
            server = self._servers.get(python)
            if server is None:
                server = self._servers[python] = _Server(python, self._preloaded)
        imported = server.imported
        differs = _of_python(environ) != server.python_variables
        if differs or not imported or imported & _modules_in(directory):
            return None
        return server.fork(rest[1:], directory, environ, streams)

    def stop(self) -> None:
        """End the fork server; forked processes continue."""
        with self._lock:
            for server in self._servers.values():
                server.stop()
            self._servers.clear()


def _with_interpreter(command: Sequence[str]) -> Sequence[str]:
    """Return a command with the interpreter that the first line of its script names, if any."""
    try:
        with Path(command[0]).open("rb") as file:
            found = _SHEBANG.match(file.readline(_LONGEST_LINE).decode(errors="replace"))
    except OSError:  # Starting it shows what is wrong.
        return command
    return [found["python"], "-u", *command] if found else command


def _of_python(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith("PYTHON")}


def _modules_in(directory: Path) -> set[str]:
    """Return the names of the modules in a directory."""
    return {path.name.partition(".")[0] for path in directory.iterdir()} - {"__main__"}


class _Server:
    """The process that forks, for one interpreter."""

    def __init__(self, python: str, preloaded: Sequence[str] = PRELOADED) -> None:
        self.python_variables = _of_python(os.environ)
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._popen = subprocess.Popen(  # noqa: S603 (the programs' own interpreter)
                [python, "-u", str(_SCRIPT), str(theirs.fileno()), *preloaded],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._spawning = threading.Lock()
        self._changed = threading.Condition()
        self._started: list[int] = []
        self._statuses: dict[int, int] = {}
        self._imported: set[str] = set()
        self._over = False
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def imported(self) -> set[str]:
        """The imported modules; none if the process did not start."""
        with self._changed:
            self._changed.wait_for(lambda: self._imported or self._over, _SECONDS)
        return self._imported

    def fork(
        self,
        arguments: Sequence[str],
        directory: Path,
        environ: Mapping[str, str],
        streams: Sequence[int],
    ) -> "Forked":
        """Fork a process that runs a module (`-m` first) or a script."""
        runs_module = arguments[0] == "-m"
        what, *rest = arguments[1:] if runs_module else arguments
        request = json.dumps(
            {
                "module": what if runs_module else "",
                "script": what,
                "arguments": rest,
                "directory": str(directory),
                "environ": dict(environ),
            }
        ).encode()
        with self._spawning:
            socket.send_fds(self._connection, [LENGTH.pack(len(request))], streams)
            self._connection.sendall(request)
            with self._changed:
                self._changed.wait_for(lambda: self._started or self._over, _SECONDS)
                if not self._started:
                    raise OSError(0, "the fork server does not answer")
                return Forked(self, self._started.pop())

    def wait(self, process: int, timeout: float | None) -> int:
        """Wait for the end of a forked process; return its status."""
        with self._changed:
            self._changed.wait_for(lambda: process in self._statuses or self._over, timeout)
            if process in self._statuses:
                return self._statuses[process]
        if self._over:
            return 1
        raise subprocess.TimeoutExpired(str(process), timeout or 0)

    def stop(self) -> None:
        """End the process."""
        self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        self._popen.wait()

    def _listen(self) -> None:
        with contextlib.suppress(OSError), self._connection.makefile("rb") as messages:
            while start := messages.read(LENGTH.size):
                message: dict[str, Any] = json.loads(messages.read(LENGTH.unpack(start)[0]))
                with self._changed:
                    if "imported" in message:
                        self._imported = set(message["imported"])
                    elif "started" in message:
                        self._started.append(message["started"])
                        self._statuses.pop(message["started"], None)  # Process ids are reused.
                    else:
                        self._statuses[message["ended"]] = message["status"]
                    self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()


class Forked:
    """A forked process, with the part of `subprocess.Popen` that is used."""

    def __init__(self, server: _Server, pid: int) -> None:
        self.pid = pid
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self._server = server

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit status, negative for a signal."""
        return self._server.wait(self.pid, timeout)


def _reader(stream: int) -> IO[str]:
    return open(stream, encoding="utf-8", errors="replace")
