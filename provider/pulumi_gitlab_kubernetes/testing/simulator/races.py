"""Rules that GitLab checks without a lock, so that calls at the same time can pass them together.

Here every request is one transaction and such a rule holds, unless its race is on: then a request
checks, waits until others have checked too, and only then does its work.
"""

from __future__ import annotations

import asyncio
import reprlib
from typing import Any

NAMES = ("agent_tokens",)
_PATIENCE = 2.0


class Races:
    """Which races are on, and who waits at their start."""

    def __init__(self) -> None:
        self._runners = dict.fromkeys(NAMES, 0)
        self._waiting: dict[str, list[asyncio.Event]] = {name: [] for name in NAMES}

    def set(self, given: Any) -> dict[str, int]:
        """Switch races on or off.

        Args:
            given: by name how many requests start together; 0 is off.

        Returns:
            All of them.

        Raises:
            ValueError: there is no such race, or the number is none.
        """
        if not isinstance(given, dict) or not set(given) <= set(NAMES):
            raise ValueError(
                f"races is an object of {', '.join(NAMES)} and numbers, not {reprlib.repr(given)}"
            )
        for name, runners in given.items():
            if type(runners) is not int or not 0 <= runners <= 1000:  # noqa: PLR2004 - plenty
                raise ValueError(
                    f"{name} is how many start together, 0 to 1000, not {reprlib.repr(runners)}"
                )
        self._runners |= given
        return dict(self._runners)

    def stop(self) -> None:
        """Switch all of them off."""
        self._runners = dict.fromkeys(NAMES, 0)

    def is_on(self, name: str) -> bool:
        """Tell whether a race is on."""
        return self._runners.get(name, 0) > 0

    async def start(self, name: str) -> None:
        """Wait until as many as asked for stand at the start, but two seconds at most."""
        waiting = self._waiting[name]
        gun = asyncio.Event()
        waiting.append(gun)
        if len(waiting) >= self._runners[name]:
            for each in waiting:
                each.set()
            waiting.clear()
        try:
            await asyncio.wait_for(gun.wait(), _PATIENCE)
        except asyncio.TimeoutError:
            if gun in waiting:
                waiting.remove(gun)
