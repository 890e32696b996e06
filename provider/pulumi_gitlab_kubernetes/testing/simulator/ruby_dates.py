"""Dates and times in parameters, parsed as Ruby's `DateTime.parse` and `Date.parse` do.

Ruby searches a text for parts that it knows and ignores the rest: first the time, then the first
of the forms below that matches. The day precedes the month (`10/12/2021` is in December) unless
the year is first or the month is a name. Missing larger parts come from this machine's date;
missing smaller parts are the first.

Not supported, unlike in Ruby: weeks (`2021-W07`), Japanese eras and years of five digits.

Follows https://docs.ruby-lang.org/en/3.3/DateTime.html#method-c-parse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone

_MAX_LENGTH = 128  # as in Ruby
_CENTURY = 69  # years of two digits from here on are in the 1900s

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_ZONES |= {"wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3}

_MONTH = f"({'|'.join(_MONTHS)})"
_DAY_NAME = re.compile(rf"\b({'|'.join(_DAYS)})[^-/\d\s]*", re.IGNORECASE)
_TIME = re.compile(
    r"""
    (\d+)\s*
    (?: (?: : \s*(\d+) (?: \s*:\s*(\d+)(?:[,.](\d*))? )?
          | h (?: \s*(\d+)m? (?: \s*(\d+)s? )? )? )
        (?: \s*([ap])(?:m\b|\.m\.) )?
      | ([ap])(?:m\b|\.m\.) )
    (?: \s* ( (?:gmt|utc?)?[-+]\d+(?:[,.:]\d+(?::\d+)?)? | [a-z]+(?:\sdst)?\b ) )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OFFSET = re.compile(r"(?:gmt|utc?)?([-+])(\d{1,2}):?(\d{2})?(?::?(\d{2}))?", re.IGNORECASE)
# Each form has named parts: year, month by name or number, day. `_sorted` orders three numbers.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<d>'?\d+)[^-\d\s]*\s*(?P<name>{_MONTH})[^-\d\s']*(?:\s*(?P<y>'?-?\d+))?",
        rf"\b(?P<name>{_MONTH})[^-\d\s']*\s*(?P<d>'?\d+)[^-\d\s']*(?:\s*,?\s*(?P<y>'?-?\d+))?",
        r"(?P<y>'?[-+]?\d+)-(?P<m>\d+)-(?P<d>'?-?\d+)",
        rf"(?P<d>'?-?\d+)-(?P<name>{_MONTH})[^-/.]*-(?P<y>'?-?\d+)",
        r"(?P<y>'?-?\d+)/\s*(?P<m>'?\d+)(?:\D\s*(?P<d>'?-?\d+))?",
        r"(?P<y>'?-?\d+)\.\s*(?P<m>'?\d+)\.\s*(?P<d>'?-?\d+)",
        r"\b(?P<y>\d{4})-(?P<yday>\d{3})\b",
        rf"\b(?P<name>{_MONTH})\S*",
        r"(?<!\d)(?P<d>\d+)(?:st|nd|rd|th)\b",
    )
)
_DIGITS = re.compile(
    r"(?<!\d)(\d{2,14})(?:\s*t?\s*(\d{2,6}))?(z\b|[-+]\d{1,4}\b)?(?!\d)", re.IGNORECASE
)


@dataclass(frozen=True)
class _Found:
    """A parsed text: a day, None for today, and a time that is not validated yet."""

    day: date | None
    time: tuple[int, int, int, int] = (0, 0, 0, 0)
    zone: str | None = None


def parse_date(text: str) -> date:
    """Return the date in a text; its time is not validated.

    Raises:
        ValueError: The text has no date.
    """
    if (day := _parse(text).day) is None:
        raise ValueError("the text has no date")
    return day


def parse_datetime(text: str) -> datetime:
    """Return the time in a text, in UTC; without a zone it is UTC.

    Raises:
        ValueError: The text has no date or time.
    """
    found = _parse(text)
    hour, minute, second, microsecond = found.time
    whole_day = found.time[:3] == (24, 0, 0)
    at = time() if whole_day else time(hour, minute, min(second, 59), microsecond)
    if second > 60:  # noqa: PLR2004 (60 is a leap second)
        raise ValueError("the second is out of range")
    try:
        parsed = datetime.combine(found.day or _today(), at, timezone.utc) - _offset(found.zone)
        return parsed + timedelta(days=whole_day)
    except OverflowError:
        raise ValueError("the time is out of range") from None


