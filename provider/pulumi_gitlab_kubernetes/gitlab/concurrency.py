"""How many calls run at the same time: fewer than configured while GitLab limits the rate.

With many parallel requests, a rate limit rejects most of them again and again. So a new call then
waits until only a few of the earlier ones are running.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_gitlab_kubernetes.errors import CancelledError

MOST_CALLS = 64
"""The largest number of parallel calls."""

LIMITED = 4
"""How many calls run at the same time while GitLab limits the rate."""

_REMEMBERED = 60.0
"""How long that lasts after the last rejected request, in seconds: GitLab's usual window."""


class ConcurrencyLimit:
    """Limit the number of calls that run at the same time.

    Args:
        cancelled: Set when the user cancels the run.
    """

    def __init__(self, cancelled: threading.Event | None = None) -> None:
        self._cancelled = cancelled or threading.Event()
        self._running = 0
        self._limited_until = 0.0
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, most: int) -> Iterator[None]:
        """Wait until fewer than `most` calls are running, then count as one of them.

        Args:
            most: How many calls may run at the same time.

        Raises:
            CancelledError: The user has cancelled the run.
        """
        with self._changed:
            while not self._cancelled.is_set() and self._running >= (
                min(most, LIMITED) if self._limited() else most
            ):
                self._changed.wait(self._limited())
            if self._cancelled.is_set():
                raise CancelledError
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def wake(self) -> None:
        """End the waits after the user has cancelled the run."""
        with self._changed:
            self._changed.notify_all()

    def slow_down(self) -> None:
        """Note that GitLab has just rejected a request because of its rate limit."""
        self._limited_until = time.monotonic() + _REMEMBERED

    def _limited(self) -> float | None:
        """Return for how many more seconds the rate is limited, or `None`."""
        left = self._limited_until - time.monotonic()
        return left if left > 0 else None
