"""The time before which an environment counts as old: a date or an age."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.gitlab.clock import moment

When = datetime | timedelta | str
"""A date, an age, or a text: `2026-01-31`, `30d` or `4w`."""

_AGE = re.compile(r"(\d{1,5})([dw])")
_UNITS = {"d": "days", "w": "weeks"}


def cutoff(given: When, now: datetime) -> datetime:
    """Return the time before which an environment counts as old.

    Args:
        given: A date, in UTC if it has no time zone, or an age.
        now: The current time.

    Raises:
        InvalidInputError: It is neither.
    """
    if isinstance(given, str):
        given = _parse(given)
    if isinstance(given, timedelta):
        return now - given
    return given if given.tzinfo else given.replace(tzinfo=timezone.utc)


def _parse(text: str) -> datetime | timedelta:
    text = text.strip()
    if age := _AGE.fullmatch(text):
        return timedelta(**{_UNITS[age[2]]: int(age[1])})
    if (date := moment(text)) is None:
        reason = "must be an age such as 30d or 4w, or a date such as 2026-01-31"
        raise InvalidInputError("before", reason)
    return date


def iso(time: datetime) -> str:
    """Return a time as GitLab reads and writes it."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