def _parse(text: str) -> _Found:
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"the text is longer than {_MAX_LENGTH} characters")
    rest = re.sub(r"[^-+',./:@\w\[\]]+", " ", text, flags=re.ASCII)
    day_name = _DAY_NAME.search(rest)
    if day_name:
        rest = f"{rest[: day_name.start()]} {rest[day_name.end() :]}"
    clock = _TIME.search(rest)
    if clock:
        rest = f"{rest[: clock.start()]} {rest[clock.end() :]}"
    found = _find_day(rest) or _without_day(day_name, clock)
    return replace(found, time=_time(clock), zone=clock[9]) if clock else found


def _today() -> date:
    return datetime.now(timezone.utc).date()


def _find_day(text: str) -> _Found | None:
    for form in _FORMS:
        if found := form.search(text):
            return _Found(_day(found.groupdict()))
    digits = _DIGITS.search(text)
    return digits and _of_digits(digits)


def _without_day(day_name: re.Match[str] | None, clock: re.Match[str] | None) -> _Found:
    """Return the day of a text without a date: that weekday of this week, or today."""
    if day_name:
        today = _today()
        ahead = _DAYS.index(day_name[1].lower()) - today.isoweekday() % 7
        return _Found(today + timedelta(days=ahead))
    if clock:
        return _Found(None)
    raise ValueError("the text has no date")


def _day(parts: dict[str, str | None]) -> date:
    """Return the day of a form's parts."""
    year, month, day = parts.get("y"), parts.get("m"), parts.get("d")
    today = _today()
    if yday := parts.get("yday"):
        found = date(int(year or 0), 1, 1) + timedelta(days=int(yday) - 1)
        if not int(yday) or found.year != int(year or 0):
            raise ValueError("the day of the year is out of range")
        return found
    if name := parts.get("name"):
        if day and (day.startswith("'") or len(day) > 2):  # noqa: PLR2004 (a year)
            year, day = day, year
        month = str(_MONTHS.index(name.lower()) + 1)
    else:
        year, month, day = _sorted(year, month, day)
    number = _year(year) if year else today.year
    return date(number, int(month) if month else today.month, int(day) if day else 1)


def _sorted(
    year: str | None, month: str | None, day: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return three numbers in order; a number of more than two digits is the year."""

    def is_year(part: str | None) -> bool:
        return part is not None and (part.startswith("'") or len(part) > 2)  # noqa: PLR2004 (a year)

    if year and month and not day and not is_year(year):
        year, month, day = None, year, month
        if is_year(day):
            year, day = day, None
    if is_year(month):
        year, month, day = month, day, year
    if is_year(day):
        year, day = day, year
    return year, month, day


def _year(text: str) -> int:
    digits = text.lstrip("'")
    number = int(digits)
    if len(digits) > 2 or not digits.isdigit():  # noqa: PLR2004 (years with century)
        return number
    return number + (1900 if number >= _CENTURY else 2000)


def _time(found: re.Match[str]) -> tuple[int, int, int, int]:
    hour, minute, second = (int(found[part] or 0) for part in (1, 2, 3))
    minute, second = minute or int(found[5] or 0), second or int(found[6] or 0)
    if half := found[7] or found[8]:
        hour = hour % 12 + (12 if half in "pP" else 0)
    return hour, minute, second, int(f"{found[4] or ''}000000"[:6])


def _offset(zone: str | None) -> timedelta:
    """Return a zone's offset from UTC; zero for unknown names, as in Ruby."""
    if zone and (found := _OFFSET.fullmatch(zone)):
        hours, minutes, seconds = (int(found[part] or 0) for part in (2, 3, 4))
        offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return -offset if found[1] == "-" else offset
    return timedelta(hours=_ZONES.get((zone or "").lower(), 0))


def _of_digits(found: re.Match[str]) -> _Found | None:
    """Return the date and time of digits without separators, by their number."""
    digits, clock = found[1], found[2] or ""
    today = _today()
    size = len(digits)
    if size in {10, 12, 14} and not clock:
        digits, clock, size = digits[:8], digits[8:], 8
    if size == 2:  # noqa: PLR2004 (DD)
        day = today.replace(day=int(digits))
    elif size == 4:  # noqa: PLR2004 (MMDD)
        day = date(today.year, int(digits[:2]), int(digits[2:]))
    elif size == 6:  # noqa: PLR2004 (YYMMDD)
        day = date(_year(digits[:2]), int(digits[2:4]), int(digits[4:]))
    elif size == 8:  # noqa: PLR2004 (YYYYMMDD)
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    elif size in {3, 5, 7}:
        year = {3: str(today.year), 5: digits[:2], 7: digits[:4]}[size]
        day = _day({"y": str(_year(year)), "yday": digits[-3:]})
    else:
        return None
    parts = [int(clock[start : start + 2]) for start in range(0, len(clock), 2)]
    hour, minute, second = (*parts, 0, 0, 0)[:3]
    return _Found(day, (hour, minute, second, 0), found[3])
