"""Runs Python programs without importing Pulumi each time: imports it once, then forks.

Started by the deployment host as a script, with the interpreter of the programs, which need not
have this package. It ends when the deployment host closes the connection.
"""

import sys

if __name__ == "__main__":
    del sys.path[0]  # This directory: its modules must not be found by the programs' imports.

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sysconfig
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any, Final

Request = dict[str, Any]

LENGTH: Final = struct.Struct("!I")
"""The header of each message: its length in bytes."""


def main() -> None:
    """Serve the connection that the first argument names, with the other arguments imported."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):  # Each program reports it.
            importlib.import_module(name)
    _send(connection, {"imported": sorted({name.partition(".")[0] for name in sys.modules})})
    gc.collect()
    gc.freeze()  # Otherwise each garbage collection in a fork would copy the imported modules.
    request = _serve(connection)
    if request:
        _run(request)


def _serve(connection: socket.socket) -> Request | None:
    """Return a request in the process that was forked for it, and nothing in this one."""
    ended, wake = socket.socketpair()
    ended.setblocking(False)
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake.fileno())
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    selector.register(ended, selectors.EVENT_READ)
    while True:
        ready = [key.fileobj for key, _ in selector.select()]
        if ended in ready:
            ended.recv(4096)
            _report_ended(connection)
        if connection not in ready:
            continue
        start, streams, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
        if not start:
            return None
        request: Request = json.loads(_receive(connection, LENGTH.unpack(start)[0]))
        process = os.fork()
        if process == 0:
            os.setpgid(0, 0)  # Before the program can ask for its group.
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (selector, connection, ended, wake):
                each.close()
            for number, stream in enumerate(streams, start=3 - len(streams)):
                os.dup2(stream, number)
                os.close(stream)
            return request
        with contextlib.suppress(PermissionError):  # It already runs another program.
            os.setpgid(process, process)  # Before anyone can send a signal to its group.
        for stream in streams:
            os.close(stream)
        _send(connection, {"started": process})


def _report_ended(connection: socket.socket) -> None:
    """Send the status of each process that has ended."""
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            process, status = found
            _send(connection, {"ended": process, "status": os.waitstatus_to_exitcode(status)})


def _run(request: Request) -> None:
    """Run the requested program, as the interpreter does with the option `-u`."""
    _keep_only_bytecode_of_installed_modules()
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environ"])
    if request["module"]:
        sys.argv = ["-m", *request["arguments"]]
        sys.path.insert(0, request["directory"])
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [request["script"], *request["arguments"]]
        sys.path.insert(0, str(Path(request["script"]).parent))
        runpy.run_path(request["script"], run_name="__main__")


def _keep_only_bytecode_of_installed_modules() -> None:
    """Do not write that of the program: a change within a second would not be noticed."""
    write = SourceFileLoader.set_data
    installed = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))

    def set_data(self: SourceFileLoader, path: str, data: bytes, **options: Any) -> None:
        if path.startswith(installed):
            write(self, path, data, **options)

    SourceFileLoader.set_data = set_data  # type: ignore[method-assign,assignment]


def _receive(connection: socket.socket, length: int) -> bytes:
    """Return exactly so many bytes."""
    received = b""
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:  # The deployment host was killed in the middle of a request.
            sys.exit(1)
        received += part
    return received


def _send(connection: socket.socket, message: Request) -> None:
    """Send a message."""
    text = json.dumps(message).encode()
    connection.sendall(LENGTH.pack(len(text)) + text)


if __name__ == "__main__":
    main()
