"""A user's project from `pulumi install` to `pulumi destroy`, with the CLI's default settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.support.installation import Machine, Recorder

pytestmark = pytest.mark.cli

_PROGRAM = """\
from pulumi_gitlab_kubernetes import ClusterAgent, ProjectEnvironment

agent = ClusterAgent("a", project="{path}", name="a")
ProjectEnvironment("e", project="{path}", name="e", cluster_agent_id=agent.agent_id)
"""
_TOOLCHAINS = {"pip": {"toolchain": "pip", "virtualenv": ".venv"}, "uv": {"toolchain": "uv"}}


@pytest.fixture(params=_TOOLCHAINS)
def machine(
    request: pytest.FixtureRequest, index: Path, recorder: Recorder, tmp_path: Path
) -> Machine:
    """A machine with a project for each toolchain."""
    found = Machine(tmp_path, index, recorder.url, _TOOLCHAINS[request.param])
    (found.project / "requirements.txt").write_text("pulumi-gitlab-kubernetes\n")
    return found


def test_the_cli_sends_requests_only_to_gitlab(
    machine: Machine, recorder: Recorder, project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """From the installation to `destroy`. The last part shows that the recorder works."""
    (machine.project / "__main__.py").write_text(_PROGRAM.format(path=project.path))
    machine.pulumi("install")
    (package,) = machine.project.glob(".venv/lib/*/site-packages/pulumi_gitlab_kubernetes")
    plugins = json.loads(machine.pulumi("about", "--json"))["plugins"]
    assert [each["kind"] for each in plugins] == ["language"]

    machine.pulumi("stack", "init", "dev")
    machine.pulumi("config", "set", "gitlab:baseUrl", project.simulator.url)
    machine.pulumi("config", "set", "--secret", "gitlab:token", users["maintainer"][1])
    machine.pulumi("preview")
    machine.pulumi("up", "--yes")
    assert [agent["name"] for agent in project.api("GET", "cluster_agents")] == ["a"]
    machine.pulumi("refresh", "--yes")
    machine.pulumi("destroy", "--yes")
    assert project.api("GET", "cluster_agents") == []
    assert recorder.requests == []

    (package / "pulumi-plugin.json").unlink()
    machine.pulumi("preview")
    assert any("pulumi" in each for each in recorder.requests)
