"""The example of a stack that breaks rules does what its README shows."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.support.pulumi_cli import failing_preview

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.policy.folder import write
from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples/policies"
_WHERE = re.compile(r" \(local: .*\)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example with this virtual environment."""
    copy = tmp_path / "policies"
    shutil.copytree(EXAMPLE, copy)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


@pytest.fixture
def stack(
    folder: Path, tmp_path: Path, project: Project, users: dict[str, tuple[int, str]]
) -> Stack:
    """The example's stack with its configuration."""
    stack = Stack(folder, "dev", backend=tmp_path / "state", passphrase="p")
    stack.init()
    stack.set_config("gitlab:baseUrl", project.simulator.url)
    stack.set_config("gitlab:token", users["maintainer"][1], secret=True)
    stack.set_config("project", project.path)
    stack.set_config("clusterToken", "canary", secret=True)
    return stack


def _block(first: str) -> str:
    """Return the block of the README that starts with this text."""
    found = re.search(
        rf"```text\n({first}.*?)\n```", (EXAMPLE / "README.md").read_text(), re.DOTALL
    )
    assert found is not None
    return _WHERE.sub("", found[1])


def _policies(output: str) -> str:
    """Return the section about policies in an engine's output."""
    return _WHERE.sub(
        "", output[output.index("Policies:") : output.index("\nDiagnostics:")]
    ).strip()


def test_a_preview_shows_what_the_readme_does(folder: Path, stack: Stack) -> None:
    """On the deployment host."""
    preview = stack.preview(policy_packs=[Local(write(), folder / "policies.json")])
    assert not preview.ok
    assert _policies(preview.stdout) == _block("Policies:")


@pytest.mark.cli
def test_the_pulumi_cli_shows_the_same(folder: Path, stack: Stack, tmp_path: Path) -> None:
    """On the state that the deployment host wrote."""
    options = ("--policy-pack", str(write()), "--policy-pack-config", "policies.json")
    printed = failing_preview(folder, tmp_path, *options, PYTHONPATH=":".join(sys.path))
    assert _policies(printed) == _block("Policies:"), stack


def test_an_audit_shows_what_the_readme_does(
    folder: Path, stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a deployment without policies."""
    up = stack.up()
    assert up.ok, up.stdout
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()))
    capsys.readouterr()
    assert cli.main(["audit", str(state), "--config", str(folder / "policies.json")]) == 1
    assert capsys.readouterr().out.strip() == _block("LEVEL")
