"""Fixtures of the tests of examples: each example's stack on both engines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import Lab
from tools.install_examples import ENVIRONMENTS, ROOT, requirements_of

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

EXAMPLES = ROOT / "examples"


@pytest.fixture
def lab(simulator: Simulator) -> Lab:
    """Projects and a user for one test."""
    return Lab(simulator)


class Examples(NamedTuple):
    """Makes the stacks of examples.

    Args:
        lab: The GitLab.
        directory: A directory for the stacks.
    """

    lab: Lab
    directory: Path

    def stack(
        self,
        name: str,
        engine: str,
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Stack:
        """Return an empty stack of an example, with its stand-ins, that uses the lab's user."""
        example = EXAMPLES / name
        return ENGINES[engine](
            self.directory / f"{name}-{engine}",
            {"gitlab-kubernetes:baseUrl": self.lab.url, **(config or {})},
            {"gitlab-kubernetes:token": self.lab.token, **(secrets or {})},
            program=example,
            environment=environment(name),
            stand_ins=sorted(example.glob("stand[-_]ins.*")),
        )


def environment(example: str) -> Path:
    """Return the virtual environment of an example; skip the test if it is not installed."""
    if not requirements_of(EXAMPLES / example / "requirements.txt"):
        return Path(sys.prefix)
    found = ENVIRONMENTS / example
    if not (found / "requirements.txt").exists():
        pytest.skip(f"the packages of examples/{example} are not installed: `make examples-all`")
    return found


@pytest.fixture
def examples(lab: Lab, tmp_path: Path) -> Examples:
    """What makes the stacks of examples."""
    return Examples(lab, tmp_path)
