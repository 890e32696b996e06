"""What is in the wheel and in the source distribution."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "provider"
PACKAGE = "pulumi_gitlab_kubernetes"


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the source distribution, without the folder that they all are in."""
    folder = tmp_path_factory.mktemp("sdist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (file,) = folder.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        return {
            member.name.partition("/")[2]: content.read()
            for member in archive
            if (content := archive.extractfile(member))
        }


@pytest.fixture(scope="module")
def in_wheel(wheel: Path) -> dict[str, bytes]:
    """The files of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _source() -> set[str]:
    return {
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }


def test_the_wheel_holds_the_package_alone(in_wheel: dict[str, bytes]) -> None:
    """The wheel has every module and `py.typed`, and neither tests nor examples."""
    assert {name for name in in_wheel if ".dist-info/" not in name} == _source()
    assert f"{PACKAGE}/py.typed" in in_wheel


def test_the_source_distribution_holds_what_the_wheel_is_built_from(
    sdist: dict[str, bytes],
) -> None:
    """And neither tests nor examples."""
    package = {name for name in sdist if name.startswith("provider/")}
    assert package == {f"provider/{name}" for name in _source()}
    beside = {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore", "PKG-INFO"}
    assert set(sdist) == package | beside


def test_both_hold_the_licence_that_they_name(
    in_wheel: dict[str, bytes], sdist: dict[str, bytes]
) -> None:
    """Its whole text, where tools look for it."""
    (folder,) = {name.partition("/")[0] for name in in_wheel if ".dist-info/" in name}
    metadata = Parser().parsestr(in_wheel[f"{folder}/METADATA"].decode())
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    licence = (ROOT / "LICENSE").read_bytes()
    assert b"Version 2.0, January 2004" in licence
    assert b"END OF TERMS AND CONDITIONS" in licence
    assert in_wheel[f"{folder}/licenses/LICENSE"] == sdist["LICENSE"] == licence


def test_the_wheel_tells_the_pulumi_cli_that_there_is_no_plugin(
    in_wheel: dict[str, bytes],
) -> None:
    """Without this the CLI looks for a binary of the distribution's name in the network."""
    assert json.loads(in_wheel[f"{PACKAGE}/pulumi-plugin.json"]) == {"resource": False}
