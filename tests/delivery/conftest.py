"""CI/CD jobs: a shell with GitLab's variables, a project, the simulator and an engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Project
from tests.support.commands.server import Commands

PROGRAM = """\
from pulumi_gitlab_kubernetes import ClusterAgent

agent = ClusterAgent("production", project="{path}", name="production")
"""
_HOST = """\
#!/bin/sh
# The deployment host, under the name of the Pulumi CLI.
[ "$1" = stack ] && shift
exec gitlab-kubernetes stack "$@"
"""
_FOREIGN = ("PULUMI_", "GITLAB_", "CI_")


@dataclass
class Job:
    """A CI/CD job.

    Args:
        folder: The job's checkout, with the Pulumi project.
        project: The project in the simulator.
        environ: The job's environment variables.
    """

    folder: Path
    project: Project
    environ: dict[str, str]
    printed: list[str] = field(default_factory=list)

    def program(self, text: str = PROGRAM) -> None:
        """Write the Pulumi program."""
        (self.folder / "__main__.py").write_text(text.replace("{path}", self.project.path))

    def run(self, script: str, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a script as a runner does; return its status and what it printed."""
        done = subprocess.run(
            ["/bin/bash", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self.environ, **(variables or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,  # Other tests share the machine.
        )
        self.printed.append(done.stdout)
        return done.returncode, done.stdout

    def succeed(self, script: str, variables: Mapping[str, str] | None = None) -> str:
        """Run a script that must succeed, and return what it printed."""
        status, text = self.run(script, variables)
        assert status == 0, text
        return text

    def merge_request(self, branch: str = "change") -> int:
        """Create a merge request, and make this its pipeline's job."""
        made = self.project.api(
            "POST",
            "merge_requests",
            title="Change",
            source_branch=branch,
            target_branch="main",
        )
        self.environ |= {
            "CI_MERGE_REQUEST_IID": str(made["iid"]),
            "CI_MERGE_REQUEST_PROJECT_ID": str(self.project.id),
            "CI_PIPELINE_SOURCE": "merge_request_event",
        }
        return int(made["iid"])

    def notes(self) -> list[dict[str, Any]]:
        """Return the notes on the merge request, the oldest first."""
        number = self.environ["CI_MERGE_REQUEST_IID"]
        found: list[dict[str, Any]] = self.project.api("GET", f"merge_requests/{number}/notes")
        return found[::-1]


@pytest.fixture(params=["host", "cli"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that `pulumi` is."""
    return str(request.param)


@pytest.fixture
def job(checkout: Job) -> Job:
    """A job of the project's pipeline, with an empty stack `dev`."""
    checkout.succeed("pulumi stack init dev")
    return checkout


@pytest.fixture
def checkout(
    engine: str,
    tmp_path: Path,
    project: Project,
    users: dict[str, tuple[int, str]],
    commands: Commands,
) -> Job:
    """A job of the project's pipeline, without a stack."""
    folder, programs = tmp_path / "build", tmp_path / "bin"
    for each in (folder, programs, tmp_path / "state"):
        each.mkdir()
    if engine == "host":
        (programs / "pulumi").write_text(_HOST)
        (programs / "pulumi").chmod(0o755)
    pulumi = programs if engine == "host" else Path(shutil.which("pulumi") or "").parent
    path = (pulumi, commands.path, Path(sys.executable).parent, "/usr/bin", "/bin")
    url = project.simulator.url
    environ = {
        **{name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)},
        **commands.environ,
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join(map(str, path)),
        "PULUMI_HOME": str(tmp_path / ".pulumi"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "p",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_GITLAB_TOKEN": users["maintainer"][1],
        "CI": "true",
        "CI_API_V4_URL": f"{url}/api/v4",
        "CI_DEFAULT_BRANCH": "main",
        "CI_JOB_TOKEN": project.simulator.job_token(project.id, users["maintainer"][0]),
        "CI_JOB_URL": f"{url}/{project.path}/-/jobs/1",
        "CI_PROJECT_DIR": str(folder),
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_PATH": project.path,
        "CI_SERVER_URL": url,
    }
    made = Job(folder, project, environ)
    (folder / "Pulumi.yaml").write_text("name: infrastructure\nruntime: python\n")
    made.program()
    return made
