"""The settings that the command checks: a stack's configuration, and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Project
from tests.doctor.conftest import Doctor, environ_of
from tests.lifecycle.engines import CliStack

_PROJECT = "name: shop\nruntime: python\n"
_CANARY = "glpat-canary-of-doctor"


@pytest.fixture
def no_cli(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A machine without the Pulumi CLI."""
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("bin")))


@pytest.mark.usefixtures("no_cli")
def test_a_stack_that_cannot_be_read_is_a_warning(
    doctor: Doctor, maintainer: dict[str, str]
) -> None:
    """The environment is checked, as it may have all settings."""
    (doctor.folder / "Pulumi.yaml").write_text(_PROJECT)
    report = doctor(maintainer)
    warning, used = report.of("settings")
    assert warning["status"] == "warning"
    assert "`pulumi` is not on PATH" in warning["finding"]
    assert used["finding"].startswith("from the environment, for ")
    assert report.status == 0


@pytest.mark.usefixtures("no_cli")
def test_a_named_stack_that_cannot_be_read_is_an_error(
    doctor: Doctor, maintainer: dict[str, str]
) -> None:
    """The command has failed: it checked nothing."""
    status, text = doctor.run(maintainer, "--stack", "dev")
    assert status == 2
    assert text.startswith("error: `pulumi` is not on PATH")


@pytest.mark.usefixtures("no_cli")
def test_a_table_is_for_people(doctor: Doctor, maintainer: dict[str, str]) -> None:
    """What to do is on a line of its own, and the counts at the end."""
    status, text = doctor.run({**maintainer, "PULUMI_GITLAB_TOKEN": _CANARY})
    assert status == 1
    lines = text.splitlines()
    assert lines[0].split() == ["STATUS", "CHECK", "FINDING"]
    (problem,) = (number for number, line in enumerate(lines) if line.startswith("problem"))
    assert lines[problem].split()[1] == "token"
    assert lines[problem + 1].strip().startswith("-> check ")
    assert lines[-1] == "1 problem and 0 warnings."


@pytest.fixture
def stack(tmp_path: Path, project: Project, users: dict[str, tuple[int, str]]) -> CliStack:
    """A stack with the settings of a user."""
    return CliStack(
        tmp_path / "stack",
        {"gitlab:baseUrl": project.simulator.url, "other:baseUrl": "http://127.0.0.1:9"},
        {"gitlab:token": users["maintainer"][1], "other:token": _CANARY},
    )


@pytest.mark.cli
@pytest.mark.slow
def test_the_configuration_of_the_stack_is_used(
    doctor: Doctor, stack: CliStack, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the current stack in this folder, or of a named one elsewhere."""
    monkeypatch.chdir(stack.project)
    report = doctor(stack.environ, "--project", project.path)
    assert report.status == 0, report.text
    url = project.simulator.url
    assert report.one("settings")["finding"] == f"from the current stack, for {url}"
    monkeypatch.chdir(doctor.folder)
    report = doctor(stack.environ, "--stack", "test", "--cwd", str(stack.project))
    assert report.one("settings")["finding"] == f"from stack test, for {url}"

    where = ("--cwd", str(stack.project))
    report = doctor(stack.environ, "--connection", "other", *where)
    assert report.problems() == ["address"]
    assert _CANARY not in report.text
    report = doctor({**stack.environ, **environ_of(project, _CANARY)}, *where)
    assert report.problems() == ["token"]
    assert report.one("settings")["finding"] == (
        f"from the current stack and PULUMI_GITLAB_TOKEN and PULUMI_GITLAB_BASE_URL, for {url}"
    )
    assert "migrate-config" in report.one("native provider")["advice"]
    stack.set_config("gitlab:baseurl", url)
    report = doctor(stack.environ, *where)
    assert report.problems() == ["settings"]
    assert report.one("settings")["finding"].startswith("gitlab:baseurl is not a setting: write")

    status, text = doctor.run(stack.environ, "--stack", "absent", *where)
    assert status == 2
    assert "no stack named 'absent'" in text
