"""Ctrl-C: one ends all waits at once, and the state stays right."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest
from tests.lifecycle.gitlab import Lab
from tests.native.cli.stacks import NativeStack

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAM = """\
import pulumi
from pulumi_gitlab_kubernetes.native import ClusterAgent, ProjectEnvironment

ProjectEnvironment("environment", project="{project}", name="production"{more})
"""
_WAITED = 10
"""The most seconds from Ctrl-C to the end. The waits themselves would take minutes."""


def _interrupt(stack: NativeStack, lab: Lab, verb: str, waits: tuple[str, str]) -> str:
    """Run a command, press Ctrl-C after GitLab has answered a request, and return its output."""
    lab.calls()
    running = subprocess.Popen(
        ["pulumi", verb, "--yes", "--skip-preview", "--stack", "test", "--color", "never"],  # noqa: S607 (whichever is on PATH)
        cwd=stack.project,
        env=stack.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    method, path = waits
    deadline = time.monotonic() + 60
    while not any(call.method == method and path in call.path for call in lab.calls()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)
    pressed = time.monotonic()
    running.send_signal(signal.SIGINT)
    text, _none = running.communicate(timeout=60)
    print(text)
    assert time.monotonic() - pressed < _WAITED
    assert running.returncode != 0
    return text


def test_while_an_environment_stops(stack: NativeStack, lab: Lab) -> None:
    """It is still in the state, and a later destroy deletes it."""
    stack.program(_PROGRAM.format(project=lab.project.path, more=""))
    stack.pulumi("up")
    id_ = stack.resources()["environment"]["id"]
    lab.simulator.on_stop_job(*map(int, id_.split(":")))

    text = _interrupt(stack, lab, "destroy", ("GET", "environments/"))

    assert "the run was cancelled: run it again to go on" in text
    assert stack.resources()["environment"]["id"] == id_
    assert not stack.deployment().get("pending_operations")
    lab.simulator.finish_stop_job(*map(int, id_.split(":")))
    stack.pulumi("destroy")
    assert not lab.resources()


def test_while_a_request_is_retried(stack: NativeStack, lab: Lab) -> None:
    """The environment does not exist, and the next run creates it."""
    stack.program(_PROGRAM.format(project=lab.project.path, more=""))
    path = f"projects/{lab.project.id}/environments$"
    lab.simulator.faults(
        {
            "method": "POST",
            "path": path,
            "status": 503,
            "times": None,
            "headers": {"Retry-After": "50"},
        }
    )

    _interrupt(stack, lab, "up", ("POST", "environments"))

    assert "environment" not in stack.resources()
    lab.simulator._call("DELETE", "/-/simulator/faults")
    stack.pulumi("up")
    assert len(lab.resources()) == 1
    stack.pulumi("destroy")


def test_a_time_limit_of_the_program(stack: NativeStack, lab: Lab) -> None:
    """`custom_timeouts` ends the wait, with what to do."""
    options = 'pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete="2s"))'
    stack.program(_PROGRAM.format(project=lab.project.path, more=f", opts={options}"))
    stack.pulumi("up")
    id_ = stack.resources()["environment"]["id"]
    lab.simulator.on_stop_job(*map(int, id_.split(":")))
    (error,) = set(stack.pulumi("destroy", ok=False).errors())
    assert "still stopping after" in error
    assert "raise the delete of custom_timeouts" in error
    assert stack.resources()["environment"]["id"] == id_
    lab.simulator.finish_stop_job(*map(int, id_.split(":")))
    stack.pulumi("destroy")
    assert not lab.resources()
