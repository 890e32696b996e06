"""How many calls are at work at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pulumi_gitlab_kubernetes import _turns
from pulumi_gitlab_kubernetes._turns import LIMITED, Turns

MOST = 10


@contextmanager
def _waiting(turns: Turns) -> Iterator[threading.Event]:
    """Have another call wait for its turn; tells whether it has got it."""
    began, ends = threading.Event(), threading.Event()

    def work() -> None:
        with turns.take(MOST):
            began.set()
            ends.wait()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield began
    finally:
        ends.set()
        thread.join()


def test_one_more_than_the_most_waits() -> None:
    """Until any of the others is done, also when that failed."""
    turns = Turns()
    with ExitStack() as others:
        for _ in range(MOST - 1):
            others.enter_context(turns.take(MOST))
        with pytest.raises(KeyError), turns.take(MOST):
            raise KeyError
        last = ExitStack()
        last.enter_context(turns.take(MOST))
        with _waiting(turns) as began:
            assert not began.wait(0.1)
            last.close()
            assert began.wait(5)


def test_a_rate_limit_leaves_few_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that had begun go on; others begin once all but a few are done, or it is over."""
    monkeypatch.setattr(_turns, "_REMEMBERED", 1.0)
    turns = Turns()
    with ExitStack() as few, ExitStack() as others:
        for number in range(MOST - 1):
            (few if number < LIMITED else others).enter_context(turns.take(MOST))
        turns.slow_down()
        with _waiting(turns) as began:
            assert not began.wait(0.1)
            others.close()
            assert not began.wait(0.1)
            few.pop_all().close()
            assert began.wait(5)
    with ExitStack() as few:
        for _ in range(LIMITED):
            few.enter_context(turns.take(MOST))
        turns.slow_down()
        with _waiting(turns) as began:
            assert not began.wait(0.1)
            assert began.wait(5)  # though none of the others has ended


@pytest.mark.parametrize(("later", "limited"), [(59.0, True), (61.0, False)])
def test_a_rate_limit_counts_as_long_as_gitlabs_window(
    monkeypatch: pytest.MonkeyPatch, later: float, *, limited: bool
) -> None:
    """Which is a minute, unless an administrator changed it."""
    turns, clock = Turns(), time.monotonic
    turns.slow_down()
    monkeypatch.setattr(_turns.time, "monotonic", lambda: clock() + later)
    with ExitStack() as few:
        for _ in range(LIMITED):
            few.enter_context(turns.take(MOST))
        with _waiting(turns) as began:
            assert began.wait(0.1 if limited else 5) is not limited
