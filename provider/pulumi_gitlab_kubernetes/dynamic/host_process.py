"""The dynamic host's process: it ends with the engine, runs parallel calls, and stays small.

A running call sets this up. A host that differs in a future version works without it.
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
"""The largest number of parallel calls."""

_PROBE_EVERY = 0.5  # Seconds.
_M_MMAP_THRESHOLD = -3  # As in malloc.h.
_LARGE = 1 << 18  # Bytes.
_MISSED = 4  # Failed probes. One refused connection is sufficient.


def engine_address() -> str | None:
    """Return the engine's address: the last argument, after flags for logs and traces."""
    host, _, port = sys.argv[-1].rpartition(":") if sys.argv[1:] else ("", "", "")
    return f"{host}:{port}" if host and port.isdecimal() else None


@cache
def end_with_engine() -> None:
    """End this process when the engine has ended, because nothing else does.

    Running calls end with it, as nobody receives their responses.
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
    except RuntimeError as error:  # The machine has no threads left.
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
        except OSError:  # The machine may lack a resource.
            missed += 1
    os._exit(1)


def _warn(why: str) -> None:
    pid = os.getpid()
    sys.stderr.write(
        f"pulumi-gitlab-kubernetes: process {pid}, which serves dynamic resources, cannot "
        f"detect when Pulumi ends ({why}): if `pulumi` is killed, run `kill {pid}`\n"
    )


def serve_more_calls() -> None:
    """Let the host run `MOST_CALLS` calls in parallel instead of four.

    The host has a pool of four threads. This runs in one of them, whose first frame refers to the
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
            pool._max_workers = MOST_CALLS  # noqa: SLF001 (as above)
            # Start all threads now. Calls that arrived at the first limit make the pool count more
            # idle threads than it has, so that it would start none for the next calls.
            for _attempt in range(2 * MOST_CALLS):
                while pool._idle_semaphore.acquire(blocking=False):  # noqa: SLF001 (as above)
                    pass
                if len(pool._threads) >= MOST_CALLS:  # noqa: SLF001 (as above)
                    break
                pool.submit(int)
    except (AttributeError, KeyError, TypeError, RuntimeError):
        return


def give_large_memory_back() -> None:
    """Let the C library release the memory of a large response immediately.

    Otherwise it keeps such memory for each thread.
    """
    with suppress(AttributeError, OSError, TypeError):  # Only glibc has and needs this.
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _is_pools(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__")
    return (module, frame.f_code.co_name) == ("concurrent.futures.thread", "_worker")
