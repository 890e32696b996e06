"""Race conditions of GitLab: limits that it checks without a lock.

GitLab can let concurrent requests pass such a limit together. The simulator runs every request in
one transaction, so the limit holds, unless the race condition is enabled: each request then checks
the limit, waits until enough others have checked it too, and only then does its work.
"""

from __future__ import annotations

import asyncio
import reprlib
from typing import Any

NAMES = ("agent_tokens",)
_TIMEOUT = 2.0
"""Seconds that a request waits for the others."""
_MAXIMUM = 1000


class RaceConditions:
    """The enabled race conditions, and the requests that wait for others."""

    def __init__(self) -> None:
        self._sizes = dict.fromkeys(NAMES, 0)
        self._waiting: dict[str, list[asyncio.Event]] = {name: [] for name in NAMES}

    def set(self, given: Any) -> dict[str, int]:
        """Enable or disable race conditions.

        Args:
            given: By name, how many requests pass the limit together; 0 disables it.

        Returns:
            All of them.

        Raises:
            ValueError: A name is unknown, or a number is invalid.
        """
        if not isinstance(given, dict) or not set(given) <= set(NAMES):
            raise ValueError(
                f"races must be an object of {', '.join(NAMES)} and numbers, "
                f"not {reprlib.repr(given)}"
            )
        for name, size in given.items():
            if type(size) is not int or not 0 <= size <= _MAXIMUM:
                raise ValueError(
                    f"{name} must be a number of requests from 0 to {_MAXIMUM}, "
                    f"not {reprlib.repr(size)}"
                )
        self._sizes |= given
        return dict(self._sizes)

    def clear(self) -> None:
        """Disable all of them."""
        self._sizes = dict.fromkeys(NAMES, 0)

    def enabled(self, name: str) -> bool:
        """Return whether a race condition is enabled."""
        return self._sizes.get(name, 0) > 0

    async def wait(self, name: str) -> None:
        """Wait until as many requests as configured are waiting, or until the timeout."""
        waiting = self._waiting[name]
        released = asyncio.Event()
        waiting.append(released)
        if len(waiting) >= self._sizes[name]:
            for each in waiting:
                each.set()
            waiting.clear()
        try:
            await asyncio.wait_for(released.wait(), _TIMEOUT)
        except asyncio.TimeoutError:
            if released in waiting:
                waiting.remove(released)
