"""A network that loses a third of all responses."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.engines import Stack
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import all_kinds, environment, mixture

from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS


def _bad_network(share: float) -> list[dict[str, Any]]:
    return [
        {"path": "^/api/", "drop": drop, "share": share, "times": None, "seed": seed}
        for seed, drop in enumerate(("before", "after", "halfway"))
    ]


def test_all_resources_exist_once_and_are_deleted(stack: Stack, lab: Lab) -> None:
    """All runs succeed, and leave nothing else behind."""
    _run_all(stack, lab, all_kinds(lab.project.path), 0.15)


def test_many_parallel_calls(stack: Stack, lab: Lab) -> None:
    """Each finds what its own requests created."""
    stack.environ["PULUMI_PARALLEL"] = str(MOST_CALLS)
    _run_all(stack, lab, mixture(lab.project.path, 50), 0.1)


def _run_all(stack: Stack, lab: Lab, resources: list[dict[str, Any]], share: float) -> None:
    # So long, a token waits for its request without a response.
    stack.set_config("gitlab-kubernetes:requestTimeout", "5")
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
        if stack.adapter.serves(each["type"])
    }
    assert len(in_state) == len(declared)
    assert lab.resources() == in_state

    lab.simulator.faults(*_bad_network(share))
    outcome = stack.destroy()
    lab.simulator._call("DELETE", "/-/simulator/faults")
    assert outcome.ok, outcome.text
    assert lab.resources() == set()
