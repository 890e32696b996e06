"""Fixtures of the tests of stand-ins: their program on each engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import Lab

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

PROGRAM = Path(__file__).with_name("program")
ANSWERS = Path(__file__).with_name("answers.yaml")
CANARY = "canary-of-an-input"

NewStack = Callable[..., Stack]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The engine."""
    name: str = request.param
    return name


@pytest.fixture
def lab(simulator: Simulator) -> Lab:
    """Projects and a user for one test."""
    return Lab(simulator)


@pytest.fixture
def new_stack(lab: Lab, tmp_path: Path) -> NewStack:
    """Return a function that makes empty stacks of the program on an engine."""

    def make(engine: str, answers: Path = ANSWERS, *, url: str = "", **environ: str) -> Stack:
        return ENGINES[engine](
            tmp_path / engine,
            {"gitlab:baseUrl": url or lab.url, "project": lab.project.path},
            {"gitlab:token": lab.token, "canary": CANARY},
            environ,
            program=PROGRAM,
            stand_ins=[answers],
        )

    return make


@pytest.fixture
def stack(new_stack: NewStack, engine: str) -> Stack:
    """An empty stack of the program."""
    return new_stack(engine)
