"""Hundreds of resources of all kinds in one stack: requests, and the provider's memory."""

from __future__ import annotations

from collections import Counter

from tests.conftest import RUN_ALL
from tests.lifecycle.engines import Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import mixture
from tests.support.processes import memory_of

from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS

COUNT = 300 if RUN_ALL else 100
MEMORY = 120
"""MiB."""


def _methods(lab: Lab) -> Counter[str]:
    """Count the requests by method, with the stops of environments apart."""
    return Counter(
        "stop" if call.path.endswith("/stop") else call.method
        for call in lab.calls()
        if call.status < 400
    )


def test_many_resources(stack: Stack, lab: Lab) -> None:
    """They need no additional requests, and no more memory than a few resources.

    Also with the largest number of parallel calls. `make bench` deploys two thousand.
    """
    resources = mixture(lab.project.path, COUNT)
    kinds = Counter(each["class"] for each in resources)
    environments = kinds["ProjectEnvironment"]
    alone = kinds["ClusterAgentToken"] + kinds["ClusterAgentUrlConfiguration"]
    stack.environ["PULUMI_PARALLEL"] = str(MOST_CALLS)
    stack.forks = False
    with memory_of(stack.adapter.process, stack.project) as memory:
        assert stack.preview(*resources).ok
        assert _methods(lab) == {}

        outcome = stack.up(*resources)
        assert outcome.ok, outcome.text
        assert _methods(lab) == {"GET": 1, "POST": COUNT}  # The path of the project, once.
        assert len(lab.resources()) == COUNT

        outcome = stack.up(*resources)
        assert outcome.ok, outcome.text
        assert {step.op for step in outcome.steps} == {"same"}
        assert _methods(lab) == {}

        outcome = stack.refresh()
        assert outcome.ok, outcome.text
        assert {step.op for step in outcome.steps} == {"same"}
        assert {each["name"] for each in resources} <= {step.name for step in outcome.steps}
        read = _methods(lab)
        assert set(read) == {"GET"}
        assert alone < read["GET"] < alone + 20  # The others are listed in pages.

        outcome = stack.destroy()
        assert outcome.ok, outcome.text
        assert _methods(lab) == {"stop": environments, "DELETE": COUNT}
    assert not lab.resources()
    assert 0 < memory.peak < MEMORY
