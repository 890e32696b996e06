"""Messages while a run waits."""

from __future__ import annotations

from tests.lifecycle.engines import Outcome, Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import agent, environment


def _is_on_line(outcome: Outcome, type_and_name: str, text: str) -> bool:
    """Return whether a line about a resource has a text."""
    return any(type_and_name in line and text in line for line in outcome.text.splitlines())


def test_the_reason_of_a_wait_is_on_the_resources_line(stack: Stack, lab: Lab) -> None:
    """For a rate limit, and for a stop, which `custom_timeouts` limits."""
    headers = {"Retry-After": "2"}
    lab.simulator.faults({"method": "POST", "status": 429, "body": "later", "headers": headers})
    opts = {"custom_timeouts": {"delete": "2s"}}
    outcome = stack.up(agent(lab.project.path), environment(lab.project.path, opts=opts))
    assert outcome.ok, outcome.text
    limited = "retrying in 2 s: GitLab limits the rate of requests"
    assert _is_on_line(outcome, "ClusterAgent agent", limited), outcome.text

    own = int(stack.resources()["environment"]["outputs"]["environment_id"])
    lab.simulator.on_stop_job(lab.project.id, own)
    outcome = stack.destroy()
    assert "raise the delete of custom_timeouts" in outcome.error("environment")
    waiting = "stopping: waiting for its on-stop job (0 s of 2 s)"
    assert _is_on_line(outcome, "ProjectEnvironment environment", waiting), outcome.text
    lab.simulator.finish_stop_job(lab.project.id, own)
    assert stack.destroy().ok
