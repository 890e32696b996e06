"""`kill -9` of the engine, the provider, or both, at random moments.

`CRASHES` sets the number of kills for each engine and adapter. `CRASH_SEED` repeats the moments of
one test.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from tests.lifecycle.crashes import ENGINE, PROVIDER, CrashScenario, program
from tests.lifecycle.engines import Stack
from tests.lifecycle.gitlab import Lab

from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

KILLS = int(os.environ.get("CRASHES", "12"))
_KILLS_OF_A_TEST = 4
_SCOPES = 3
"""The classes of tests, which run in parallel."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Share the kills among the three classes."""
    mine = ("TestTheEngine", "TestBoth", "TestTheProvider").index(metafunc.cls.__name__)
    metafunc.parametrize("number", range(mine, KILLS // _KILLS_OF_A_TEST, _SCOPES))


@pytest.fixture(autouse=True)
def _no_faults_stay(simulator: Simulator) -> Iterator[None]:
    yield
    simulator._call("DELETE", "/-/simulator/faults")


class _Killed:
    victims: tuple[str, ...]

    def test_the_next_run_converges(self, stack: Stack, lab: Lab, number: int) -> None:
        """Or it fails with one line that says what to do, after which it converges."""
        seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(2**32))
        print(f"CRASH_SEED={seed} repeats test {number}")
        stack.environ["PULUMI_PARALLEL"] = str(MOST_CALLS)
        scenario = CrashScenario(stack, lab, self.victims, random.Random(seed))  # noqa: S311 (moments, no secrets)
        stack.declare(*program(lab, changed=False))
        scenario.crash("up")
        stack.declare(*program(lab, changed=True))
        scenario.crash("up")
        scenario.crash("refresh")
        scenario.crash("destroy")
        assert not stack.resources()
        assert scenario.kills


class TestTheEngine(_Killed):
    """Only the engine is killed."""

    victims = (ENGINE,)


class TestBoth(_Killed):
    """Both are killed."""

    victims = (ENGINE, PROVIDER)


class TestTheProvider(_Killed):
    """Only the provider is killed."""

    victims = (PROVIDER,)
