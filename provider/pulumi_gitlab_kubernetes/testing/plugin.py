"""Fixtures for pytest: a GitLab simulator, and stacks that are deployed to it.

pytest loads this module wherever the package is installed, so it imports nothing until a fixture is
used. See "Testing your stacks" in the README.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from . import Simulator, Stack
    from .host.fork_server import ForkServer


@pytest.fixture(scope="session")
def _gitlab_simulator_process() -> Iterator[Simulator]:
    """One process for all tests of a session, or of a worker of pytest-xdist."""
    from .simulator.server import Simulator, SimulatorError  # noqa: PLC0415 - as the module says

    simulator = Simulator()
    complaint = ""
    try:
        simulator.start()
    except SimulatorError as error:
        complaint = str(error)
    if complaint:  # Not above, where pytest would tell it twice.
        pytest.fail(complaint, pytrace=False)
    yield simulator
    simulator.stop()


@pytest.fixture
def gitlab_simulator(_gitlab_simulator_process: Simulator) -> Simulator:
    """A GitLab of this test's own.

    It has the project `gitlab_simulator.project` and a Maintainer of it, whose token is
    `gitlab_simulator.token`; clusters, a licence and receptive agents are switched on. What tests
    before this one did is gone.
    """
    simulator = _gitlab_simulator_process
    if simulator.process.poll() is not None:  # A test ended it.
        simulator.stop()
        simulator.start()
    simulator.start_afresh()
    return simulator


@pytest.fixture
def gitlab_environment(
    gitlab_simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """Environment variables that lead any Pulumi program to `gitlab_simulator`, as its Maintainer.

    They are set for the length of the test, for programs that are not run by `gitlab_stack`.
    """
    from . import environ  # noqa: PLC0415 - as the module says

    for name in environ.foreign():
        monkeypatch.delenv(name)
    variables = environ.connection(gitlab_simulator.url, gitlab_simulator.token)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture(scope="session")
def _gitlab_fork_server() -> Iterator[ForkServer]:
    """Programs start quickly: they are forked from a process that has imported Pulumi."""
    from .host.fork_server import ForkServer  # noqa: PLC0415 - as the module says

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
    """Makes empty stacks of Pulumi projects, which `gitlab_simulator` serves.

    Called with the directory of a `Pulumi.yaml`, relative to pytest's root directory wherever
    pytest was started, and perhaps `config` and `secrets`, the stack's configuration, and `name`,
    the stack's name. The program runs with the interpreter of the tests. All state and settings are
    kept outside the project.
    """
    from .host.errors import HostError  # noqa: PLC0415 - as the module says
    from .stacks import make_stack  # noqa: PLC0415 - as the module says

    def make(
        directory: str | Path = ".",
        *,
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        name: str = "test",
    ) -> Stack:
        try:
            return make_stack(
                pytestconfig.rootpath / directory,
                tmp_path_factory.mktemp("stack"),
                gitlab_simulator,
                name=name,
                config=config or {},
                secrets=secrets or {},
                spawn=_gitlab_fork_server.spawn,
            )
        except HostError as error:
            complaint = str(error)
        pytest.fail(complaint, pytrace=False)  # Not above, where pytest would tell it twice.

    return make
