"""Ends what takes too long on a connection, whatever it waits for.

The time-out of a socket begins again with each byte, so a server that sends one byte a second is
never late by it. Here a thread looks at the clock and shuts the connection down. Whoever waits for
that connection, in TLS and behind a proxy too, then sees its end.
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
        self.line: socket.socket | None = None

    def shut(self) -> None:
        """End the connection, which wakes whoever waits for it."""
        if self.line is not None:
            with suppress(OSError):  # The other side has ended it already.
                self.line.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Watches over the time limits of this process in one thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limits: set[TimeLimit] = set()
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    def start(self, seconds: float) -> TimeLimit:
        """Begin a time limit.

        Args:
            seconds: How long it is.

        Returns:
            The limit, to be lifted at the end of what it is for.
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

    def guard(self, limit: TimeLimit, line: socket.socket) -> None:
        """Say which connection a limit is for."""
        with self._changed:
            limit.line = line
            if limit.passed:
                limit.shut()

    def lift(self, limit: TimeLimit) -> None:
        """End a limit: from now on its connection is safe, and may serve another request."""
        with self._changed:
            self._limits.discard(limit)
            limit.line = None

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
"""The one of this process."""
