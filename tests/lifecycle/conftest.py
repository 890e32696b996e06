"""Fixtures of the lifecycle suite: the engine, the adapter, a GitLab, stacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.lifecycle.adapters import DYNAMIC, NATIVE, Adapter
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import Lab

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

AVAILABLE = ["host", "cli"] if shutil.which("pulumi") else ["host"]
"""`test_engines` shows whether the CLI is missing."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each engine that is there, with each adapter.

    The marker `only` names the one adapter for which a test exists.
    """
    if "engine" not in metafunc.fixturenames:
        return
    metafunc.parametrize(
        ("engine", "adapter"),
        combinations(metafunc.definition),
        ids=str,
        indirect=True,
        scope="module",
    )


def combinations(test: pytest.Item | pytest.Collector) -> list[tuple[str, Adapter]]:
    """Return the engines and adapters of a test."""
    only = test.get_closest_marker("only")
    adapters = only.args if only else (DYNAMIC, NATIVE)
    return [(engine, adapter) for engine in AVAILABLE for adapter in adapters]


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine: `host`, the deployment host, or `cli`, the Pulumi CLI if it is on PATH."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """The adapter of the test's resources."""
    found: Adapter = request.param
    return found


def new_stack(engine: str, adapter: Adapter, directory: Path, lab: Lab) -> Stack:
    """Create an empty stack that uses the simulator as the lab's user."""
    return ENGINES[engine](
        directory,
        {adapter.key("baseUrl"): lab.url, "other:baseUrl": lab.url},
        {adapter.key("token"): lab.token, "other:token": lab.token},
        adapter=adapter,
    )


@pytest.fixture
def lab(simulator: Simulator) -> Lab:
    """Projects and a user for one test."""
    return Lab(simulator)


@pytest.fixture
def stack(engine: str, adapter: Adapter, lab: Lab, tmp_path: Path) -> Stack:
    """An empty stack for one test, which uses GitLab as its user."""
    return new_stack(engine, adapter, tmp_path / "stack", lab)
