"""A network on which a third of all answers is lost."""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes._host_process import MOST_CALLS

from .engines import Stack
from .gitlab import Lab, path_of
from .resources import all_kinds, environment, mixture


def _bad_network(share: float) -> list[dict[str, Any]]:
    return [
        {"path": "^/api/", "drop": drop, "share": share, "times": None, "seed": seed}
        for seed, drop in enumerate(("before", "after", "halfway"))
    ]


def test_everything_is_there_once_and_then_gone(stack: Stack, lab: Lab) -> None:
    """Deploying, changing, refreshing and destroying succeed, and leave nothing else behind."""
    _live(stack, lab, all_kinds(lab.project.path), 0.15)


def test_so_it_is_with_many_at_a_time(stack: Stack, lab: Lab) -> None:
    """Each finds what its own requests have done."""
    stack.environ["PULUMI_PARALLEL"] = str(MOST_CALLS)
    _live(stack, lab, mixture(lab.project.path, 50), 0.1)


def _live(stack: Stack, lab: Lab, resources: list[dict[str, Any]], share: float) -> None:
    bound = {"cluster_agent_id": None, "kubernetes_namespace": None}
    last = environment(lab.project.path, "last", **bound)
    declared = [*resources, last]
    lab.simulator.faults(*_bad_network(share))
    changed = [*resources, {**last, "args": {**last["args"], "description": "changed"}}]
    outcomes = [stack.up(*declared), stack.refresh(), stack.up(*changed)]
    lab.simulator._call("DELETE", "/-/simulator/faults")
    assert all(outcome.ok for outcome in outcomes), [outcome.text for outcome in outcomes]
    in_state = {
        path_of(each["type"].rpartition(":")[2], each["id"])
        for each in stack.resources().values()
        if each["type"].startswith("pulumi-python:dynamic/gitlab:")
    }
    assert len(in_state) == len(declared)
    assert lab.things() == in_state

    lab.simulator.faults(*_bad_network(share))
    outcome = stack.destroy()
    lab.simulator._call("DELETE", "/-/simulator/faults")
    assert outcome.ok, outcome.text
    assert lab.things() == set()
