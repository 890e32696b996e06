"""The time before which something counts as old: a date or an age."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.gitlab.clock import moment

When = datetime | timedelta | str
"""A date, an age, or a text: `2026-01-31`, `30d` or `4w`."""

_AGE = re.compile(r"(\d{1,5})([dw])")
_UNITS = {"d": "days", "w": "weeks"}
_NEWEST, _OLDEST = timedelta(days=7), timedelta(days=3652)
"""What GitLab accepts for stale environments: a week and ten years."""


def cutoff(given: When, now: datetime) -> datetime:
    """Return the time before which something counts as old.

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


def stale_cutoff(given: When, now: datetime) -> datetime:
    """Return the time since which stale environments have not changed.

    Args:
        given: A date or an age, as above.
        now: The current time.

    Raises:
        InvalidInputError: It is neither, or GitLab does not accept it.
    """
    found = cutoff(given, now)
    if not now - _OLDEST <= found <= now - _NEWEST:
        raise InvalidInputError("before", "must be at least a week and at most ten years ago")
    return found


def why_not_stale(text: str) -> str | None:
    """Return what is wrong with the date or the age of stale environments, or `None`."""
    try:
        stale_cutoff(text, datetime.now(timezone.utc))
    except InvalidInputError as error:
        return error.reason
    return None


def iso(time: datetime) -> str:
    """Return a time as GitLab reads and writes it."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parse(text: str) -> datetime | timedelta:
    text = text.strip()
    if age := _AGE.fullmatch(text):
        return timedelta(**{_UNITS[age[2]]: int(age[1])})
    if (date := moment(text)) is None:
        reason = "must be an age such as 30d or 4w, or a date such as 2026-01-31"
        raise InvalidInputError("before", reason)
    return date
