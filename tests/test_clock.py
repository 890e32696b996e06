"""GitLab's time, from the dates of its answers."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_gitlab_kubernetes._clock import Clock, http_date, moment, seconds_until

DATE = "Sun, 22 Nov 2026 05:00:10 GMT"
TEN_PAST = datetime(2026, 11, 22, 5, 0, 10, tzinfo=timezone.utc)


def test_a_clock_tells_earlier_moments() -> None:
    """Never later than they were, and about a second too early at most."""
    clock = Clock()
    clock.note(DATE)
    told = clock.at(time.monotonic() - 5)
    assert told is not None
    assert TEN_PAST - timedelta(seconds=6) < told < TEN_PAST - timedelta(seconds=4)


def test_the_answer_that_was_quickest_counts() -> None:
    """One that took ten seconds tells an earlier time, unless the clock was set back."""
    clock = Clock()
    clock.note(DATE)
    best = clock.at(0)
    clock.note("Sun, 22 Nov 2026 05:00:00 GMT")
    assert clock.at(0) == best
    clock.note("Sun, 22 Nov 2026 04:00:00 GMT")
    told = clock.at(time.monotonic())
    assert told is not None
    assert told < TEN_PAST - timedelta(minutes=59)


def test_a_clock_tells_what_a_moment_was_at_the_latest() -> None:
    """The header was written a second before the next one at most, after the request was sent."""
    clock, now = Clock(), time.monotonic()
    clock.note(DATE, sent=now - 8)
    assert clock.at_latest(now) == TEN_PAST + timedelta(seconds=9)
    clock.note(DATE, sent=now - 2)
    assert clock.at_latest(now - 10) == TEN_PAST - timedelta(seconds=7)
    clock.note(DATE, sent=now - 5)
    assert clock.at_latest(now) == TEN_PAST + timedelta(seconds=3)


@pytest.mark.parametrize("then", ["Sun, 22 Nov 2026 04:00:00 GMT", "Sun, 22 Nov 2026 06:00:00 GMT"])
def test_a_clock_that_was_set_tells_its_new_time(then: str) -> None:
    """Back or forward, at the earliest and at the latest."""
    clock, now = Clock(), time.monotonic()
    clock.note(DATE, sent=now)
    clock.note(then, sent=now)
    latest = clock.at_latest(now)
    assert latest == http_date(then) + timedelta(seconds=1)
    assert clock.at(now) < latest


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_without_a_date_nothing_is_told(date: str | None) -> None:
    """Not even when an earlier answer had one: GitLab's clock may have been moved since."""
    clock = Clock()
    clock.note(DATE)
    clock.note(date)
    assert clock.at(time.monotonic()) is None
    assert clock.at_latest(time.monotonic()) is None


def test_moments_are_read_as_gitlab_spells_them() -> None:
    """ISO 8601, with a zone or in UTC."""
    spelled = ("2026-11-22T05:00:10.000Z", "2026-11-22T06:00:10+01:00", "2026-11-22T05:00:10")
    assert {moment(text) for text in spelled} == {TEN_PAST}
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
def test_what_is_ahead_is_told_by_the_senders_clock(text: str, seconds: float | None) -> None:
    """This machine's own may be a year ahead."""
    assert seconds_until(text, {"Date": DATE}) == seconds
