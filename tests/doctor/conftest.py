"""Runs `gitlab-kubernetes doctor` with the environment of a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Project

from pulumi_gitlab_kubernetes import cli


@dataclass(frozen=True)
class Report:
    """A report of the command."""

    status: int
    checks: list[dict[str, Any]]
    text: str
    """All that the command printed."""

    def of(self, check: str, project: str | None = None) -> list[dict[str, Any]]:
        """Return the findings of a check."""
        return [
            each for each in self.checks if (each["check"], each["project"]) == (check, project)
        ]

    def one(self, check: str, project: str | None = None) -> dict[str, Any]:
        """Return the only finding of a check."""
        (found,) = self.of(check, project)
        return found

    def problems(self) -> list[str]:
        """Return the checks that found a problem."""
        return [each["check"] for each in self.checks if each["status"] == "problem"]


class Doctor:
    """Runs the command in an empty folder, with the environment of the test alone.

    Args:
        monkeypatch: Pytest's.
        capsys: Pytest's.
        folder: An empty folder.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder
        monkeypatch.chdir(folder)

    def __call__(self, environ: Mapping[str, str], *arguments: str) -> Report:
        """Run the command, and return its report. No secret of the environment is printed."""
        status, text = self.run(environ, "--json", *arguments)
        found = json.loads(text[text.index("{") :])
        assert found["ok"] is (status == 0)
        return Report(status, found["checks"], text)

    def run(self, environ: Mapping[str, str], *arguments: str) -> tuple[int, str]:
        """Run the command, and return its exit status and all that it printed."""
        with self._monkeypatch.context() as patched:
            for name, value in environ.items():
                patched.setenv(name, value)
            status = cli.main(["doctor", *arguments])
        printed = self._capsys.readouterr()
        for name, value in environ.items():
            if name.endswith("TOKEN") and value:
                assert value not in printed.out + printed.err
        return status, printed.err + printed.out


@pytest.fixture
def doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Doctor:
    """Runs the command."""
    return Doctor(monkeypatch, capsys, tmp_path)


@pytest.fixture
def maintainer(project: Project, users: dict[str, tuple[int, str]]) -> dict[str, str]:
    """The environment of a user with the Maintainer role."""
    return environ_of(project, users["maintainer"][1])


def environ_of(project: Project, token: str, url: str = "") -> dict[str, str]:
    """Return the environment of a user."""
    return {
        "PULUMI_GITLAB_BASE_URL": url or project.simulator.url,
        "PULUMI_GITLAB_TOKEN": token,
    }
