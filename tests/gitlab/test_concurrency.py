"""The number of calls that run at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pulumi_gitlab_kubernetes.gitlab import concurrency
from pulumi_gitlab_kubernetes.gitlab.concurrency import LIMITED, ConcurrencyLimit

MOST = 10


@contextmanager
def _waiting(limit: ConcurrencyLimit) -> Iterator[threading.Event]:
    """Run another call that waits for a slot. The event is set when it gets one."""
    began, ends = threading.Event(), threading.Event()

    def work() -> None:
        with limit.slot(MOST):
            began.set()
            ends.wait()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield began
    finally:
        ends.set()
        thread.join()


def test_a_call_above_the_limit_waits() -> None:
    """It starts when any of the others has ended, also with an error."""
    limit = ConcurrencyLimit()
    with ExitStack() as others:
        for _ in range(MOST - 1):
            others.enter_context(limit.slot(MOST))
        with pytest.raises(KeyError), limit.slot(MOST):
            raise KeyError
        last = ExitStack()
        last.enter_context(limit.slot(MOST))
        with _waiting(limit) as began:
            assert not began.wait(0.1)
            last.close()
            assert began.wait(5)


def test_a_rate_limit_reduces_the_number_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running calls continue. New ones wait until few are running, or the rate limit is over."""
    monkeypatch.setattr(concurrency, "_REMEMBERED", 1.0)
    limit = ConcurrencyLimit()
    with ExitStack() as few, ExitStack() as others:
        for number in range(MOST - 1):
            (few if number < LIMITED else others).enter_context(limit.slot(MOST))
        limit.slow_down()
        with _waiting(limit) as began:
            assert not began.wait(0.1)
            others.close()
            assert not began.wait(0.1)
            few.pop_all().close()
            assert began.wait(5)
    with ExitStack() as few:
        for _ in range(LIMITED):
            few.enter_context(limit.slot(MOST))
        limit.slow_down()
        with _waiting(limit) as began:
            assert not began.wait(0.1)
            assert began.wait(5)  # The others are still running.


@pytest.mark.parametrize(("later", "limited"), [(59.0, True), (61.0, False)])
def test_a_rate_limit_lasts_as_long_as_gitlabs_window(
    monkeypatch: pytest.MonkeyPatch, later: float, *, limited: bool
) -> None:
    """The default window is a minute."""
    limit, clock = ConcurrencyLimit(), time.monotonic
    limit.slow_down()
    monkeypatch.setattr(time, "monotonic", lambda: clock() + later)
    with ExitStack() as few:
        for _ in range(LIMITED):
            few.enter_context(limit.slot(MOST))
        with _waiting(limit) as began:
            assert began.wait(0.1 if limited else 5) is not limited
