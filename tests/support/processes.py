"""The processes of a run, from the kernel's information."""

from __future__ import annotations

import os
import re
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PROBE_EVERY = 0.1


@dataclass(frozen=True)
class Running:
    """A process and its command line."""

    pid: int
    line: str

    def runs(self, program: str) -> bool:
        """Return whether it runs a program: a script's name, or a module after `-m`."""
        return f"{program} " in self.line

    def ended(self, within: float) -> bool:
        """Wait for the process to end, also if it is not a child of this one.

        Args:
            within: The maximum seconds to wait.

        Returns:
            Whether it has ended.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            return bool(poll.poll(within * 1000))
        finally:
            os.close(handle)

    def peak(self) -> float:
        """Return the maximum memory of the process in MiB, or 0 after it has ended."""
        with suppress(OSError):
            status = (Path("/proc") / str(self.pid) / "status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                return int(found[1]) / 1024
        return 0.0


def running_in(folder: Path) -> list[Running]:
    """Return the other processes that run in a folder or have it in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = str((entry / "cwd").resolve())
        except OSError:
            continue
        concerns = str(folder) in line or where.startswith(str(folder))
        if line and int(entry.name) != os.getpid() and concerns:  # A zombie has no command line.
            found.append(Running(int(entry.name), line))
    return found


@dataclass
class Memory:
    """The maximum memory of a process, in MiB."""

    peak: float = 0.0


@contextmanager
def memory_of(program: str, folder: Path) -> Iterator[Memory]:
    """Measure the processes in a folder that run a program."""
    memory, ended = Memory(), threading.Event()

    def watch() -> None:
        found: list[Running] = []
        while not ended.wait(_PROBE_EVERY):
            peaks = [each.peak() for each in found]
            memory.peak = max([memory.peak, *peaks])
            if not any(peaks):
                found = [each for each in running_in(folder) if each.runs(program)]

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()
