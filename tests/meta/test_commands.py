"""The command `gitlab-kubernetes` with forked processes, as tests of shells use it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.commands.server import Commands

pytestmark = pytest.mark.slow

_STARTED = Path(sys.executable).with_name("gitlab-kubernetes")


def _run(program: Path, folder: Path, *arguments: str, **environ: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(program), *arguments],
        cwd=folder,
        env={**os.environ, "PULUMI_CONFIG_PASSPHRASE": "p", **environ},
        input="from the input\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_it_does_the_same(commands: Commands, tmp_path: Path) -> None:
    """Input, output, directory, environment variables and exit status."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    forked = commands.path / "gitlab-kubernetes"
    for line, status in (
        (("stack", "config", "set", "colour"), 0),
        (("stack", "output", "no such"), 1),
        (("no such",), 2),
    ):
        found = _run(forked, tmp_path, *line, **commands.environ)
        assert found[0] == status
        assert found == _run(_STARTED, tmp_path, *line)
    assert "shop:colour: from the input" in (tmp_path / "Pulumi.dev.yaml").read_text()


def test_a_signal_reaches_it(commands: Commands) -> None:
    """A shell ends what it has started."""
    with subprocess.Popen(
        [str(commands.path / "gitlab-kubernetes"), "simulator", "--port", "0"],
        env={**os.environ, **commands.environ},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert "root token" in process.stdout.read()  # Nobody has it open.
