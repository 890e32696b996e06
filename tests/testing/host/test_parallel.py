"""How many operations run at a time."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.support.fork_server import FORK_SERVER

from pulumi_gitlab_kubernetes.testing.host import Result, Stack
from pulumi_gitlab_kubernetes.testing.host.operation import degree_of_parallelism
from pulumi_gitlab_kubernetes.testing.host.process import Child

pytestmark = pytest.mark.slow

_PROGRAM = 'for name in "abc":\n    Thing(name, seconds=1)'


def _most_at_once(project: Any) -> int:
    """Return how many resources were being created at the same time."""
    most = now = 0
    for call, _name in project.calls("create", "made"):
        now += 1 if call == "create" else -1
        most = max(most, now)
    return most


@pytest.mark.parametrize(
    ("parallel", "variable", "most"), [(None, "", 3), (1, "3", 1), (0, "", 1), (2, "", 2)]
)
def test_the_option_limits_the_operations(
    project: Any, parallel: int | None, variable: str, most: int
) -> None:
    """It takes precedence over the variable; the default is higher than both."""
    project.environ["PULUMI_PARALLEL"] = variable
    project.write(_PROGRAM)
    assert project.stack().up(parallel=parallel).ok
    assert _most_at_once(project) == most


def test_the_variable_limits_the_operations_too(project: Any, stack: Stack) -> None:
    """As with the Pulumi CLI."""
    stack.environ["PULUMI_PARALLEL"] = "1"
    project.write(_PROGRAM)
    assert stack.up().ok
    assert _most_at_once(project) == 1


@pytest.mark.parametrize("given", ["", "0", "-1", "many"])
def test_the_default_is_four_times_the_cores(given: str) -> None:
    """Also where the variable holds no number above 0."""
    cores = len(os.sched_getaffinity(0))
    assert degree_of_parallelism(None, {"PULUMI_PARALLEL": given}) == 4 * cores


def test_a_provider_is_one_process(project: Any) -> None:
    """Of dynamic resources as of plugins, also if a run refreshes first."""
    project.add_pond()
    project.write('from fish import *\nThing("a"); Fish("b", ResourceOptions(provider=Pond("p")))')
    started: list[str] = []

    def spawn(command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> Child:
        started.append(" ".join(command))
        return FORK_SERVER.spawn(command, directory, environ)

    stack = Stack(project.directory, environ=project.environ, spawn=spawn)
    runs: list[Callable[[], Result]] = [
        stack.preview,
        stack.up,
        stack.up,
        partial(stack.up, refresh=True),
        stack.refresh,
        stack.destroy,
    ]
    for run in runs:
        started.clear()
        assert run().ok
        assert sum("pulumi.dynamic" in command for command in started) == 1
        assert sum("/pond" in command for command in started) == 1
