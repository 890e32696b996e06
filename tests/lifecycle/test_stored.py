"""Stacks that earlier releases have deployed, with this version of the package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import path_of
from tests.lifecycle.resources import NAMES as RESOURCES
from tests.lifecycle.stored import NAMES, STATE, empty_gitlab, settings

from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

VERSIONS = sorted(STATE.glob("*/stack.json"))


@pytest.fixture(scope="module")
def empty() -> Iterator[Simulator]:
    """A new GitLab, in which IDs begin at 1 as in the recorded stacks."""
    with Simulator() as running:
        yield running


@pytest.fixture(params=VERSIONS, ids=lambda path: path.parent.name)
def program(request: pytest.FixtureRequest, empty: Simulator) -> list[dict[str, Any]]:
    """The resources of a recorded stack, which exist in GitLab."""
    empty.reset()
    project = empty_gitlab(empty)
    described: list[dict[str, Any]] = json.loads(
        request.param.with_name("program.json").read_text()
    )
    for each in described:
        kind = each["class"]
        args = {key: 1 if isinstance(value, dict) else value for key, value in each["args"].items()}
        path = f"projects/{project}/{NAMES[kind]}" + ("/user" if kind == "ProjectCluster" else "")
        empty._call("POST", f"/api/v4/{path}", kind_for(kind).schema.payload(args))
    return described


@pytest.fixture
def stack(engine: str, request: pytest.FixtureRequest, empty: Simulator, tmp_path: Path) -> Stack:
    """The recorded stack."""
    path: Path = request.node.callspec.params["program"]
    made = ENGINES[engine](tmp_path / "stack", {}, {}, settings(empty))
    made.import_(json.loads(path.read_text()))
    return made


def test_a_stack_of_each_release_works(
    program: list[dict[str, Any]], stack: Stack, empty: Simulator
) -> None:
    """A refresh shows no difference, an update works, and `destroy` deletes everything."""
    refreshed = stack.refresh()
    assert refreshed.ok, refreshed.text
    assert {step.op for step in refreshed.steps} == {"same"}

    recorded = {name: each["id"] for name, each in stack.resources().items() if name in RESOURCES}
    changed = {"cluster": {"domain": "example.com"}, "environment": {"description": "of today"}}
    for each in program:
        each["args"] |= changed.get(each["name"], {})
    updated = stack.up(*program)
    assert updated.ok, updated.text
    for name in recorded:
        assert updated.ops(name) == ["update" if name in changed else "same"]
    left = {name: stack.resources()[name]["id"] for name in recorded}
    assert left == recorded
    found = empty.api("GET", path_of("ProjectEnvironment", left["environment"]))
    assert found["description"] == "of today"

    destroyed = stack.destroy()
    assert destroyed.ok, destroyed.text
    for name in ("cluster_agents", "clusters", "environments"):
        assert empty.api("GET", f"projects/1/{name}") == []


def test_each_release_has_a_stack() -> None:
    """Before a release, run `python -m tests.lifecycle.stored <version>`."""
    assert {path.parent for path in VERSIONS} == {path for path in STATE.iterdir() if path.is_dir()}
