"""The command `gitlab-kubernetes stack`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.cli import main
from pulumi_gitlab_kubernetes.testing.host.project import Project, StackSettings

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[str, str]]

_COMMAND = [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "stack"]
_NOTICE = (
    "The deployment host is for tests and first steps; use the Pulumi CLI for real deployments.\n"
)


@pytest.fixture
def run(project: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command in the project's directory and returns its output."""
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_BACKEND_URL", "PULUMI_PYTHON_CMD", "THINGS"):
        monkeypatch.setenv(name, project.environ[name])
    monkeypatch.chdir(project.directory)

    def call(*arguments: str, status: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        returned = main(["stack", *arguments])
        printed = capsys.readouterr()
        assert returned == status, printed
        assert printed.err.startswith(_NOTICE)
        return printed.out, printed.err.removeprefix(_NOTICE)

    return call


def _is_in(process: Path, directory: Path) -> bool:
    try:
        return (process / "cwd").resolve() == directory
    except OSError:
        return False  # it ended meanwhile, or is another user's


def _processes_of(directory: Path) -> list[int]:
    """Return the processes that run in a directory."""
    return [int(p.name) for p in Path("/proc").glob("[0-9]*") if _is_in(p, directory)]


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_commands_work_together(project: Any, run: Run) -> None:
    """Each command works on what the earlier ones left."""
    project.write(
        """
        a = Thing("a", colour=pulumi.Config().get("colour"))
        export("id", a.id)
        export("token", pulumi.Config().get_secret("token"))
        """
    )
    assert run("init") == ("Created stack 'dev'\n", "")
    assert "already exists" in run("init", status=1)[1]
    run("config", "set", "colour", "red")
    run("config", "set", "token", "s3cret", "--secret")
    preview, _ = run("preview", "--diff")
    assert '      + colour: "red"\n' in preview
    assert "    + 2 to create\n" in preview
    assert "changes were proposed" in run("preview", "--expect-no-changes", status=7)[1]
    assert "    + 2 created\n" in run("up", "--yes")[0]
    run("up", "-y", "--expect-no-changes")
    assert run("output", "id") == ("a-0\n", "")
    assert json.loads(run("output", "--json")[0]) == {"id": "a-0", "token": "[secret]"}
    assert run("output", "token", "--show-secrets") == ("s3cret\n", "")
    assert "output property 'nothing'" in run("output", "nothing", status=1)[1]
    run("export", "--file", "state.json")
    exported = json.loads((project.directory / "state.json").read_text())
    assert exported == json.loads(run("export")[0])
    assert "s3cret" not in json.dumps(exported)
    run("import", "--file", "state.json")
    assert "    2 unchanged\n" in run("refresh", "--yes")[0]
    assert "    - 2 to delete\n" in run("destroy", "--preview-only")[0]
    destroyed, _ = run("destroy", "--yes")
    assert "    - 2 deleted\n" in destroyed
    assert "The resources in the stack have been deleted" in destroyed
    assert project.contents() == {}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(_COMMAND, id="host"),
        pytest.param(["pulumi"], id="cli", marks=pytest.mark.cli),
    ],
)
def test_a_value_comes_from_stdin_as_for_the_cli(
    project: Any, command: list[str], tmp_path: Path
) -> None:
    """The value is all of stdin except the last line end; it may be empty."""
    environ = {**os.environ, **project.environ, "PULUMI_HOME": str(tmp_path / "home")}
    environ["PATH"] = os.environ["PATH"]
    project.stack().init()
    given = ("", " x\n\n", "é\r\n")
    for number, value in enumerate(given):
        arguments = ["config", "set", f"k{number}", "--stack", "dev"]
        subprocess.run(
            [*command, *arguments],
            cwd=project.directory,
            env=environ,
            input=value.encode(),
            check=True,
            capture_output=True,
        )
    project_ = Project.find(project.directory)
    stored = StackSettings.load(project_, "dev").config
    found = [stored[f"{project_.name}:k{number}"].value for number in range(len(given))]
    assert found == ["", " x\n", "é\r"]


_AT_A_TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) != 0)"


