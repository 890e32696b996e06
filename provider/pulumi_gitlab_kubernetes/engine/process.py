"""A plugin's process: it ends with the engine, and stays small."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from functools import cache

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


def give_large_memory_back() -> None:
    """Let the C library release the memory of a large response immediately.

    Otherwise it keeps such memory for each thread.
    """
    with suppress(AttributeError, OSError, TypeError):  # Only glibc has and needs this.
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


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
        f"pulumi-gitlab-kubernetes: process {pid}, which serves its resources, cannot "
        f"detect when Pulumi ends ({why}): if `pulumi` is killed, run `kill {pid}`\n"
    )
