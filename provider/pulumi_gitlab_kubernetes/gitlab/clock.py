"""GitLab's time, which may differ from this machine's clock."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_RESOLUTION = timedelta(seconds=1)
"""The resolution of the `Date` header."""
_SET_BACK = timedelta(minutes=5)
"""More than any response takes: GitLab's clock was set back, or another machine responds."""


def moment(text: object) -> datetime | None:
    """Parse a time in ISO 8601, which GitLab uses. Return `None` for anything else."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def http_date(text: str | None) -> datetime | None:
    """Parse a time in the format of HTTP headers. Return `None` for anything else."""
    try:
        found = parsedate_to_datetime(text or "")
    except (OverflowError, TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def seconds_until(text: str, headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the time in a header, by the server's clock.

    Args:
        text: Seconds since 1970, or a date in the format of HTTP headers.
        headers: The response's headers. Without a `Date`, this machine's clock is used.

    Returns:
        The seconds, at least 0, or `None` if the text is not a time.
    """
    then = float(text) if text.isdecimal() else None
    if then is None and (date := http_date(text)):
        then = date.timestamp()
    sent = http_date(headers.get("Date"))
    now = sent.timestamp() if sent else time.time()
    return None if then is None else max(0.0, then - now)


class Clock:
    """Convert `time.monotonic()` to GitLab's time, using the `Date` header of its responses.

    That header has whole seconds, and it was written after the request was sent and before the
    response arrived. So each response gives an earliest and a latest time. The clock keeps the
    narrowest range.
    """

    def __init__(self) -> None:
        self._start: datetime | None = None
        self._end: datetime | None = None

    def note(self, date: str | None, sent: float | None = None) -> None:
        """Update the clock with the `Date` of a response that has just arrived.

        Args:
            date: The header.
            sent: When the request was sent, by `time.monotonic()`. The default is now.
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
        # An end before the start: GitLab's clock was set forward, or another machine responds.
        if self._end is None or end < self._end or self._end < self._start or set_back:
            self._end = end

    def at(self, when: float) -> datetime | None:
        """Return GitLab's earliest time, or `None` if its last response had no `Date`."""
        return None if self._start is None else self._start + timedelta(seconds=when)

    def at_latest(self, when: float) -> datetime | None:
        """Return GitLab's latest time, or `None` if its last response had no `Date`."""
        if self._start is None or self._end is None:
            return None
        return max(self._start, self._end) + timedelta(seconds=when)
