"""What users see while a run waits, and why."""

from __future__ import annotations

from .engines import Outcome, Stack
from .gitlab import Lab
from .resources import agent, environment


def _said_of(outcome: Outcome, type_and_name: str, text: str) -> bool:
    """Tell whether a resource's own line says something."""
    return any(type_and_name in line and text in line for line in outcome.text.splitlines())


def test_waiting_is_told_on_the_resources_own_line(stack: Stack, lab: Lab) -> None:
    """For a rate limit and for a stop, which `custom_timeouts` bounds."""
    headers = {"Retry-After": "2"}
    lab.simulator.faults({"method": "POST", "status": 429, "body": "later", "headers": headers})
    opts = {"custom_timeouts": {"delete": "2s"}}
    outcome = stack.up(agent(lab.project.path), environment(lab.project.path, opts=opts))
    assert outcome.ok, outcome.text
    limited = "retrying in 2 s: GitLab limits the rate of requests"
    assert _said_of(outcome, "ClusterAgent agent", limited), outcome.text

    own = int(stack.resources()["environment"]["outputs"]["environment_id"])
    lab.simulator.on_stop_job(lab.project.id, own)
    outcome = stack.destroy()
    assert "raise the delete of custom_timeouts" in outcome.error("environment")
    waiting = "stopping: waiting for its on-stop job (0 s of 2 s)"
    assert _said_of(outcome, "ProjectEnvironment environment", waiting), outcome.text
    lab.simulator.finish_stop_job(lab.project.id, own)
    assert stack.destroy().ok
