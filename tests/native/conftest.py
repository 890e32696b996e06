"""The native plugin as the default provider of a stack, and its resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.kinds import inputs_of
from tests.support.native_plugin import NativePlugin, wire
from tests.support.plugin_process import Values

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


@pytest.fixture(scope="session")
def plugin(
    simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NativePlugin]:
    """A plugin with the administrator's token, without a project in its folder."""
    config = {"baseUrl": simulator.url, "token": simulator.root_token}
    with NativePlugin(config, folder=tmp_path_factory.mktemp("plugin")) as running:
        yield running


@dataclass
class Made:
    """A resource in GitLab and in the state."""

    kind: str
    id: str
    outputs: Values
    inputs: Values


@dataclass
class Maker:
    """Creates resources in a project."""

    plugin: NativePlugin
    project: Project
    pair: Pair

    def inputs(self, kind: str, **more: Any) -> Values:
        """Return a program's inputs for a new resource, by their names on the wire."""
        return wire({**inputs_of(kind, self.project, self.pair), **more})

    def __call__(self, kind: str, **more: Any) -> Made:
        """Check a program's inputs as the engine does, and create the resource."""
        return self.create(kind, self.inputs(kind, **more))

    def create(self, kind: str, given: Values) -> Made:
        """Create a resource from a program's inputs."""
        inputs, failures = self.plugin.check(kind, given)
        assert failures == {}
        id_, outputs = self.plugin.create(kind, inputs)
        return Made(kind, id_, outputs, inputs)


@pytest.fixture
def make(plugin: NativePlugin, project: Project, pair: Pair) -> Maker:
    """Creates resources in the project of the test."""
    return Maker(plugin, project, pair)
