"""Fixtures of the lifecycle suite: the engine, a GitLab, stacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import Lab

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

AVAILABLE = ["host", "cli"] if shutil.which("pulumi") else ["host"]
"""`test_engines` shows whether the CLI is missing."""


@pytest.fixture(scope="module", params=AVAILABLE)
def engine(request: pytest.FixtureRequest) -> str:
    """Run the test on the deployment host, and on the Pulumi CLI if it is on PATH."""
    name: str = request.param
    return name


def new_stack(engine: str, directory: Path, lab: Lab) -> Stack:
    """Create an empty stack that uses the simulator as the lab's user."""
    return ENGINES[engine](
        directory,
        {"gitlab:baseUrl": lab.url, "other:baseUrl": lab.url},
        {"gitlab:token": lab.token, "other:token": lab.token},
    )


@pytest.fixture
def lab(simulator: Simulator) -> Lab:
    """Projects and a user for one test."""
    return Lab(simulator)


@pytest.fixture
def stack(engine: str, lab: Lab, tmp_path: Path) -> Stack:
    """An empty stack for one test, which uses GitLab as its user."""
    return new_stack(engine, tmp_path / "stack", lab)
