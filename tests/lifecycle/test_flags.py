"""Flags that the CLI passes to the provider's process before its own address."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from tests.lifecycle.engines import CliStack, Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import agent
from tests.support.processes import running_in

LIMITED = {"status": 429, "headers": {"Retry-After": "1"}, "body": "Retry later"}
ENDS_WITHIN = 10.0


@pytest.mark.parametrize(
    "flags",
    [("--logtostderr", "--logflow", "-v=3"), ("--tracing", "file:{}/trace")],
    ids=" ".join,
)
def test_the_provider_finds_the_engine(
    request: pytest.FixtureRequest,
    stack: Stack,
    lab: Lab,
    tmp_path: Path,
    flags: tuple[str, ...],
) -> None:
    """It logs its status there, and ends with it."""
    if not isinstance(stack, CliStack):
        pytest.skip("the deployment host has no such flags")
    given = [each.format(tmp_path) for each in flags]
    create = {"method": "POST", "path": "/cluster_agents$"}
    lab.simulator.faults({**create, **LIMITED}, {**create, "skip": 1, "latency": 20})
    request.addfinalizer(lambda: lab.simulator._call("DELETE", "/-/simulator/faults"))
    stack.declare(agent(lab.project.path, "first"))
    with stack.begin("up", *given) as process:
        output = process.communicate()[0]
    assert process.returncode == 0, output
    assert "retrying in 1 s: GitLab limits the rate of requests" in output
    assert "Traceback" not in output

    stack.declare(agent(lab.project.path, "first"), agent(lab.project.path, "second"))
    with stack.begin("up", *given) as process:
        assert process.stdout
        while "creating" not in process.stdout.readline():
            assert process.poll() is None
        time.sleep(2)
        others = running_in(stack.directory)
        process.kill()
        (provider,) = [each for each in others if each.runs(stack.adapter.process)]
        assert provider.ended(ENDS_WITHIN), provider.line
        for other in others:
            if not other.ended(0):
                subprocess.run(["kill", "-9", str(other.pid)], check=False)  # noqa: S607 (as users type it)
        process.communicate()
