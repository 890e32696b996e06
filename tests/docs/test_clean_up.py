"""The guide about cleaning up shows what users see."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "clean-up.md").read_text()
DAY = 86400
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_COMMAND = re.compile(r"^\$ (gitlab-kubernetes .*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def blocks(language: str) -> list[str]:
    """Return the guide's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A GitLab with the project of the guide, 40 days after its environments were created."""
    with Simulator(data=tmp_path / "data") as running:
        running.start_afresh()
        running.clock(advance=-40 * DAY)
        project = running.api("GET", "projects/acme%2Fshop")["id"]
        path = f"projects/{project}/environments"
        url = "https://banner.demo.example.com"
        running.api("POST", path, name="demo/banner", external_url=url)
        running.deploy(project, "demo/banner")
        running.api("POST", path, name="staging")
        fix = running.api("POST", path, name="review/fix-login")["id"]
        running.api("POST", f"{path}/{fix}/stop")
        running.clock(advance=40 * DAY)
        running.api("POST", path, name="review/new-cart")
        yield running


def environ(simulator: Simulator) -> dict[str, str]:
    """Return the environment of a user of the project, outside of CI/CD."""
    foreign = ("CI_", "GITLAB_", "PULUMI_")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "GITLAB_TOKEN": simulator.token, "GITLAB_BASE_URL": simulator.url}


def run(line: str, environ: dict[str, str]) -> str:
    """Run a command of the guide, and return what a terminal shows."""
    program, *arguments = shlex.split(line)
    assert program == "gitlab-kubernetes"
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_commands_print_what_the_guide_shows(simulator: Simulator) -> None:
    """Except for the dates, and the order of standard output and error."""
    shown = [found for block in blocks("console") for found in _COMMAND.findall(block)]
    assert len(shown) == 4
    for line, output in shown:
        expected = _DATE.sub("DATE", output).splitlines()
        assert sorted(_DATE.sub("DATE", run(line, environ(simulator))).splitlines()) == sorted(
            expected
        )


def test_the_nightly_job_runs_with_only_the_jobs_token(simulator: Simulator) -> None:
    """Its script, in a job of the project."""
    (job,) = (yaml.safe_load(block)["clean-up"] for block in blocks("yaml"))
    assert job["script"][0] == "pip install pulumi-gitlab-kubernetes"
    user = simulator.api("GET", f"user?private_token={simulator.token}")["id"]
    project = simulator.api("GET", "projects/acme%2Fshop")["id"]
    variables = {
        "CI_JOB_TOKEN": simulator.job_token(project, user),
        "CI_API_V4_URL": f"{simulator.url}/api/v4",
        "CI_PROJECT_PATH": "acme/shop",
        "CI_PROJECT_ID": str(project),
    }
    given = environ(simulator)
    del given["GITLAB_TOKEN"], given["GITLAB_BASE_URL"]
    printed = "".join(run(line, {**given, **variables}) for line in job["script"][1:])
    assert "acme/shop: requested the stop of 2 environments" in printed
    assert "acme/shop: scheduled the deletion of 1 environment" in printed
    simulator.clock(advance=2)
    states = {
        each["name"]: each["state"]
        for each in simulator.api("GET", f"projects/{project}/environments")
    }
    assert states["staging"] == states["demo/banner"] == "stopped"


def test_the_program_runs(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unchanged, and it cleans up as the commands do."""
    for name, text in environ(simulator).items():
        monkeypatch.setenv(name, text)
    for name in ("CI_JOB_TOKEN", "CI_API_V4_URL", "PULUMI_GITLAB_TOKEN", "PULUMI_GITLAB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    _resource, program = blocks("python")
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 (the guide's own program)
    limit = datetime.now(timezone.utc) - timedelta(days=29)
    assert [each.name for each in names["plan"].environments] == ["demo/banner", "staging"]
    assert all(each.updated_at < limit for each in names["plan"].environments)
    assert names["result"].environments == names["plan"].environments
    assert names["failures"] == {}


def test_the_guide_explains_each_exit_status() -> None:
    """Those of the command."""
    assert re.findall(r"^\| (\d) \|", GUIDE, re.MULTILINE) == ["0", "1", "2"]
