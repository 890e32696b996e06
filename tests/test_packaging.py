"""The contents of the wheel and of the source distribution."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "provider"
PACKAGE = "pulumi_gitlab_kubernetes"


@pytest.fixture(scope="module")
def sdist_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (file,) = folder.glob("*.tar.gz")
    return file


@pytest.fixture(scope="module")
def sdist(sdist_file: Path) -> dict[str, bytes]:
    """The files of the source distribution, without the folder that they all are in."""
    with tarfile.open(sdist_file) as archive:
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


@pytest.fixture(scope="module")
def metadata(in_wheel: dict[str, bytes]) -> Message:
    """The wheel's metadata."""
    (content,) = (in_wheel[name] for name in in_wheel if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(content.decode())


def _source() -> set[str]:
    return {
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }


def test_the_wheel_contains_only_the_package(in_wheel: dict[str, bytes]) -> None:
    """The wheel has every module and `py.typed`, and neither tests nor examples."""
    assert {name for name in in_wheel if ".dist-info/" not in name} == _source()
    assert f"{PACKAGE}/py.typed" in in_wheel


def test_the_source_distribution_contains_the_sources_of_the_wheel(
    sdist: dict[str, bytes],
) -> None:
    """It has neither tests nor examples."""
    package = {name for name in sdist if name.startswith("provider/")}
    assert package == {f"provider/{name}" for name in _source()}
    beside = {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore", "PKG-INFO"}
    assert set(sdist) == package | beside


def test_the_tools_of_the_package_index_find_nothing(wheel: Path, sdist_file: Path) -> None:
    """The description renders, and the wheel holds no file twice and none at its top."""
    bin_ = Path(sys.executable).parent
    commands: list[list[str | Path]] = [
        [bin_ / "twine", "check", "--strict", wheel, sdist_file],
        [bin_ / "check-wheel-contents", wheel],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_metadata_names_the_supported_pythons(metadata: Message) -> None:
    """The oldest is what `Requires-Python` says; ruff and mypy check the code for it."""
    project = (ROOT / "pyproject.toml").read_text()
    classifiers = " ".join(metadata.get_all("Classifier", []))
    supported = [int(each) for each in re.findall(r"Python :: 3\.(\d+)", classifiers)]
    assert supported == [*range(supported[0], supported[-1] + 1)]
    assert metadata["Requires-Python"] == f">=3.{supported[0]}"
    assert f'target-version = "py3{supported[0]}"' in project
    assert f'python_version = "3.{supported[0]}"' in project


def test_the_metadata_names_the_extras_and_entry_points(
    metadata: Message, in_wheel: dict[str, bytes]
) -> None:
    """The documentation names the extras; a command and pytest's plugin start by these names."""
    assert metadata.get_all("Provides-Extra") == ["native", "policy", "testing"]
    (points,) = (in_wheel[each] for each in in_wheel if each.endswith("/entry_points.txt"))
    assert points.decode().split() == [
        *("[console_scripts]", "gitlab-kubernetes", "=", f"{PACKAGE}.cli:main"),
        *("pulumi-resource-gitlab-kubernetes", "=", f"{PACKAGE}.native.__main__:main"),
        *("[pytest11]", "gitlab_kubernetes", "=", f"{PACKAGE}.testing.plugin"),
    ]


def test_both_hold_the_licence_that_they_name(
    in_wheel: dict[str, bytes], sdist: dict[str, bytes], metadata: Message
) -> None:
    """Its whole text, where tools look for it."""
    (folder,) = {name.partition("/")[0] for name in in_wheel if ".dist-info/" in name}
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    license_text = (ROOT / "LICENSE").read_bytes()
    assert b"Version 2.0, January 2004" in license_text
    assert b"END OF TERMS AND CONDITIONS" in license_text
    assert in_wheel[f"{folder}/licenses/LICENSE"] == sdist["LICENSE"] == license_text


def test_the_wheel_declares_that_it_has_no_plugin(in_wheel: dict[str, bytes]) -> None:
    """Without this, the Pulumi CLI would try to download a plugin with the package's name."""
    assert json.loads(in_wheel[f"{PACKAGE}/pulumi-plugin.json"]) == {"resource": False}
