"""A watchdog that shuts down connections whose request takes too long.

A socket's timeout starts again with each byte, so a server that sends one byte per second never
exceeds it. Here a thread watches the time and shuts the connection down. Whatever waits for the
connection then sees its end, also with TLS and through a proxy.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from contextlib import suppress


class TimeLimit:
    """How long one request may use its connection.

    Args:
        ends: When it ends, by `time.monotonic()`.
    """

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.passed = False
        self.connection: socket.socket | None = None

    def shut(self) -> None:
        """Shut the connection down, which ends any wait for it."""
        if self.connection is not None:
            with suppress(OSError):  # The server has already closed it.
                self.connection.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Watch the time limits of this process in one thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limits: set[TimeLimit] = set()
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    def start(self, seconds: float) -> TimeLimit:
        """Start a time limit.

        Args:
            seconds: How long the request may take.

        Returns:
            The limit. The caller lifts it at the end of the request.
        """
        limit = TimeLimit(time.monotonic() + seconds)
        with self._changed:
            self._limits.add(limit)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="time limits", daemon=True)
                self._thread.start()
            elif limit.ends < self._wakes:
                self._changed.notify()
        return limit

    def guard(self, limit: TimeLimit, connection: socket.socket) -> None:
        """Set the connection of a limit."""
        with self._changed:
            limit.connection = connection
            if limit.passed:
                limit.shut()

    def lift(self, limit: TimeLimit) -> None:
        """End a limit. Its connection can then serve another request."""
        with self._changed:
            self._limits.discard(limit)
            limit.connection = None

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for limit in [each for each in list(self._limits) if each.ends <= now]:
                    self._limits.discard(limit)
                    limit.passed = True
                    limit.shut()
                self._wakes = min((each.ends for each in list(self._limits)), default=math.inf)
                pause = min(self._wakes - time.monotonic(), threading.TIMEOUT_MAX)
                self._changed.wait(max(pause, 0))


WATCHDOG = Watchdog()
"""The watchdog of this process."""
