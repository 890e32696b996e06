"""When a deployment is written while several steps are made."""

from __future__ import annotations

import threading
import time

from pulumi_gitlab_kubernetes.testing.host.snapshot import Snapshot
from pulumi_gitlab_kubernetes.testing.host.state import Deployment, Resource
from pulumi_gitlab_kubernetes.testing.host.steps import CreateStep

_STEPS = 8


def _step(number: int) -> CreateStep:
    return CreateStep(new=Resource(f"urn:pulumi:dev::shop::a:b:C::{number}", "a:b:C"))


def test_steps_that_wait_for_a_writing_share_the_next() -> None:
    """Each waits until its operation is written; together they cost one write."""
    writings: list[set[str]] = []
    gone_on: list[bool] = []
    steps = [_step(number) for number in range(_STEPS)]

    def begin(step: CreateStep) -> None:
        snapshot.begin(step)
        gone_on.append(step.urn in writings[-1])

    threads = [threading.Thread(target=begin, args=(step,)) for step in steps[1:]]

    def write(deployment: Deployment) -> None:
        if not writings:
            for thread in threads:
                thread.start()
            while len(snapshot.current().pending_operations) < _STEPS:
                time.sleep(0.001)
        writings.append({each.resource.urn for each in deployment.pending_operations})

    snapshot = Snapshot(Deployment(), write)
    begin(steps[0])
    for thread in threads:
        thread.join()
    assert writings == [{steps[0].urn}, {step.urn for step in steps}]
    assert gone_on == [True] * _STEPS


def test_what_is_not_worth_a_writing_is_written_at_the_end() -> None:
    """An unchanged deployment is not written again."""
    writings: list[Deployment] = []
    snapshot = Snapshot(Deployment(), writings.append)
    step = _step(1)
    snapshot.begin(step)
    snapshot.end(step, made=True)
    assert len(writings) == 2
    snapshot.close()
    assert len(writings) == 2
    again = Snapshot(Deployment(), writings.append)
    again.close()
    assert len(writings) == 3
