"""A state of a newer version of the package."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from tests.lifecycle.adapters import DYNAMIC
from tests.lifecycle.engines import Outcome, Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import NAMES, agent, all_kinds

from pulumi_gitlab_kubernetes.core.lifecycle import VERSION
from pulumi_gitlab_kubernetes.registry import NEWER

_KIND, _NEWER_KIND = "ClusterAgent", "ClusterQuery"  # The pickle contains their length.


def _alter(stack: Stack, change: Callable[[dict[str, Any]], None]) -> None:
    """Change each resource of this package to a newer version's."""
    deployment = stack.deployment()
    for each in deployment["resources"]:
        if stack.adapter.serves(each["type"]):
            change(each)
    stack.import_({"version": 3, "deployment": deployment})


def _assert_rejected(stack: Stack, lab: Lab, reason: str, *runs: Callable[[], Outcome]) -> None:
    """Assert that each run fails with only that line, and changes nothing."""
    before, in_gitlab = stack.resources(), lab.resources()
    lab.calls()
    for run in runs:
        outcome = run()
        assert not outcome.ok
        assert {*outcome.errors()} == {reason}, outcome.text
        assert stack.resources().keys() == before.keys()
    assert lab.calls() == []
    assert lab.resources() == in_gitlab


def test_a_newer_schema_version_is_rejected(stack: Stack, lab: Lab) -> None:
    """By each command, and for all kinds."""
    declared = all_kinds(lab.project.path)
    assert stack.up(*declared).ok

    def change(each: dict[str, Any]) -> None:
        outputs, version = each["outputs"], stack.adapter.in_state("schema_version")
        assert outputs[version] == VERSION
        outputs[version] += 1

    _alter(stack, change)
    changed = [*declared[:-1], {**declared[-1], "args": {**declared[-1]["args"], "tier": "other"}}]
    _assert_rejected(
        stack,
        lab,
        f"schema_version {VERSION + 1} is {NEWER}",
        lambda: stack.preview(*changed),
        lambda: stack.up(*changed),
        stack.refresh,
        stack.destroy,
    )
    assert {*NAMES} <= stack.resources().keys()


def test_a_newer_kind_is_rejected(stack: Stack, lab: Lab) -> None:
    """This version does not have it."""
    assert stack.up(agent(lab.project.path)).ok

    def change(each: dict[str, Any]) -> None:
        text = json.dumps(each).replace(_KIND, _NEWER_KIND)
        each |= json.loads(text)
        for part in ("inputs", "outputs") if stack.adapter is DYNAMIC else ():
            pickled = base64.b64decode(each[part]["__provider"])
            assert pickled.count(_KIND.encode()) == 1
            newer = pickled.replace(_KIND.encode(), _NEWER_KIND.encode())
            each[part]["__provider"] = base64.b64encode(newer).decode()

    _alter(stack, change)
    reason = f"{_NEWER_KIND} {stack.adapter.newer_kind}"
    _assert_rejected(stack, lab, reason, stack.up, stack.refresh, stack.destroy)
