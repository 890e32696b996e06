"""A proxy that shows how many requests a client sends in parallel."""

from __future__ import annotations

import threading

from tests.support.proxy import Proxy
from tests.support.web import Request

_PATIENCE = 60.0


class ParallelProxy(Proxy):
    """A proxy that forwards writes only when enough of them have arrived.

    Args:
        target: The URL of the GitLab.
        expected: The number of requests to wait for.
    """

    def __init__(self, target: str, expected: int) -> None:
        super().__init__(target)
        self.most = 0
        """The largest number of parallel requests."""
        self._wanted, self._wait = expected, _PATIENCE
        self._pending = 0
        self._changed = threading.Condition()

    def handle(self, request: Request) -> None:
        """Wait for the other requests, and a moment for one too many."""
        with self._changed:
            self._pending += 1
            self.most = max(self.most, self._pending)
            self._changed.notify_all()
            if request.command != "GET":
                if not self._changed.wait_for(lambda: self.most >= self._wanted, self._wait):
                    self._wait = 0.0  # The others do not arrive.
                self._changed.wait_for(lambda: self.most > self._wanted, 0.1)
        try:
            super().handle(request)
        finally:
            with self._changed:
                self._pending -= 1
