"""Stacks that earlier releases have deployed, with this version of the package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.adapters import ADAPTERS, Adapter
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import path_of
from tests.lifecycle.resources import NAMES as RESOURCES
from tests.lifecycle.stored import NAMES, STATE, empty_gitlab, export, settings
from tests.support import files

from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

VERSIONS = sorted(STATE.iterdir())


@pytest.fixture(scope="module")
def empty() -> Iterator[Simulator]:
    """A new GitLab, in which IDs begin at 1 as in the recorded stacks."""
    with Simulator() as running:
        yield running


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def program(request: pytest.FixtureRequest, empty: Simulator) -> list[dict[str, Any]]:
    """The resources of a recorded stack, which exist in GitLab."""
    empty.reset()
    project = empty_gitlab(empty)
    described: list[dict[str, Any]] = json.loads((request.param / "program.json").read_text())
    for each in described:
        kind = each["class"]
        args = {key: _referenced(value) for key, value in each["args"].items()}
        path = f"projects/{project}/{NAMES[kind]}" + ("/user" if kind == "ProjectCluster" else "")
        body = kind_for(kind).schema.payload(args)
        if kind == "ClusterAgentConfiguration":
            del body["agent_name"]
            body = {"branch": "main", "commit_message": "Add", "content": files.dump(body)}
        empty._call("POST", f"/api/v4/{path}", body)
    return described


def _referenced(value: Any) -> Any:
    """Return the output of the agent that a value refers to, or the value itself."""
    match value:
        case {"$ref": "agent.agent_id"}:
            return 1
        case {"$ref": "agent.name"}:
            return "agent"
    return value


@pytest.fixture
def stack(
    engine: str,
    adapter: Adapter,
    request: pytest.FixtureRequest,
    empty: Simulator,
    tmp_path: Path,
) -> Stack:
    """The recorded stack."""
    version: Path = request.node.callspec.params["program"]
    made = ENGINES[engine](tmp_path / "stack", {}, {}, settings(empty), adapter=adapter)
    made.import_(export(version / f"{adapter}.json", empty.url))
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


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_each_release_has_a_stack_of_each_adapter(version: Path) -> None:
    """Before a release, run `python -m tests.lifecycle.stored <version>`."""
    stacks = {"program.json", *(f"{adapter}.json" for adapter in ADAPTERS)}
    assert {path.name for path in version.glob("*.json")} == stacks