def test_a_secret_is_asked_for_at_a_terminal_and_not_shown(project: Any) -> None:
    """As by the CLI."""
    with subprocess.Popen(
        [sys.executable, "-c", _AT_A_TERMINAL, *_COMMAND, "config", "set", "word", "--secret"],
        cwd=project.directory,
        env={**os.environ, **project.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        output = b""
        while not output.endswith(b"value: "):
            output += process.stdout.read(1)
            assert process.poll() is None, output
        process.stdin.write(b"s3cret\n")
        process.stdin.flush()
        output = process.stdout.read()
    assert process.returncode == 0
    assert b"s3cret" not in output


def test_it_runs_in_another_directory_and_another_stack(
    project: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--cwd` and `--stack`."""
    project.write('export("stack", pulumi.get_stack())')
    monkeypatch.chdir(project.directory.parent)
    run("up", "--yes", "--cwd", "project", "--stack", "prod")
    assert run("output", "stack", "-C", "project", "-s", "prod") == ("prod\n", "")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PULUMI_BACKEND_URL", "s3://bucket", "keeps state in file:// backends, not s3://"),
        ("PULUMI_CONFIG_PASSPHRASE", None, "set PULUMI_CONFIG_PASSPHRASE or"),
        ("PULUMI_CONFIG_PASSPHRASE", "wrong", "incorrect passphrase"),
        ("PULUMI_PYTHON_CMD", "no-python", "PULUMI_PYTHON_CMD is no-python, which is not on PATH"),
    ],
)
def test_an_error_that_the_user_can_fix_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, message: str
) -> None:
    """It has no traceback."""
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    _, error = run("up", "--yes", status=1)
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_directory_without_a_project_is_one_line(project: Any, run: Run) -> None:
    """No parent directory has a project either."""
    (project.directory / "Pulumi.yaml").unlink()
    assert run("preview", status=1)[1].startswith("error: no Pulumi.yaml project file found")


def test_a_failing_program_shows_its_traceback(project: Any, run: Run) -> None:
    """The traceback is the program's own, and the exit status is 1."""
    project.write("1 / 0")
    text, _ = run("up", "--yes", status=1)
    assert "__main__.py" in text
    assert "ZeroDivisionError: division by zero" in text


def _start_slow_creation(project: Any, seconds: float) -> "subprocess.Popen[str]":
    project.write(f'a = Thing("a", seconds={seconds}); b = Thing("b", of=a.id)')
    process = subprocess.Popen(
        [*_COMMAND, "up", "--yes"],
        cwd=project.directory,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _wait_for((project.things / "calls").exists)
    return process


def test_ctrl_c_lets_running_steps_finish(project: Any, stack: Any) -> None:
    """They are recorded, no other step starts, and no process stays behind."""
    process = _start_slow_creation(project, 1.5)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "update canceled" in output
    assert "Traceback" not in output
    assert project.calls() == [("create", "a")]
    deployment = stack.export()["deployment"]
    assert [r.get("id") for r in deployment["resources"]][2:] == ["a-0"]
    assert "pending_operations" not in deployment
    assert _processes_of(project.directory) == []
    assert stack.up().summary == {"same": 2, "create": 1}


def test_a_second_ctrl_c_ends_at_once(project: Any, stack: Any) -> None:
    """The running step stays in the state as a pending operation."""
    process = _start_slow_creation(project, 60)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout
    while "^C received" not in (line := process.stdout.readline()):
        assert line
    time.sleep(0.6)  # Sooner, it would be the same press.
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert process.returncode == 1
    assert "Traceback" not in output
    deployment = stack.export()["deployment"]
    [pending] = deployment["pending_operations"]
    assert pending["type"] == "creating"
    assert pending["resource"]["urn"].endswith("::a")
    assert _processes_of(project.directory) == []


def test_the_run_after_a_killed_one_continues(project: Any, stack: Any) -> None:
    """It clears the lock and reports the pending creation."""
    process = _start_slow_creation(project, 60)
    process.kill()
    process.communicate(timeout=30)
    for orphan in _processes_of(project.directory):  # what it could not end itself
        os.kill(orphan, signal.SIGKILL)
    project.write('b = Thing("b")')
    result = stack.up()
    assert result.ok, result.stdout
    warnings = [m.message for m in result.diagnostics if m.severity == "warning"]
    assert "removed the lock of a process that has ended" in warnings[0]
    assert "interrupted while creating" in warnings[1]


def test_parallel_limits_the_operations_at_a_time(project: Any, run: Run) -> None:
    """The option has the CLI's names, in all four commands."""
    project.write('for name in "abc":\n    Thing(name, seconds=0.5)')
    run("up", "--yes", "--parallel", "1")
    assert [call for call, _name in project.calls("create", "made")] == ["create", "made"] * 3
    run("preview", "-p", "2")
    run("refresh", "--yes", "-p", "2")
    run("destroy", "--yes", "--parallel=2")
    assert project.contents() == {}
