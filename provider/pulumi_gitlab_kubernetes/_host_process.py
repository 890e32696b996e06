"""The dynamic host's process: it ends with the engine, works on many calls, and stays small.

All of it is done from a running call. Where a future host differs, it works as Pulumi made it.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from types import FrameType
from typing import Any

MOST_CALLS = 64
"""How many calls the host works on at a time, at most."""

_PROBE_EVERY = 0.5  # Seconds.
_M_MMAP_THRESHOLD = -3  # As in malloc.h.
_LARGE = 1 << 18  # Bytes.
_MISSED = 4  # Probes without an answer; one that is refused is enough.


def engine_address() -> str | None:
    """Return the engine's address, the last argument: flags for logs and traces come before it."""
    host, _, port = sys.argv[-1].rpartition(":") if sys.argv[1:] else ("", "", "")
    return f"{host}:{port}" if host and port.isdecimal() else None


@cache
def end_with_engine() -> None:
    """End this process as soon as the engine is gone: nobody else would.

    What is under way then ends with it, and no further call begins: nobody would hear of it.
    """
    main = getattr(sys.modules["__main__"], "__spec__", None)
    if main is None or not main.name.startswith("pulumi.dynamic"):
        return
    address = engine_address()
    if address is None:
        _warn("its arguments do not end with the engine's address")
        return
    try:
        threading.Thread(
            target=_watch, args=(address,), name="end with the engine", daemon=True
        ).start()
    except RuntimeError as error:  # This machine is short of threads.
        _warn(str(error))


def _watch(address: str) -> None:
    host, _, port = address.rpartition(":")
    missed = 0
    while missed < _MISSED:
        time.sleep(_PROBE_EVERY)
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_PROBE_EVERY).close()
            missed = 0
        except ConnectionRefusedError:
            break
        except OSError:  # Perhaps this machine is short of something.
            missed += 1
    os._exit(1)


def _warn(why: str) -> None:
    pid = os.getpid()
    sys.stderr.write(
        f"pulumi-gitlab-kubernetes: process {pid}, which serves dynamic resources, cannot "
        f"detect when Pulumi ends ({why}): if `pulumi` is killed, run `kill {pid}`\n"
    )


def serve_more_calls() -> None:
    """Have the host work on `MOST_CALLS` at a time rather than four.

    It serves from a pool of four threads. This runs on one of them, whose first frame refers to the
    pool.
    """
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 (the only way to the pool)
    while frame is not None and not _is_pools(frame):
        frame = frame.f_back
    if frame is None:
        return
    try:
        pool: Any = frame.f_locals["executor_reference"]()
        if pool._max_workers < MOST_CALLS:  # noqa: SLF001 (there is no other way)
            pool._max_workers = MOST_CALLS  # noqa: SLF001
            # All threads at once: calls that came at the pool's first limit make it count more idle
            # ones than it has, and then it would start none for the next calls.
            for _attempt in range(2 * MOST_CALLS):
                while pool._idle_semaphore.acquire(blocking=False):  # noqa: SLF001
                    pass
                if len(pool._threads) >= MOST_CALLS:  # noqa: SLF001
                    break
                pool.submit(int)
    except (AttributeError, KeyError, TypeError, RuntimeError):
        return


def give_large_memory_back() -> None:
    """Have the C library return a large answer's memory to the machine as soon as it is free.

    It would keep such memory, in as many places as there are threads.
    """
    with suppress(AttributeError, OSError, TypeError):  # Only glibc has this, and only it needs it.
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _is_pools(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__")
    return (module, frame.f_code.co_name) == ("concurrent.futures.thread", "_worker")
