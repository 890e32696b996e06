"""The folder of stand-ins, and `gitlab-kubernetes stand-in`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from tests.testing.stand_ins.processes import started

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins import folder as folders

ANSWERS = Path(__file__).with_name("answers.yaml")
_PYTHON = Path(sys.executable)


def _sdk(folder: Path, /, **described: object) -> None:
    folder.mkdir(parents=True)
    (folder / "pulumi-plugin.json").write_text(json.dumps(described))


def test_the_command_writes_an_executable_for_each_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the version of the SDK that is installed; it serves the protocol."""
    sdks = tmp_path / "sdks"
    _sdk(sdks / "pulumi_cloud", resource=True, name="cloud", version="4.4.0")
    _sdk(sdks / "pulumi_two_words", resource=True, version="1.2.3")
    _sdk(sdks / "pulumi_other", resource=False, name="other", version="1.0.0")
    monkeypatch.setenv("PYTHONPATH", str(sdks))
    folder = tmp_path / "stand ins"
    arguments = ["--answers", str(ANSWERS), "--package", "two-words", "--package", "other"]
    assert cli.main(["stand-in", str(folder), *arguments]) == 0
    packages = "cloud 4.4.0, kube, other, two-words 1.2.3"
    assert capsys.readouterr().out == (
        f"Stand-ins for {packages}. Use them with a GitLab simulator:\n"
        f"  PATH='{folder}':$PATH pulumi preview\n"
    )
    for package, version in {"cloud": "4.4.0", "kube": "", "two-words": "1.2.3"}.items():
        with started(folder, package) as plugin:
            assert plugin.version() == version


def test_the_folder_may_be_written_again(tmp_path: Path) -> None:
    """Only its own old stand-ins go."""
    folder = tmp_path / "stand-ins"
    folder.mkdir()
    (folder / "pulumi-resource-real").write_text("mine")
    folders.write(folder, [], ["old"], python=_PYTHON, environ=os.environ)
    folders.write(folder, [], ["new"], python=_PYTHON, environ=os.environ)
    names = {path.name for path in folder.glob("pulumi-*")}
    assert names == {"pulumi-resource-new", "pulumi-resource-real"}
    (made,) = folders.read(folder)
    assert made.package == "new"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "stand-ins: no package is named: name it in the file under packages"),
        (
            ["--answers", "one.yaml", "--answers", "two.yaml"],
            (
                "stand-ins: {folder}/one.yaml and two.yaml are both for the package cloud: put its "
                "answers into one file"
            ),
        ),
        (
            ["--package", "cloud", "--python", "/no/such/python"],
            "stand-ins: /no/such/python cannot tell which SDKs it has",
        ),
        (["--answers", "none.yaml"], "stand-ins: there is no file none.yaml"),
        (["--package", "../cloud"], "stand-ins: '../cloud' is not the name of a package"),
        (
            ["--package", "gitlab-kubernetes"],
            "stand-ins: gitlab-kubernetes must be the real plugin: use a simulator for it",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command fails, and writes nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("one.yaml", "two.yaml"):
        Path(name).write_text("packages: [cloud]")
    assert cli.main(["stand-in", "made", *arguments]) == 1
    assert capsys.readouterr().err == f"error: {message.format(folder=tmp_path)}\n"
    assert not Path("made").exists()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """For example, a file."""
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot be written"):
        folders.write(tmp_path / "file", [], ["cloud"], python=_PYTHON, environ=os.environ)
