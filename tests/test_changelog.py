"""The changelog, and the notes of a release that come from it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version
from tools import changelog
from tools.changelog import notes, versions
from tools.release import release_notes

ROOT = Path(__file__).parents[1]
TEXT = changelog.CHANGELOG.read_text()
SMALL = """\
# Changelog

## [Unreleased]

### Added

- New.

## [0.2.0] - 2026-02-01

### Fixed

- Better.

## [0.1.0] - 2026-01-01

- First.
"""


def test_versions_are_in_order() -> None:
    """The newest first, each with its date; unreleased changes come before them."""
    found = versions(TEXT)
    assert found
    released = [(Version(name), date) for name, date in found if name != changelog.UNRELEASED]
    assert released == sorted(released, reverse=True)
    assert all(date for _version, date in released)
    assert changelog.UNRELEASED not in [name for name, _date in found[1:]]


def test_the_version_of_the_project_is_the_newest() -> None:
    """Or the next one, while its changes are unreleased."""
    current = Version(version("pulumi-gitlab-kubernetes"))
    names = [name for name, _date in versions(TEXT)]
    newest = [Version(name) for name in names if name != changelog.UNRELEASED]
    assert changelog.UNRELEASED in names or newest[0] == current
    assert all(each <= current for each in newest)


def test_notes_are_those_of_one_version() -> None:
    """Without the heading."""
    assert versions(SMALL) == [
        ("Unreleased", ""),
        ("0.2.0", "2026-02-01"),
        ("0.1.0", "2026-01-01"),
    ]
    assert notes(SMALL, "0.2.0") == "### Fixed\n\n- Better."
    assert notes(SMALL, "0.1.0") == "- First."
    with pytest.raises(LookupError, match=r"no part `## \[0.3.0\]`"):
        notes(SMALL, "0.3.0")


def test_the_command_prints_them() -> None:
    """An unknown version is one line."""
    command = [sys.executable, "-m", "tools.changelog"]
    done = subprocess.run(
        [*command, "9.9.9"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: CHANGELOG.md has no part `## [9.9.9]`\n"


def test_a_tag_must_be_the_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And the changelog must have it; without a tag, unreleased changes are enough."""
    file = tmp_path / "CHANGELOG.md"
    file.write_text(SMALL)
    monkeypatch.setattr(changelog, "CHANGELOG", file)
    assert release_notes("0.2.0", {"CI_COMMIT_TAG": "v0.2.0"}) == notes(SMALL, "0.2.0")
    assert release_notes("0.3.0", {}) == notes(SMALL, "Unreleased")
    with pytest.raises(SystemExit, match=r"The tag v0.1.0 is not v0.2.0"):
        release_notes("0.2.0", {"CI_COMMIT_TAG": "v0.1.0"})
    with pytest.raises(SystemExit, match="no part"):
        release_notes("0.3.0", {"CI_COMMIT_TAG": "v0.3.0"})
