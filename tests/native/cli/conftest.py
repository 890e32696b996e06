"""Fixtures of the tests of native programs on the Pulumi CLI."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.lifecycle.gitlab import Lab
from tests.native.cli.languages import COMMANDS
from tests.native.cli.stacks import NativeStack, settings

from pulumi_gitlab_kubernetes.native import plugin_folder
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the plugin, which runs with this interpreter."""
    folder = tmp_path_factory.mktemp("plugin")
    plugin_folder.write(folder)
    return folder


@pytest.fixture
def lab(simulator: Simulator) -> Lab:
    """Projects and a user for one test."""
    return Lab(simulator)


@pytest.fixture
def stack(lab: Lab, plugin: Path, tmp_path: Path) -> NativeStack:
    """An empty stack for one test, which uses GitLab as its user."""
    return NativeStack(tmp_path / "stack", plugin, *settings(lab))


@pytest.fixture(params=COMMANDS)
def language(request: pytest.FixtureRequest) -> str:
    """A language whose host and tools are on PATH."""
    name: str = request.param
    tools = (f"pulumi-language-{name}", *(command[0] for command in COMMANDS[name] if command))
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip(f"no `{tool}` on PATH")
    return name
