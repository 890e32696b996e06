"""How many operations run at a time."""

import os
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.host.operation import degree_of_parallelism

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
