"""The Pulumi CLI and the deployment host share secrets, configuration, state and locks."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_gitlab_kubernetes.testing.host.backend import FileBackend
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.project import Project, StackSettings

pytestmark = pytest.mark.cli

PHRASE = "correct horse"
PROGRAM = """
import os, pathlib, time
for name in ("PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS"):
    pathlib.Path(name).write_text(os.environ.get(name, ""))
pathlib.Path("running").touch()
while pathlib.Path("wait").exists():
    time.sleep(0.05)
"""
PROJECT = """
name: shop
runtime: python
config:
  size: {type: string, default: small}
  list: [1, 1.5, "<"]
  gitlab:baseUrl: https://gitlab.example
  gitlab:headers: {value: {b: 1, a: [x]}}
"""
CONFIG = """
  count: 5
  ratio: 1.50
  octal: 0777
  clock: 12:30
  day: 2020-01-01
  moment: 2020-01-01T10:11:12.5+02:00
  word: yes
  truth: True
  long: 184467440737095516150
  tiny: 1.5e-7
  mixed: [1, 1.0, x, null, 2020-01-01, 1e21, {z: "é<", a: 0x1F}]
  aws:config:region: eu
  block: |
    two
    lines
"""


class Cli:
    """A project, its stack dev, and the Pulumi CLI."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "project"
        for name in ("project", "state", "home"):
            (directory / name).mkdir()
        (self.root / "Pulumi.yaml").write_text(PROJECT)
        (self.root / "__main__.py").write_text(PROGRAM)
        self.backend = FileBackend(directory / "state")
        self.environ: Mapping[str, str] = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{directory}/state",
            "PULUMI_CONFIG_PASSPHRASE": PHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `pulumi` on the stack."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--stack", "dev", "--non-interactive"],  # noqa: S607 (the user's own CLI)
            cwd=self.root,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        """Run `pulumi` on the stack and return its output."""
        with self.start(*arguments) as process:
            output, _ = process.communicate()
        assert (process.returncode != 0) == fails, output
        return output.strip()

    def settings(self) -> tuple[Project, StackSettings, Passphrase]:
        """The project and the stack as the deployment host sees them."""
        project = Project.find(self.root)
        settings = StackSettings.load(project, "dev")
        assert settings.encryption_salt
        return project, settings, Passphrase.from_salt(PHRASE, settings.encryption_salt)


@pytest.fixture
def pulumi(tmp_path: Path) -> Cli:
    """The CLI with a new stack."""
    cli = Cli(tmp_path)
    cli("stack", "init")
    return cli


def test_secrets_and_configuration_pass_both_ways(pulumi: Cli) -> None:
    """Each reads the values that the other sets, and programs get the same texts."""
    pulumi("config", "set", "--secret", "fromCli", "glpat-Ünï <&>")
    pulumi("config", "set", "--secret", "--path", "deep.a[0].b", "5")
    with (pulumi.root / "Pulumi.dev.yaml").open("a") as file:
        file.write(CONFIG.removeprefix("\n"))
    _, settings, passphrase = pulumi.settings()
    settings.set("fromHost", "tökén", secret=True, passphrase=passphrase)
    settings.set("aws:profile", "0123")
    settings.remove("word")
    settings.save()
    assert pulumi("config", "get", "fromHost") == "tökén"
    pulumi("up", "--yes")
    project, settings, passphrase = pulumi.settings()
    values, secrets = settings.decrypted(passphrase, project)
    assert values["shop:fromCli"] == "glpat-Ünï <&>"
    given = json.loads((pulumi.root / "PULUMI_CONFIG").read_text())
    assert values == given
    assert len(values) > len(CONFIG.splitlines())
    keys = json.loads((pulumi.root / "PULUMI_CONFIG_SECRET_KEYS").read_text())
    assert sorted(secrets) == sorted(keys) == ["shop:deep", "shop:fromCli", "shop:fromHost"]


def test_a_stack_begun_by_the_host_goes_on_with_the_cli(tmp_path: Path) -> None:
    """The CLI accepts a salt and a state file of the host."""
    pulumi = Cli(tmp_path)
    project = Project.find(pulumi.root)
    settings = StackSettings.load(project, "dev")
    settings.set("token", "s3cret", secret=True, passphrase=Passphrase.create(PHRASE))
    settings.save()
    pulumi.backend.save("shop", "dev", None)
    assert pulumi("config", "get", "token") == "s3cret"
    salt = settings.encryption_salt
    pulumi("up", "--yes")
    assert pulumi.settings()[1].encryption_salt == salt
    deployment = pulumi.backend.load("shop", "dev")
    assert deployment
    assert deployment["secrets_providers"]["state"] == {"salt": salt}


def test_state_passes_both_ways(pulumi: Cli) -> None:
    """The host writes back byte for byte what the CLI wrote, and the CLI reads what it wrote."""
    pulumi("up", "--yes")
    file = pulumi.backend.directory / ".pulumi" / "stacks" / "shop" / "dev.json"
    written = file.read_bytes()
    deployment = pulumi.backend.load("shop", "dev")
    assert deployment
    pulumi.backend.save("shop", "dev", deployment)
    assert file.read_bytes() == written
    deployment["resources"][0]["outputs"] = {"name": "Ünï <&>"}
    pulumi.backend.save("shop", "dev", deployment)
    assert json.loads(pulumi("stack", "export")) == {"version": 3, "deployment": deployment}
    assert json.loads(pulumi("stack", "output", "--json")) == {"name": "Ünï <&>"}
    pulumi("refresh", "--yes")
    assert pulumi.backend.stacks("shop") == ["dev"]


def test_locks_keep_each_other_out(pulumi: Cli) -> None:
    """Neither starts while the other holds the lock; after a kill the host clears the lock."""
    with pulumi.backend.lock("shop", "dev"):
        output = pulumi("up", "--yes", fails=True)
        assert "currently locked by 1 lock(s)" in output
        assert f"(pid {os.getpid()})" in output
    (pulumi.root / "wait").touch()
    with pulumi.start("up", "--yes", "--skip-preview") as process:
        try:
            while not (pulumi.root / "running").exists():
                assert process.poll() is None, process.stdout and process.stdout.read()
                time.sleep(0.05)
            with (
                pytest.raises(HostError, match=f"pid {process.pid}"),
                pulumi.backend.lock("shop", "dev"),
            ):
                pass
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    (pulumi.root / "wait").unlink()
    assert "currently locked" in pulumi("up", "--yes", fails=True)
    with pulumi.backend.lock("shop", "dev") as cleared:
        assert [lock.pid for lock in cleared] == [process.pid]
    pulumi("up", "--yes")


def test_what_a_killed_cli_had_not_filled_is_cleared(pulumi: Cli) -> None:
    """The CLI rejects a stack with an empty `.attrs` file, and accepts it without the file."""
    (attributes,) = pulumi.backend.directory.glob(".pulumi/stacks/shop/dev.json.attrs")
    attributes.write_text("")
    assert "failed to load checkpoint: EOF" in pulumi("up", "--yes", fails=True)
    others = set(pulumi.backend.directory.rglob("*.attrs")) - {attributes}
    pulumi.backend.clear_torn_attributes()
    assert set(pulumi.backend.directory.rglob("*.attrs")) == others
    pulumi("up", "--yes")
