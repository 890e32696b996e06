"""The examples that are more than a Pulumi project, with the commands of their README.md."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.examples.conftest import EXAMPLES, environment
from tests.lifecycle.gitlab import Lab

pytestmark = pytest.mark.slow

_FOREIGN = ("PULUMI_", "GITLAB_", "CI_", "PYTEST")


def _run(*command: str | Path, folder: Path, **environ: str) -> str:
    """Run a command, which must succeed, and return its output."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**clean, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.cli
def test_automation_api(lab: Lab, tmp_path: Path) -> None:
    """A stack for each project: `up` registers an agent, `destroy` deletes it."""
    (tmp_path / "state").mkdir()
    script = EXAMPLES / "automation-api/deploy.py"
    environ = {
        "HOME": str(tmp_path),
        "PULUMI_HOME": str(tmp_path / ".pulumi"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "p",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_GITLAB_BASE_URL": lab.url,
        "PULUMI_GITLAB_TOKEN": lab.token,
    }
    for project in (lab.project, lab.other):
        shown = _run(sys.executable, script, "up", project.path, folder=tmp_path, **environ)
        (agent,) = lab.root("GET", f"projects/{project.id}/cluster_agents")
        assert f"The agent has the ID {agent['id']}." in shown
        assert "glagent-" not in shown
    _run(sys.executable, script, "destroy", lab.project.path, folder=tmp_path, **environ)
    assert lab.root("GET", f"projects/{lab.project.id}/cluster_agents") == []
    assert lab.root("GET", f"projects/{lab.other.id}/cluster_agents")


def test_test_your_own_stack(tmp_path: Path) -> None:
    """The team's tests pass, as its page says."""
    name = "test-your-own-stack"
    python = environment(name) / "bin/python"
    ignored = shutil.ignore_patterns("__pycache__", ".venv", ".pytest_cache")
    copy = shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=ignored)
    shown = _run(python, "-m", "pytest", "-p", "no:cacheprovider", folder=copy)
    assert "3 passed" in shown
