"""A state that a newer version of the package wrote, under today's."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from pulumi_gitlab_kubernetes._provider import SCHEMA_VERSION
from pulumi_gitlab_kubernetes.registry import NEWER

from .engines import Outcome, Stack
from .gitlab import Lab
from .resources import NAMES, agent, all_kinds

_KIND, _NEWER_KIND = "ClusterAgent", "ClusterQuery"  # of one length, as a pickle counts


def _alter(stack: Stack, change: Callable[[dict[str, Any]], None]) -> None:
    """Let each of our resources be as a newer version would have written it."""
    deployment = stack.deployment()
    for each in deployment["resources"]:
        if each["type"].startswith("pulumi-python:dynamic/gitlab:"):
            change(each)
    stack.import_({"version": 3, "deployment": deployment})


def _assert_refused(stack: Stack, lab: Lab, reason: str, *runs: Callable[[], Outcome]) -> None:
    """See each run end with that line alone, and everything left as it is."""
    before, there = stack.resources(), lab.things()
    lab.calls()
    for run in runs:
        outcome = run()
        assert not outcome.ok
        assert {*outcome.errors()} == {reason}, outcome.text
        assert stack.resources().keys() == before.keys()
    assert lab.calls() == []
    assert lab.things() == there


def test_a_newer_meaning_of_the_state_is_left_alone(stack: Stack, lab: Lab) -> None:
    """Whatever is asked of it, and of every kind."""
    declared = all_kinds(lab.project.path)
    assert stack.up(*declared).ok

    def change(each: dict[str, Any]) -> None:
        assert each["outputs"]["schema_version"] == SCHEMA_VERSION
        each["outputs"]["schema_version"] += 1

    _alter(stack, change)
    changed = [*declared[:-1], {**declared[-1], "args": {**declared[-1]["args"], "tier": "other"}}]
    _assert_refused(
        stack,
        lab,
        f"schema_version {SCHEMA_VERSION + 1} is {NEWER}",
        lambda: stack.preview(*changed),
        lambda: stack.up(*changed),
        stack.refresh,
        stack.destroy,
    )
    assert {*NAMES} <= stack.resources().keys()


def test_a_newer_kind_is_left_alone(stack: Stack, lab: Lab) -> None:
    """Of which this version has no code at all."""
    assert stack.up(agent(lab.project.path)).ok

    def change(each: dict[str, Any]) -> None:
        text = json.dumps(each).replace(_KIND, _NEWER_KIND)
        each |= json.loads(text)
        for part in ("inputs", "outputs"):
            pickled = base64.b64decode(each[part]["__provider"])
            assert pickled.count(_KIND.encode()) == 1
            newer = pickled.replace(_KIND.encode(), _NEWER_KIND.encode())
            each[part]["__provider"] = base64.b64encode(newer).decode()

    _alter(stack, change)
    _assert_refused(stack, lab, f"{_NEWER_KIND} is {NEWER}", stack.up, stack.refresh, stack.destroy)
