"""`gitlab-kubernetes local`, and with it the root stack, as a user runs them."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import running_in

from pulumi_gitlab_kubernetes.testing.local.simulator import LocalSimulator

ROOT = Path(__file__).parents[3]
KINDS = ("cluster_agents", "clusters", "environments")


@dataclass
class Checkout:
    """A copy of the root project, with an engine to run it."""

    root: Path
    environ: dict[str, str]
    has_cli: bool

    @property
    def program(self) -> Path:
        """The program's main file."""
        return self.root / "examples/platform/__main__.py"

    def start(self, action: str, **environ: str) -> subprocess.Popen[str]:
        """Start `gitlab-kubernetes local`, as `make` does."""
        return subprocess.Popen(
            [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "local", action],
            cwd=self.root,
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, action: str, **environ: str) -> str:
        """Run `gitlab-kubernetes local` to its end, which must be a good one."""
        process = self.start(action, **environ)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return output

    @property
    def simulator(self) -> LocalSimulator:
        """The checkout's simulator."""
        found = LocalSimulator.load(self.root / ".local")
        assert found is not None
        return found

    def things(self) -> dict[str, list[Any]]:
        """List what is in the simulator's only project."""
        return {kind: self.simulator._call("GET", f"projects/1/{kind}") for kind in KINDS}


def path(*, with_cli: bool) -> str:
    """Return a PATH with or without the Pulumi CLI."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(
        folder for folder in folders if with_cli or not (Path(folder) / "pulumi").exists()
    )


@pytest.fixture(params=["host", "cli"])
def checkout(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Checkout]:
    """A checkout that runs on the deployment host, and on the Pulumi CLI where there is one."""
    has_cli = request.param == "cli"
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    shutil.copytree(ROOT / "examples/platform", tmp_path / "examples/platform", symlinks=True)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environ = {
        **os.environ,
        "PATH": path(with_cli=has_cli),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    found = Checkout(tmp_path, environ, has_cli)
    yield found
    simulator = LocalSimulator.load(tmp_path / ".local")
    if simulator is not None:
        simulator.stop(tmp_path / ".local")


def normal(output: str) -> set[str]:
    """Return an output's lines without times, ports and ids, which differ from run to run."""
    return {
        re.sub(r"\(?[\d.]+s?\)?$", "", re.sub(r"127\.0\.0\.1:\d+", "", line).strip()).strip()
        for line in output.splitlines()
    }


def shown_in_the_tutorial() -> set[str]:
    """Return the lines of the first `make up` as the tutorial shows them."""
    text = (ROOT / "docs" / "tutorial.md").read_text()
    shown = re.search(r"```console\n\$ make up\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    return normal(shown[1])


def test_the_main_job(checkout: Checkout) -> None:
    """A stack is created, unchanged, updated, refreshed, repaired and destroyed completely."""
    first = checkout.run("up")
    assert "9 created" in first
    assert "Engine: " in first
    assert "[secret]" in first
    assert "glagent-" not in first
    assert [len(found) for found in checkout.things().values()] == [2, 1, 2]

    if not checkout.has_cli:
        assert shown_in_the_tutorial() <= normal(first)
    assert "9 unchanged" in checkout.run("up")

    text = checkout.program.read_text()
    checkout.program.write_text(text.replace("What customers see", "What all customers see"))
    assert "description" in (preview := checkout.run("preview"))
    assert "1 to update" in preview
    assert "1 updated" in checkout.run("up")

    agent = next(a for a in checkout.things()["cluster_agents"] if a["name"] == "edge")
    checkout.simulator._request("DELETE", f"projects/1/cluster_agents/{agent['id']}")
    refreshed = checkout.run("refresh")
    assert "2 deleted" in refreshed  # the agent and its URL configuration
    assert "2 created" in checkout.run("up")

    state = (checkout.root / ".local/state/.pulumi/stacks/gitlab-platform/local.json").read_text()
    assert "glagent-" not in state
    assert "PRIVATE KEY" not in state

    checkout.run("down")
    assert running_in(checkout.root) == []
    checkout.run("refresh")  # starts the simulator again
    assert list(checkout.things().values()) == [[], [], []]


@pytest.mark.cli
def test_the_other_engine_takes_over(checkout: Checkout) -> None:
    """Each engine finds, changes and destroys the other's resources: there is one state."""
    other = path(with_cli=not checkout.has_cli)
    checkout.run("up")

    assert "9 unchanged" in checkout.run("preview", PATH=other)
    text = checkout.program.read_text()
    checkout.program.write_text(text.replace("What customers see", "What all customers see"))
    assert "1 updated" in checkout.run("up", PATH=other)
    assert "9 unchanged" in checkout.run("up")
    assert "9 deleted" in checkout.run("down", PATH=other)


def test_a_real_gitlab_in_the_environment_is_left_alone(checkout: Checkout) -> None:
    """The local stack ignores variables that name another GitLab."""
    output = checkout.run(
        "up", PULUMI_GITLAB_BASE_URL="http://127.0.0.1:1", PULUMI_GITLAB_TOKEN="real-token"
    )

    assert "9 created" in output
    checkout.run("down")


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        pytest.param("GitLab: ", signal.SIGINT, marks=pytest.mark.full),
        (" creating", signal.SIGINT),
        pytest.param(" creating", signal.SIGTERM, marks=pytest.mark.full),
    ],
)
def test_ended_at_any_moment(checkout: Checkout, moment: str, number: signal.Signals) -> None:
    """After Ctrl-C or a closed terminal the next `up` finishes, and `down` clears all."""
    process = checkout.start("up")
    assert process.stdout is not None
    seen = ""
    while moment not in seen:
        if not (line := process.stdout.readline()):
            break
        seen += line
    os.killpg(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode != 0

    checkout.run("up")
    assert [len(found) for found in checkout.things().values()] == [2, 1, 2]

    checkout.run("down")
    assert running_in(checkout.root) == []
    checkout.run("refresh")  # starts the simulator again
    assert list(checkout.things().values()) == [[], [], []]


@pytest.mark.parametrize("number", range(int(os.environ.get("LOCAL_CRASHES", "2"))))
def test_killed_at_a_random_moment(checkout: Checkout, number: int) -> None:
    """After any kill, `up` and `down` succeed without manual steps.

    `LOCAL_CRASHES` sets how many kills there are, `CRASH_SEED` repeats the moments of one.
    """
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(2**32))
    print(f"CRASH_SEED={seed} repeats test {number}")
    draw = random.Random(seed)  # noqa: S311 (moments, no secrets)
    action = ("up", "down")[number % 2]
    if action == "down":
        checkout.run("up")
    victims = draw.choice(("the dynamic host", "all but the dynamic host", "all"))
    with checkout.start(action) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(draw.randrange(25))]
        time.sleep(draw.uniform(0, 0.1))  # This is the moment that was drawn.
        print(f"{action}: killing {victims} after {lines[-1:]}")
        for running in running_in(checkout.root):
            chosen = victims == "all" or running.runs("-m pulumi.dynamic") == (
                victims == "the dynamic host"
            )
            if chosen and "testing.simulator" not in running.line:
                with suppress(ProcessLookupError):
                    os.kill(running.pid, signal.SIGKILL)
        process.communicate(timeout=60)

    if action == "up":
        checkout.run("up")
        assert [len(found) for found in checkout.things().values()] == [2, 1, 2]
    checkout.run("down")
    assert running_in(checkout.root) == []
    checkout.run("refresh")  # starts the simulator again
    assert list(checkout.things().values()) == [[], [], []]


