"""A proxy that answers some requests only after others have arrived."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.support.proxy import Proxy
from tests.support.web import Request

_PATIENCE = 60.0


class WaitingProxy(Proxy):
    """A proxy that holds the requests of a client until it has sent enough of them.

    Args:
        target: The URL of the GitLab.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.holds: Callable[[Request], bool] = lambda _request: False
        """Whether a request waits."""
        self.counts: Callable[[Request], bool] = lambda _request: False
        """Whether a request is one of those that the others wait for."""
        self.wanted = 1
        """The number of those requests."""
        self.arrived = 0
        self.most = 0
        """The largest number of those requests that waited or were answered at the same time."""
        self._pending = 0
        self.gave_up = False
        """Whether those requests did not arrive in time."""
        self._changed = threading.Condition()

    def handle(self, request: Request) -> None:
        """Wait for the other requests, then forward it."""
        counted = self.counts(request)
        with self._changed:
            self.arrived += counted
            self._pending += counted
            self.most = max(self.most, self._pending)
            self._changed.notify_all()
            if self.holds(request) and not self._changed.wait_for(
                lambda: self.gave_up or self.arrived >= self.wanted, _PATIENCE
            ):
                self.gave_up = True
        try:
            super().handle(request)
        finally:
            with self._changed:
                self._pending -= counted
