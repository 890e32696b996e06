"""Forks the processes of `gitlab-kubernetes` in shells of tests, instead of starting each anew."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.commands import client

from pulumi_gitlab_kubernetes.testing.host.fork_server import PRELOADED, Forked, ForkServer

_MODULES = (*PRELOADED, "pulumi_gitlab_kubernetes.testing.host.command")


class Commands:
    """`gitlab-kubernetes` for shells of tests; its processes run the same code as otherwise.

    Importing takes most of the time of a small deployment, which starts three processes or more. So
    the processes are forked from one that has imported what they need.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()  # A socket has no long path.
        folder = Path(self._folder.name)
        program = folder / "gitlab-kubernetes"
        start = [sys.executable, "-IS", client.__file__, sys.executable]
        program.write_text(f'#!/bin/sh\nexec {shlex.join(start)} "$@"\n')
        program.chmod(0o755)
        self.environ: dict[str, str] = {client.ADDRESS: str(folder / "socket")}
        """What a shell needs."""
        self.path = folder
        """The folder for the shell's PATH."""
        self._forks = ForkServer(_MODULES)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.environ[client.ADDRESS])
        self._listener.listen()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._forks.stop()
        self._folder.cleanup()

    def _listen(self) -> None:
        with suppress(OSError):  # It was closed.
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """Start a process, and tell its number and then its exit status."""
        with connection, suppress(BrokenPipeError):
            start, streams, _, _ = socket.recv_fds(connection, client.LENGTH.size, 3)
            with connection.makefile("rb") as rest:
                command, directory, environ = json.loads(rest.read(*client.LENGTH.unpack(start)))
            try:
                process = self._start(command, Path(directory), environ, streams)
            finally:
                for each in streams:
                    os.close(each)
            connection.sendall(f"{process.pid}\n".encode())
            connection.sendall(f"{process.wait()}\n".encode())

    def _start(
        self,
        command: list[str],
        directory: Path,
        environ: Mapping[str, str],
        streams: Sequence[int],
    ) -> Forked | subprocess.Popen[bytes]:
        program = Path(command[0])
        command[0] = str(program.parent.resolve() / program.name)  # Environments are links to one.
        forked = self._forks.fork(command, directory, environ, streams)
        if forked:
            return forked
        standard_input, out, error = streams
        return subprocess.Popen(
            [str(program), *command[1:]],
            cwd=directory,
            env=environ,
            stdin=standard_input,
            stdout=out,
            stderr=error,
            start_new_session=True,
        )