def test_objects_in_no_state_are_deleted(checkout: Checkout) -> None:
    """`down` deletes what a killed run created but did not record."""
    checkout.run("refresh")
    checkout.simulator._call("POST", "projects/1/cluster_agents", {"name": "lost"})
    checkout.simulator._call("POST", "projects/1/environments", {"name": "lost"})

    assert "Deleted 2 more" in checkout.run("down")
    checkout.run("refresh")
    assert list(checkout.things().values()) == [[], [], []]


def test_the_environment_for_the_bare_cli(checkout: Checkout) -> None:
    """With what `local env` prints, bare `pulumi` works in the checkout."""
    if (pulumi := shutil.which("pulumi", path=checkout.environ["PATH"])) is None:
        pytest.skip("the deployment host is no bare `pulumi`")
    checkout.run("up")
    printed = checkout.run("env").splitlines()
    exports = dict(line[7:].split("=", 1) for line in printed if line.startswith("export "))
    unset = {line.removeprefix("unset ") for line in printed}
    kept = {key: value for key, value in checkout.environ.items() if key not in unset}
    environ = {**kept, **{key: value.strip("'") for key, value in exports.items()}}

    def run(*arguments: str) -> str:
        return subprocess.run(
            [pulumi, *arguments],
            cwd=checkout.root,
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert "9 unchanged" in run("preview")
    assert "9 unchanged" in run("up", "--yes", "--skip-preview")
    assert "9 unchanged" in run("refresh", "--yes", "--skip-preview")
    assert len(json.loads(run("stack", "export"))["deployment"]["resources"]) == 10
    assert "9 deleted" in run("destroy", "--yes", "--skip-preview")


def test_the_environment_leads_nowhere_else(checkout: Checkout) -> None:
    """Variables that take precedence over a stack's configuration are unset.

    Another passphrase makes the CLI say "incorrect passphrase"; an address and a token of its own
    would lead `pulumi up` to somebody's real GitLab.
    """
    before = {
        "PULUMI_CONFIG_PASSPHRASE": "another",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/another",
        "PULUMI_GITLAB_BASE_URL": "https://gitlab.example.com",
        "PULUMI_GITLAB_TOKEN": "glpat-another",
    }
    script = f"{checkout.run('env', **before)}\nenv"
    answer = subprocess.run(
        ["/bin/sh", "-ec", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/bin:/usr/bin", "GITLAB_TOKEN": "glpat-theirs", **before},
    )
    after = dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)
    assert after.keys() & before.keys() == {"PULUMI_CONFIG_PASSPHRASE_FILE"}
    assert after["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(checkout.root / ".local/passphrase")
    assert after["GITLAB_TOKEN"] == "glpat-theirs"  # The configuration wins over it.


def test_the_root_token_of_the_simulator(checkout: Checkout) -> None:
    """Each run says where it is, and `local env` exports it."""
    assert "GITLAB_SIMULATOR_ROOT_TOKEN" not in checkout.run("env")  # Nothing runs yet.
    said = checkout.run("refresh")
    assert "token is in .local/simulator.json" in said
    assert "exports it as GITLAB_SIMULATOR_ROOT_TOKEN" in said
    assert checkout.simulator.root_token not in said
    kept = json.loads((checkout.root / ".local/simulator.json").read_text())
    ask = 'curl -sf --noproxy "*" -H "PRIVATE-TOKEN: $GITLAB_SIMULATOR_ROOT_TOKEN"'
    script = f"{checkout.run('env')}\n{ask} {checkout.simulator.url}/api/v4/user"
    answer = subprocess.run(
        ["/bin/sh", "-ec", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/bin:/usr/bin"},
    )
    assert json.loads(answer.stdout)["username"] == "root"
    assert kept["root_token"] == checkout.simulator.root_token
    assert kept["root_token"] in checkout.run("env")
