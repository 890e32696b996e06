"""The tests of both adapters: what is expected of one is expected of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pytest
from tests.support.dynamic_host import DynamicHost
from tests.support.native_host import Host, NativeHost


@pytest.fixture(scope="session")
def native(
    connections: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NativeHost]:
    """The native plugin with these connections."""
    with NativeHost(connections, tmp_path_factory.mktemp("program")) as running:
        yield running


@pytest.fixture(scope="session", params=["dynamic", "native"])
def host(request: pytest.FixtureRequest) -> Host:
    """A host of each adapter."""
    found: Host = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def dynamic(connections: dict[str, str]) -> Iterator[DynamicHost]:
    """The dynamic host with these connections."""
    with DynamicHost(connections) as running:
        yield running


class Start(Protocol):
    """Starts a host with other settings."""

    def __call__(
        self, config: Mapping[str, str], arguments: Sequence[str] = ("{}",)
    ) -> AbstractContextManager[Host]:
        """Start it. `arguments` are the engine's, with `{}` for its address."""
        ...


@pytest.fixture
def start(host: Host, tmp_path: Path) -> Start:
    """Starts another host of the same adapter."""

    def run(
        config: Mapping[str, str], arguments: Sequence[str] = ("{}",)
    ) -> AbstractContextManager[Host]:
        if isinstance(host, NativeHost):
            return NativeHost(config, tmp_path, arguments)
        return DynamicHost(config, arguments=arguments)

    return run
