"""After kill -9 of the engine, the dynamic host, or both, at random moments.

`CRASHES` sets how many kills there are an engine, `CRASH_SEED` repeats the moments of one test.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from pulumi_gitlab_kubernetes._host_process import MOST_CALLS
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

from .conftest import AVAILABLE
from .crashes import DYNAMIC_HOST, ENGINE, Course, program
from .engines import Stack
from .gitlab import Lab

KILLS = {"host": 20, "cli": 12}  # The CLI takes three times as long.
_COURSE = 4
"""Kills a test."""
_SCOPES = 3
"""What is killed has a class each, so that tests run side by side."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Share the kills among the three classes."""
    mine = ("TestTheEngine", "TestBoth", "TestTheDynamicHost").index(metafunc.cls.__name__)
    runs = [
        (engine, number)
        for engine in AVAILABLE
        for number in range(int(os.environ.get("CRASHES", KILLS[engine])) // _COURSE)
        if number % _SCOPES == mine
    ]
    metafunc.parametrize(("engine", "number"), runs)


@pytest.fixture(autouse=True)
def _no_faults_stay(simulator: Simulator) -> Iterator[None]:
    yield
    simulator._call("DELETE", "/-/simulator/faults")


class _Killed:
    victims: tuple[str, ...]

    def test_the_next_run_converges(self, stack: Stack, lab: Lab, number: int) -> None:
        """Or it stops at what it cannot know, with one line that says what to do; so to the end."""
        seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(2**32))
        print(f"CRASH_SEED={seed} repeats test {number}")
        stack.environ["PULUMI_PARALLEL"] = str(MOST_CALLS)
        course = Course(stack, lab, self.victims, random.Random(seed))  # noqa: S311 - moments, no secrets
        stack.declare(*program(lab, changed=False))
        course.crash("up")
        stack.declare(*program(lab, changed=True))
        course.crash("up")
        course.crash("refresh")
        course.crash("destroy")
        assert not stack.resources()
        assert course.kills


class TestTheEngine(_Killed):
    """The engine alone is killed."""

    victims = (ENGINE,)


class TestBoth(_Killed):
    """Both are killed."""

    victims = (ENGINE, DYNAMIC_HOST)


class TestTheDynamicHost(_Killed):
    """The dynamic host alone is killed."""

    victims = (DYNAMIC_HOST,)
