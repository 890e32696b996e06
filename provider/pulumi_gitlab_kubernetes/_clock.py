"""GitLab's time, which this machine's clock says nothing about."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_RESOLUTION = timedelta(seconds=1)
"""That of the header `Date`."""
_SET_BACK = timedelta(minutes=5)
"""Further back than any answer takes: GitLab's clock was set, or another machine answers."""


def moment(text: object) -> datetime | None:
    """Return the moment that GitLab spells in ISO 8601, `None` for anything else."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def http_date(text: str | None) -> datetime | None:
    """Return the moment that a header of HTTP spells, `None` for anything else."""
    try:
        found = parsedate_to_datetime(text or "")
    except (OverflowError, TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def seconds_until(text: str, headers: Mapping[str, str]) -> float | None:
    """Return how far off the moment in a header is by the clock of who sent it.

    Args:
        text: Seconds since 1970, or a date as HTTP spells it.
        headers: The answer's headers; without a `Date` this machine's clock has to do.

    Returns:
        Seconds, not below 0; `None` for what is no moment.
    """
    then = float(text) if text.isdecimal() else None
    if then is None and (date := http_date(text)):
        then = date.timestamp()
    sent = http_date(headers.get("Date"))
    now = sent.timestamp() if sent else time.time()
    return None if then is None else max(0.0, then - now)


class Clock:
    """Tells GitLab's time at a moment of `time.monotonic()`, from its answers' `Date`.

    That header counts whole seconds, and it was written after the request was sent and before the
    answer arrived. So each answer tells what time it was at the earliest and at the latest, and the
    narrowest of all is the best.
    """

    def __init__(self) -> None:
        self._start: datetime | None = None
        self._end: datetime | None = None

    def note(self, date: str | None, sent: float | None = None) -> None:
        """Take the `Date` of an answer that has just arrived.

        Args:
            date: The header.
            sent: When its request was sent, by `time.monotonic()`; now when left out.
        """
        if (found := http_date(date)) is None:
            self._start = self._end = None
            return
        now = time.monotonic()
        start = found - timedelta(seconds=now)
        end = found + _RESOLUTION - timedelta(seconds=now if sent is None else sent)
        set_back = self._start is not None and self._start - start > _SET_BACK
        if self._start is None or start > self._start or set_back:
            self._start = start
        # Where it is before the start, GitLab's clock was set forward, or another machine answers.
        if self._end is None or end < self._end or self._end < self._start or set_back:
            self._end = end

    def at(self, when: float) -> datetime | None:
        """Return GitLab's time at the earliest, or `None` where its last answer had no `Date`."""
        return None if self._start is None else self._start + timedelta(seconds=when)

    def at_latest(self, when: float) -> datetime | None:
        """Return GitLab's time at the latest, or `None` where its last answer had no `Date`."""
        if self._start is None or self._end is None:
            return None
        return max(self._start, self._end) + timedelta(seconds=when)
