"""An inline program of Pulumi's Automation API, run by the interpreter of a virtual environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Project

pytestmark = pytest.mark.cli

_PROGRAM = """\
import os
import sys

from pulumi import automation
from pulumi_gitlab_kubernetes import ClusterAgent, ProjectEnvironment


def program():
    agent = ClusterAgent("a", project="{path}", name="a")
    ProjectEnvironment("e", project="{path}", name="e", cluster_agent_id=agent.agent_id)


options = automation.LocalWorkspaceOptions(env_vars={variables})
stack = automation.create_or_select_stack("dev", "inline", program, opts=options)
stack.set_config("gitlab:baseUrl", automation.ConfigValue("{url}"))
stack.set_config("gitlab:token", automation.ConfigValue(os.environ["TOKEN"], secret=True))
try:
    print(stack.up().summary.resource_changes)
    print(stack.refresh().summary.resource_changes)
    print(stack.destroy().summary.resource_changes)
except automation.CommandError as error:
    sys.exit(str(error))
"""
_ITSELF = "{'PULUMI_PYTHON_CMD': sys.executable}"
_FOREIGN = ("PULUMI_", "GITLAB_", "CI_", "VIRTUAL_ENV", "PYTHON")


class Inline:
    """Runs the program in a folder, with the interpreter of the virtual environment.

    Args:
        folder: An empty folder.
        project: The project of the program's agent and environment.
        token: The token of the program's user.
    """

    def __init__(self, folder: Path, project: Project, token: str) -> None:
        self._folder, self._project = folder, project
        (folder / "state").mkdir()
        base = Path(sys._base_executable).parent  # type: ignore[attr-defined] # outside of the environment
        pulumi = Path(shutil.which("pulumi") or "").parent
        self._environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)},
            "HOME": str(folder),
            "NO_PROXY": "127.0.0.1,localhost",
            "PATH": os.pathsep.join(map(str, (base, pulumi, "/usr/bin", "/bin"))),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "p",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "TOKEN": token,
        }

    def run(self, variables: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the program, with variables for its workspace and for itself."""
        text = _PROGRAM.format(
            path=self._project.path, url=self._project.simulator.url, variables=variables
        )
        (self._folder / "program.py").write_text(text)
        return subprocess.run(
            [sys.executable, "program.py"],
            cwd=self._folder,
            env={**self._environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )

    @property
    def activated(self) -> str:
        """Return PATH with the virtual environment activated."""
        return f"{Path(sys.executable).parent}{os.pathsep}{self._environ['PATH']}"


@pytest.fixture
def inline(tmp_path: Path, project: Project, users: dict[str, tuple[int, str]]) -> Inline:
    """An inline program for one test."""
    return Inline(tmp_path, project, users["maintainer"][1])


def test_the_cli_starts_the_interpreter_in_the_workspaces_variables(inline: Inline) -> None:
    """As the documentation shows."""
    done = inline.run(_ITSELF)
    assert done.returncode == 0, done.stdout
    created, _same, deleted = done.stdout.splitlines()
    assert (created, deleted) == ("{'create': 3}", "{'delete': 3}")


def test_the_cli_starts_the_interpreter_of_an_activated_environment(inline: Inline) -> None:
    """No variable is needed then."""
    done = inline.run("{}", PATH=inline.activated)
    assert done.returncode == 0, done.stdout


def test_otherwise_one_line_says_what_the_cli_needs(inline: Inline) -> None:
    """Before the CLI starts an interpreter that fails with a traceback."""
    python = shutil.which("python3", path=inline._environ["PATH"])
    done = inline.run("{}")
    assert done.returncode == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert (
        f"error: the Pulumi CLI would start dynamic resources with {python}, which has no "
        "pulumi-gitlab-kubernetes: give the stack LocalWorkspaceOptions(env_vars="
        "{'PULUMI_PYTHON_CMD': sys.executable}), or activate the environment of "
        f"{sys.executable}"
    ) in lines
    assert "Traceback" not in done.stdout
    assert "No module named" not in done.stdout
