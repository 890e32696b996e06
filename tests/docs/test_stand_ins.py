"""The guide about stand-ins: its files are right, its tests pass, and it shows what users see."""

from __future__ import annotations

import json
import re
import subprocess
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.foreign import SERVERS, Foreign

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.testing import Simulator, Stack
from pulumi_gitlab_kubernetes.testing.host import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins.answers_file import load
from pulumi_gitlab_kubernetes.testing.stand_ins.simulators import require_simulators

GUIDE = (Path(__file__).parents[2] / "docs/guides/stand-ins.md").read_text()
_PROGRAM = """\
import pulumi
from pulumi_gitlab_kubernetes import ClusterAgent

ClusterAgent("production", project="acme/shop", name="production")
bucket = pulumi.CustomResource("aws:s3/bucket:Bucket", "logs", {"bucket": "logs", "arn": None})
"""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """The guide's YAML file."""
    file = tmp_path / "stand-ins.yaml"
    file.write_text(_blocks("yaml")[0])
    return file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A stack with an agent and a resource of the YAML file."""
    folder = tmp_path / "infrastructure"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: infrastructure\nruntime: python\n")
    (folder / "__main__.py").write_text(_PROGRAM)
    return folder


def _function(block: str, answers: Path) -> Callable[..., None]:
    """Return the test of a block, with absolute paths."""
    text = block
    for name in ("stand-ins.yaml", "infrastructure"):
        text = text.replace(f'"{name}"', repr(str(answers.with_name(name))))
    module = types.ModuleType("block")
    exec(text, vars(module))  # noqa: S102 (the guide's own code)
    (found,) = (each for name, each in vars(module).items() if name.startswith("test_"))
    function: Callable[..., None] = found
    return function


def test_the_answers_are_valid(answers: Path, tmp_path: Path) -> None:
    """In YAML, and in Python. Both keys of the table and of the file are those of the code."""
    assert load(answers).packages == {"aws", "eks", "kubernetes"}
    file = tmp_path / "stand_ins.py"
    file.write_text(_blocks("python")[0])
    mocks = load(file)
    made = mocks.resource("aws:s3/bucket:Bucket", "logs", {})
    assert (made.id, made.outputs) == ("logs-1234", {"arn": "arn:aws:s3:::logs-1234"})
    region = mocks.function("aws:index/getRegion:getRegion", {}, "")
    assert region is not None
    assert region.outputs == {"region": "eu-central-1"}
    keys = re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)
    answers.write_text(f"resources: {{a:b:C: {{{': 1, '.join(['x', *keys])}: 1}}}}")
    with pytest.raises(
        HostError, match=r"it can have id, replace_on, outputs, secrets, seconds, er"
    ):
        load(answers)
    assert set(keys) == {"id", "outputs", "secrets", "replace_on", "seconds", "error"}


@pytest.mark.slow
def test_the_test_with_a_stack_passes(
    project: Path, answers: Path, gitlab_simulator: Simulator, gitlab_stack: Callable[..., Stack]
) -> None:
    """It deploys, and shows that it has stand-ins."""
    assert project.exists()
    function = _function(_blocks("python")[1], answers)
    function(gitlab_simulator, gitlab_stack)
    shown = gitlab_stack(project, name="other", stand_ins=answers).preview().stdout
    (line,) = re.findall(r"^stand-ins for .*", GUIDE, re.MULTILINE)
    assert re.sub(r" \d[\d.]+", "", line) in shown


def test_the_test_with_the_cli_has_stand_ins_on_path(
    answers: Path, gitlab_stand_ins: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it runs `pulumi`."""
    ran: list[Any] = []

    def run(command: list[str], **_options: Any) -> None:
        found = subprocess.Popen(["/bin/sh", "-c", "command -v pulumi-resource-eks"]).wait()
        ran.append((command[:2], found))

    monkeypatch.setattr(subprocess, "run", run)
    with monkeypatch.context() as patched:
        patched.setattr(
            "pulumi_gitlab_kubernetes.testing.stand_ins.folder.sdk_versions", lambda *_given: {}
        )
        _function(_blocks("python")[2], answers)(gitlab_stand_ins)
    assert ran == [(["pulumi", "preview"], 0)]


def test_the_command_prints_what_the_guide_shows(
    answers: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the versions of the guide's SDKs."""
    command, *shown = _blocks("console")[0].splitlines()
    for name, version in re.findall(r"(\w+) (\d[\d.]*\d)", shown[0]):
        sdk = tmp_path / "sdks" / f"pulumi_{name}"
        sdk.mkdir(parents=True)
        described = {"resource": True, "name": name, "version": version}
        (sdk / "pulumi-plugin.json").write_text(json.dumps(described))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "sdks"))
    monkeypatch.chdir(answers.parent)
    folder = tmp_path / "folder"
    arguments = command.replace("/tmp/stand-ins", str(folder)).split()[2:]  # noqa: S108 (the guide's)
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out.replace(str(folder), "/tmp/stand-ins")  # noqa: S108 (the guide's)
    assert said.splitlines() == shown


def test_the_error_is_the_guides() -> None:
    """For another server than a simulator."""
    (shown,) = re.findall(r"error: (stand-ins need .*)", GUIDE)
    with Foreign(SERVERS["nginx 404"]) as foreign, pytest.raises(HostError) as error:
        require_simulators({}, {"gitlab-kubernetes:baseUrl": foreign.url})
    assert str(error.value).replace(foreign.url, "https://gitlab.example.com") == shown
