"""Fixtures of the lifecycle suite: the engine, the adapter, a GitLab, stacks."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.lifecycle.adapters import DYNAMIC, NATIVE, Adapter
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import Lab

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

AVAILABLE = ["host", "cli"] if shutil.which("pulumi") else ["host"]
"""`test_engines` shows whether the CLI is missing."""
DYNAMIC_ON_HOST = {
    "test_adoption",
    "test_bad_input",
    "test_contributing",
    "test_lost_responses",
    "test_not_gitlab",
    "test_projects",
}
"""Modules about what the core does, whichever adapter calls it. They run with dynamic resources
alone on the deployment host, to save time, and with both adapters on the CLI."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each engine that is there, with each adapter.

    The marker `only` names the one adapter for which a test exists, and why. `DYNAMIC_ON_HOST` has
    the modules of which the deployment host runs one half.
    """
    names = [name for name in ("engine", "adapter") if name in metafunc.fixturenames]
    if not names:
        return
    if names == ["engine"]:
        metafunc.parametrize("engine", AVAILABLE, indirect=True, scope="module")
        return
    only = metafunc.definition.get_closest_marker("only")
    dynamic_on_host = metafunc.module.__name__.rpartition(".")[2] in DYNAMIC_ON_HOST

    def adapters(engine: str) -> Sequence[Adapter]:
        if only:
            return only.args
        return (DYNAMIC,) if engine == "host" and dynamic_on_host else (DYNAMIC, NATIVE)

    metafunc.parametrize(
        ("engine", "adapter"),
        [(engine, adapter) for engine in AVAILABLE for adapter in adapters(engine)],
        ids=str,
        indirect=True,
        scope="module",
    )


@pytest.hookimpl(tryfirst=True)  # Before `full` is looked at.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run each test on the deployment host with one adapter, if not all tests run.

    Its name decides with which, so each module has tests with both.
    """
    for item in items:
        if _of_the_other_adapter(item):
            item.add_marker("full")


def _of_the_other_adapter(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    if not {"engine", "adapter"} <= {*item.fixturenames}:
        return False
    if item.module.__name__.rpartition(".")[2] in DYNAMIC_ON_HOST:
        return False
    only = item.get_closest_marker("only")
    adapters = only.args if only else (DYNAMIC, NATIVE)
    adapter = item.callspec.params["adapter"]
    # Tests that share the record of a class share the adapter too.
    name = item.nodeid.rpartition("::")[0] if "scenario" in item.fixturenames else item.name
    number = zlib.crc32(name.replace(str(adapter), "").encode())
    return adapter is not adapters[number % len(adapters)]


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


class Configured(NamedTuple):
    """Makes stacks with the settings of a test.

    Args:
        engine: The engine.
        adapter: The adapter.
        directory: A directory for the stacks.
    """

    engine: str
    adapter: Adapter
    directory: Path

    def __call__(
        self,
        config: Mapping[str, str],
        secrets: Mapping[str, str],
        environ: Mapping[str, str] | None = None,
    ) -> Stack:
        """Return an empty stack. Keys without a namespace are of the default connection."""
        return ENGINES[self.engine](
            self.directory / "stack",
            self._keys(config),
            self._keys(secrets),
            environ,
            adapter=self.adapter,
        )

    def _keys(self, config: Mapping[str, str]) -> dict[str, str]:
        return {
            key if ":" in key else self.adapter.key(key): value for key, value in config.items()
        }


@pytest.fixture
def configured(engine: str, adapter: Adapter, tmp_path: Path) -> Configured:
    """What makes stacks with the settings of the test."""
    return Configured(engine, adapter, tmp_path)


@pytest.fixture
def stack(engine: str, adapter: Adapter, lab: Lab, tmp_path: Path) -> Stack:
    """An empty stack for one test, which uses GitLab as its user."""
    return new_stack(engine, adapter, tmp_path / "stack", lab)
