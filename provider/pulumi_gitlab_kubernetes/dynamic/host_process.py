"""The dynamic host's process: it ends with the engine, and runs parallel calls.

A running call sets this up. A host that differs in a future version works without it.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from pulumi_gitlab_kubernetes.engine import process
from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS


def end_with_engine() -> None:
    """End the host when the engine has ended, but no other process that uses this package."""
    main = getattr(sys.modules["__main__"], "__spec__", None)
    if main is not None and main.name.startswith("pulumi.dynamic"):
        process.end_with_engine()


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


def _is_pools(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__")
    return (module, frame.f_code.co_name) == ("concurrent.futures.thread", "_worker")
