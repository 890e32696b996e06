"""How many calls are at work at a time: as many as are wanted, fewer while GitLab limits the rate.

Whoever meets a rate limit with many requests at once has most of them refused, over and over. So no
call begins then before all but a few of those at work are done, which have waited for longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LIMITED = 4
"""How many calls are at work at a time where GitLab limits the rate."""

_REMEMBERED = 60.0
"""How long that counts after the last refused request, in seconds: as GitLab's usual window."""


class Turns:
    """Counts the calls that are at work in this process."""

    def __init__(self) -> None:
        self._at_work = 0
        self._limited_until = 0.0
        self._changed = threading.Condition()

    @contextmanager
    def take(self, most: int) -> Iterator[None]:
        """Wait until fewer calls than that are at work, and count as one.

        Args:
            most: How many calls may be at work at a time.
        """
        with self._changed:
            while self._at_work >= (min(most, LIMITED) if self._limited() else most):
                self._changed.wait(self._limited())
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._changed.notify_all()

    def slow_down(self) -> None:
        """Note that GitLab has just refused a request because there were too many."""
        self._limited_until = time.monotonic() + _REMEMBERED

    def _limited(self) -> float | None:
        """Return for how many seconds it still counts, or `None`."""
        left = self._limited_until - time.monotonic()
        return left if left > 0 else None


TURNS = Turns()
