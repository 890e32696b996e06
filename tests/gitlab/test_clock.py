"""GitLab's time, from the `Date` headers of its responses."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_gitlab_kubernetes.gitlab.clock import Clock, http_date, moment, seconds_until

DATE = "Sun, 22 Nov 2026 05:00:10 GMT"
TEN_PAST = datetime(2026, 11, 22, 5, 0, 10, tzinfo=timezone.utc)


def test_the_earliest_time() -> None:
    """It is never later than the real time, and at most about a second earlier."""
    clock = Clock()
    clock.note(DATE)
    earliest = clock.at(time.monotonic() - 5)
    assert earliest is not None
    assert TEN_PAST - timedelta(seconds=6) < earliest < TEN_PAST - timedelta(seconds=4)


def test_the_fastest_response_is_used() -> None:
    """A response that took ten seconds has an earlier date. A clock that was set back is used."""
    clock = Clock()
    clock.note(DATE)
    best = clock.at(0)
    clock.note("Sun, 22 Nov 2026 05:00:00 GMT")
    assert clock.at(0) == best
    clock.note("Sun, 22 Nov 2026 04:00:00 GMT")
    earliest = clock.at(time.monotonic())
    assert earliest is not None
    assert earliest < TEN_PAST - timedelta(minutes=59)


def test_the_latest_time() -> None:
    """The header has whole seconds, and was written after the request was sent."""
    clock, now = Clock(), time.monotonic()
    clock.note(DATE, sent=now - 8)
    assert clock.at_latest(now) == TEN_PAST + timedelta(seconds=9)
    clock.note(DATE, sent=now - 2)
    assert clock.at_latest(now - 10) == TEN_PAST - timedelta(seconds=7)
    clock.note(DATE, sent=now - 5)
    assert clock.at_latest(now) == TEN_PAST + timedelta(seconds=3)


@pytest.mark.parametrize("then", ["Sun, 22 Nov 2026 04:00:00 GMT", "Sun, 22 Nov 2026 06:00:00 GMT"])
def test_a_changed_clock_is_followed(then: str) -> None:
    """Set back or forward, for the earliest and the latest time."""
    clock, now = Clock(), time.monotonic()
    clock.note(DATE, sent=now)
    clock.note(then, sent=now)
    date, earliest, latest = http_date(then), clock.at(now), clock.at_latest(now)
    assert date
    assert earliest
    assert latest == date + timedelta(seconds=1)
    assert earliest < latest


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_the_time_is_unknown_without_a_date(date: str | None) -> None:
    """Also if an earlier response had a date, since GitLab's clock may have changed."""
    clock = Clock()
    clock.note(DATE)
    clock.note(date)
    assert clock.at(time.monotonic()) is None
    assert clock.at_latest(time.monotonic()) is None


def test_gitlabs_times_are_parsed() -> None:
    """They are in ISO 8601, with a time zone or in UTC."""
    texts = ("2026-11-22T05:00:10.000Z", "2026-11-22T06:00:10+01:00", "2026-11-22T05:00:10")
    assert {moment(text) for text in texts} == {TEN_PAST}
    assert moment(None) is moment("once") is None
    assert http_date(DATE) == TEN_PAST


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 22 Nov 2026 05:00:22 GMT", 12),
        (str(int(TEN_PAST.timestamp()) + 3), 3),
        ("Sun, 22 Nov 2026 05:00:00 GMT", 0),
        ("soon", None),
    ],
)
def test_a_header_is_compared_with_the_servers_clock(text: str, seconds: float | None) -> None:
    """This machine's clock may be wrong."""
    assert seconds_until(text, {"Date": DATE}) == seconds
