"""The table of supported versions."""

from __future__ import annotations

import re
import subprocess
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "supported-versions.md").read_text()
PACKAGE = metadata("pulumi-gitlab-kubernetes")
_ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")]) and len(cells) == 3
}
_REQUIREMENTS = {
    "Pulumi SDK for Python": "pulumi",
    "Pulumi policy SDK": "pulumi-policy",
    "python-gitlab": "python-gitlab",
}


def test_the_pythons_are_those_of_the_metadata() -> None:
    """Which `make release` checks."""
    classifiers = PACKAGE.get_all("Classifier", [])
    found = [each.rpartition(" ")[2] for each in classifiers if " :: 3." in each]
    assert _ROWS["Python"][0] == ", ".join(found)


@pytest.mark.parametrize(("row", "name"), _REQUIREMENTS.items())
def test_the_requirements_are_those_of_the_metadata(row: str, name: str) -> None:
    """The version that runs these tests is one of them."""
    found = [Requirement(each) for each in PACKAGE.get_all("Requires-Dist", [])]
    (requirement,) = (each for each in found if each.name == name)
    least, below = re.fullmatch(r"([\d.]+) or later, below ([\d.]+)", _ROWS[row][0]).groups()  # type: ignore[union-attr] # else it fails
    assert str(requirement.specifier) in {f">={least},<{below}", f"<{below},>={least}"}
    assert requirement.specifier.contains(version(name))


@pytest.mark.cli
def test_the_cli_that_runs_the_tests_is_in_the_table() -> None:
    """With its default settings."""
    found = subprocess.run(["pulumi", "version"], capture_output=True, text=True, check=True)  # noqa: S607 (the CLI on PATH)
    minor = ".".join(found.stdout.strip().lstrip("v").split(".")[:2])
    assert _ROWS["Pulumi CLI"] == [f"{minor} or later", f"{minor}, with its default settings"]


def test_the_guide_to_installing_names_the_same_cli() -> None:
    """Where it says what you need."""
    tested = _ROWS["Pulumi CLI"][1].partition(",")[0]
    assert f"with version {tested}" in (ROOT / "docs" / "guides" / "install.md").read_text()


def test_the_tests_that_the_promises_name_exist() -> None:
    """In SECURITY.md; links are checked with those of all pages."""
    found = re.findall(r"`(tests/[^`]+)`", (ROOT / "SECURITY.md").read_text())
    assert found
    for path in found:
        assert (ROOT / path).exists(), path
