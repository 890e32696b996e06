"""A network on which a third of all answers is lost."""

from __future__ import annotations

from .engines import Stack
from .gitlab import Lab, path_of
from .resources import all_kinds, environment

_BAD_NETWORK = [
    {"path": "^/api/", "drop": drop, "share": 0.15, "times": None, "seed": seed}
    for seed, drop in enumerate(("before", "after", "halfway"))
]


def test_everything_is_there_once_and_then_gone(stack: Stack, lab: Lab) -> None:
    """Deploying, changing, refreshing and destroying succeed, and leave nothing else behind."""
    declared = [*all_kinds(lab.project.path), environment(lab.project.path, "second")]
    lab.simulator.faults(*_BAD_NETWORK)
    changed = [*declared[:-1], environment(lab.project.path, "second", description="changed")]
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

    lab.simulator.faults(*_BAD_NETWORK)
    outcome = stack.destroy()
    lab.simulator._call("DELETE", "/-/simulator/faults")
    assert outcome.ok, outcome.text
    assert lab.things() == set()
