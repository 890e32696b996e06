"""Fixtures for pytest: a GitLab simulator and stacks that use it.

pytest loads this module in every environment with this package, so it imports nothing until a
fixture is used. See "Test your own stack" in the documentation.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.testing import Simulator, Stack
    from pulumi_gitlab_kubernetes.testing.host.fork_server import ForkServer


@pytest.fixture(scope="session")
def _gitlab_simulator_process() -> Iterator[Simulator]:
    """Start one simulator for the session, or for a worker of pytest-xdist."""
    from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator, SimulatorError  # noqa: PLC0415 (see the module's docstring)

    simulator = Simulator()
    complaint = ""
    try:
        simulator.start()
    except SimulatorError as error:
        complaint = str(error)
    if complaint:  # In `except`, pytest would report it twice.
        pytest.fail(complaint, pytrace=False)
    yield simulator
    simulator.stop()


@pytest.fixture
def gitlab_simulator(_gitlab_simulator_process: Simulator) -> Simulator:
    """Provide a GitLab simulator for this test alone.

    It has the project `gitlab_simulator.project` and a Maintainer of it, whose token is
    `gitlab_simulator.token`; clusters, a license and receptive agents are enabled. It holds nothing
    from earlier tests.
    """
    simulator = _gitlab_simulator_process
    if simulator.process.poll() is not None:  # A test stopped it.
        simulator.stop()
        simulator.start()
    simulator.start_afresh()
    return simulator


@pytest.fixture
def gitlab_environment(
    gitlab_simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """Set environment variables that connect Pulumi programs to `gitlab_simulator`, as Maintainer.

    They are set during the test, for programs that `gitlab_stack` does not run.
    """
    from pulumi_gitlab_kubernetes.testing import environ  # noqa: PLC0415 (see the module's docstring)

    for name in environ.foreign():
        monkeypatch.delenv(name)
    variables = environ.connection(gitlab_simulator.url, gitlab_simulator.token)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture(scope="session")
def _gitlab_fork_server() -> Iterator[ForkServer]:
    """Start a fork server that has imported Pulumi, so that programs start quickly."""
    from pulumi_gitlab_kubernetes.testing.host.fork_server import ForkServer  # noqa: PLC0415 (see the module's docstring)

    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture
def gitlab_stack(
    gitlab_simulator: Simulator,
    _gitlab_fork_server: ForkServer,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Stack]:
    """Return a function that creates empty stacks of Pulumi projects on `gitlab_simulator`.

    Called with the directory of a `Pulumi.yaml`, relative to pytest's root directory wherever
    pytest was started, and perhaps `config` and `secrets`, the stack's configuration, `name`, the
    stack's name, and `stand_ins`, files with the answers of stand-ins for the plugins of other
    packages, also relative to that directory. The program runs with the interpreter of the tests.
    All state and settings are kept outside the project.
    """
    from pulumi_gitlab_kubernetes.testing.host.errors import HostError  # noqa: PLC0415 (see the module's docstring)
    from pulumi_gitlab_kubernetes.testing.stacks import make_stack  # noqa: PLC0415 (see the module's docstring)

    def make(
        directory: str | Path = ".",
        *,
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        name: str = "test",
        stand_ins: str | Path | Sequence[str | Path] = (),
    ) -> Stack:
        try:
            return make_stack(
                pytestconfig.rootpath / directory,
                tmp_path_factory.mktemp("stack"),
                gitlab_simulator,
                name=name,
                config=config or {},
                secrets=secrets or {},
                stand_ins=_paths(pytestconfig, stand_ins),
                spawn=_gitlab_fork_server.spawn,
            )
        except HostError as error:
            complaint = str(error)
        pytest.fail(complaint, pytrace=False)  # In `except`, pytest would report it twice.

    return make


@pytest.fixture
def gitlab_stand_ins(
    gitlab_environment: Mapping[str, str],
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Path]:
    """Return a function that puts stand-ins for the plugins of other packages on PATH.

    They are there during the test, for a `pulumi` that the test runs itself. Called with files, as
    `stand_ins` of `gitlab_stack`; returns the folder of the stand-ins.
    """
    from pulumi_gitlab_kubernetes.testing.host.errors import HostError  # noqa: PLC0415 (see the module's docstring)
    from pulumi_gitlab_kubernetes.testing.stand_ins import folder as folders  # noqa: PLC0415 (see the module's docstring)

    del gitlab_environment  # They need the simulator.

    def put(stand_ins: str | Path | Sequence[str | Path]) -> Path:
        folder = tmp_path_factory.mktemp("stand-ins")
        python = Path(sys.executable)
        try:
            files = _paths(pytestconfig, stand_ins)
            folders.write(folder, files, python=python, environ=os.environ)
        except HostError as error:
            complaint = str(error)
        else:
            monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
            return folder
        pytest.fail(complaint, pytrace=False)  # In `except`, pytest would report it twice.

    return put


def _paths(config: pytest.Config, files: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return paths that are relative to pytest's root directory."""
    given = [files] if isinstance(files, str | Path) else files
    return [config.rootpath / each for each in given]
