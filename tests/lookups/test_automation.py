"""Functions in inline programs of Pulumi's Automation API, which share a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Project, set_up

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAM = """\
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pulumi
from pulumi import automation

import pulumi_gitlab_kubernetes as gitlab

described = json.loads(os.environ["STACKS"])


def program():
    config = pulumi.Config("program")
    project = config.require("project")
    names = [each.name for each in gitlab.get_cluster_agents(project=project).agents]
    found = gitlab.get_cluster_agent_output(project=project, name=names[0])
    pulumi.export("names", names)
    pulumi.export("id", found.id)


def deploy(name):
    options = automation.LocalWorkspaceOptions(
        env_vars={"PULUMI_PYTHON_CMD": sys.executable}
    )
    stack = automation.create_or_select_stack(name, "inline", program, opts=options)
    for key, value in described[name].items():
        stack.set_config(key, automation.ConfigValue(value, secret=key.endswith("token")))
    return {key: each.value for key, each in stack.up().outputs.items()}


with ThreadPoolExecutor() as threads:
    print(json.dumps(dict(zip(described, threads.map(deploy, described)))))
"""


@pytest.fixture
def other() -> Iterator[Simulator]:
    """Another GitLab."""
    with Simulator() as running:
        set_up(running)
        running.start_afresh()
        yield running


def test_each_stack_has_its_own_gitlab(project: Project, other: Simulator, tmp_path: Path) -> None:
    """Two stacks run at the same time, with other settings and other projects."""
    agent = project.agent("mine")
    other.api("POST", "projects/acme%2Fshop/cluster_agents", name="first")
    made = other.api("POST", "projects/acme%2Fshop/cluster_agents", name="its")
    stacks = {
        "one": (project.simulator.url, project.simulator.root_token, project.path),
        "two": (other.url, other.token, "acme/shop"),
    }
    described = {
        name: {"gitlab:baseUrl": url, "gitlab:token": token, "program:project": path}
        for name, (url, token, path) in stacks.items()
    }
    (tmp_path / "state").mkdir()
    (tmp_path / "program.py").write_text(_PROGRAM)
    environ = {
        **{name: text for name, text in os.environ.items() if not name.startswith("PULUMI_")},
        "HOME": str(tmp_path),
        "NO_PROXY": "127.0.0.1,localhost",
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "p",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "STACKS": json.dumps(described),
    }
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["one"] == {"names": ["mine"], "id": f"{project.id}:{agent}"}
    assert sorted(found["two"]["names"]) == ["first", "its"]
    assert found["two"]["id"].split(":")[0] == str(made["config_project"]["id"])
