"""Forked processes behave like started ones."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.host._fork_server import LENGTH
from pulumi_gitlab_kubernetes.testing.host.fork_server import ForkServer, _Server
from pulumi_gitlab_kubernetes.testing.host.process import Spawn, start_process

pytestmark = pytest.mark.slow

_SHOW = """
import atexit, json, os, sys
print(json.dumps([
    __name__, __file__, sys.argv, os.getcwd(), sys.path, dict(os.environ), sys.stdin.read(),
    os.getpgid(0) == os.getpid(), sys.flags.dev_mode, sorted(os.listdir("/proc/self/fd")),
]))
print("an error", file=sys.stderr)
atexit.register(print, "at its end")
"""


@pytest.fixture(scope="module")
def forks() -> Iterator[Spawn]:
    """Forks, and knows that it did."""
    server = ForkServer()
    yield server.spawn
    server.stop()


def _run(spawn: Spawn, directory: Path, *arguments: str, **environ: str) -> tuple[int, str, str]:
    process = spawn([sys.executable, "-u", *arguments], directory, {**os.environ, **environ})
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        return process.wait(30), process.stdout.read(), process.stderr.read()


def _is_forked(spawn: Spawn, directory: Path, **environ: str) -> bool:
    """Whether a process in a directory is forked, which the modules that it has show."""
    (directory / "asked.py").write_text("import sys; print('pulumi' in sys.modules)")
    _, out, _ = _run(spawn, directory, "-m", "asked", **environ)
    return out == "True\n"


@pytest.mark.parametrize("arguments", [("-m", "shown", "a", "b"), ("shown.py", "a")])
def test_a_process_finds_what_it_would_find(
    forks: Spawn, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Arguments, directory, modules, environment, streams, group, and its end."""
    (tmp_path / "shown.py").write_text(_SHOW)
    given = [str(tmp_path / part) if part == "shown.py" else part for part in arguments]
    assert _is_forked(forks, tmp_path)
    expected = _run(start_process, tmp_path, *given, COLOUR="blue")
    assert _run(forks, tmp_path, *given, COLOUR="blue") == expected
    assert "at its end" in expected[1]
    assert '"COLOUR": "blue"' in expected[1]


@pytest.mark.parametrize(
    ("program", "status"),
    [("import sys; sys.exit(32)", 32), ("1 / 0", 1), ("import os; os.kill(os.getpid(), 9)", -9)],
)
def test_the_exit_status(forks: Spawn, tmp_path: Path, program: str, status: int) -> None:
    """Also that of a traceback and of a signal."""
    (tmp_path / "ends.py").write_text(program)
    got, _, error = _run(forks, tmp_path, "-m", "ends")
    assert got == status
    assert ("ZeroDivisionError: division by zero" in error) == (status == 1)


def test_a_script_with_this_interpreter_is_forked_too(forks: Spawn, tmp_path: Path) -> None:
    """It is an executable, such as a plugin's, and behaves like the started one."""
    script = tmp_path / "pulumi-resource-shown"
    script.write_text(f"#!{sys.executable}\n{_SHOW}\nprint('pulumi' in sys.modules)")
    script.chmod(0o755)

    def run(spawn: Spawn) -> tuple[int, str]:
        process = spawn([str(script), "a"], tmp_path, os.environ)
        assert process.stdout
        assert process.stderr
        with process.stdout, process.stderr:
            return process.wait(30), process.stdout.read()

    forked, started = run(forks), run(start_process)
    assert forked == (0, started[1].replace("False", "True"))
    assert "False" in started[1]


def test_many_at_once(forks: Spawn, tmp_path: Path) -> None:
    """Each has its own output and status."""
    (tmp_path / "many.py").write_text("import sys; print(sys.argv[1]); sys.exit(int(sys.argv[1]))")
    started = [
        forks([sys.executable, "-u", "-m", "many", str(each)], tmp_path, os.environ)
        for each in range(20)
    ]
    for number, process in enumerate(started):
        assert process.stdout
        assert process.stderr
        with process.stdout, process.stderr:
            assert (process.wait(30), process.stdout.read()) == (number, f"{number}\n")


def test_a_signal_reaches_its_whole_group(forks: Spawn, tmp_path: Path) -> None:
    """And waiting for one that goes on ends in time."""
    (tmp_path / "stays.py").write_text(
        "import subprocess, time; subprocess.Popen(['sleep', '60']); print('up'); time.sleep(60)"
    )
    process = forks([sys.executable, "-u", "-m", "stays"], tmp_path, os.environ)
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        assert process.stdout.readline() == "up\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM
        assert process.stdout.read() == ""  # The grandchild had it open.


def test_other_settings_of_python_need_another_start(forks: Spawn, tmp_path: Path) -> None:
    """They are read where an interpreter starts."""
    assert not _is_forked(forks, tmp_path, PYTHONPATH=str(tmp_path))


def test_an_interpreter_that_cannot_be_forked_from_is_started(forks: Spawn, tmp_path: Path) -> None:
    """What it says is shown as usual."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho no pulumi >&2\nexit 3\n")
    python.chmod(0o755)
    process = forks([str(python), "-u", "-m", "pulumi.dynamic"], tmp_path, os.environ)
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        assert (process.wait(30), process.stderr.read()) == (3, "no pulumi\n")


def test_a_program_may_change_within_a_second(forks: Spawn, tmp_path: Path) -> None:
    """Nothing of its bytecode is kept."""
    for text in ("one", "two", "six"):
        (tmp_path / "program.py").write_text(f"print('{text}')")
        (tmp_path / "runs.py").write_text("import program")
        assert _run(forks, tmp_path, "-m", "runs")[1] == f"{text}\n"


def test_the_bytecode_of_installed_modules_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some installers compile nothing, and a large SDK takes seconds."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    environment, program = tmp_path / "environment", tmp_path / "program"
    venv.create(environment, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib"))
    (packages / "sdk.py").touch()
    program.mkdir()
    (program / "uses.py").write_text("import pulumi, sdk, own; print(sdk.__file__)")
    (program / "own.py").touch()
    server = ForkServer()
    process = server.spawn([f"{environment}/bin/python", "-u", "-m", "uses"], program, os.environ)
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        assert process.stdout.read() == f"{packages / 'sdk.py'}\n", process.stderr.read()
    server.stop()
    assert list(packages.rglob("sdk.*.pyc"))
    assert not list(program.rglob("*.pyc"))


def test_settings_of_python_that_came_later_need_another_start(
    forks: Spawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that forks does not have them, though this one has by now."""
    assert _is_forked(forks, tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert not _is_forked(forks, tmp_path)


@pytest.mark.parametrize("hidden", ["gitlab.py", "grpc", "json.py"])
def test_a_module_that_hides_another_needs_another_start(
    forks: Spawn, tmp_path: Path, hidden: str
) -> None:
    """What was imported before would win."""
    assert _is_forked(forks, tmp_path)
    if hidden.endswith(".py"):
        (tmp_path / hidden).write_text("")
    else:
        (tmp_path / hidden).mkdir()
    assert not _is_forked(forks, tmp_path)


def test_its_process_ends_with_it(tmp_path: Path) -> None:
    """It ends even if it gets no message."""
    (tmp_path / "test.py").write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from pulumi_gitlab_kubernetes.testing.host.fork_server import ForkServer\n"
        "here = Path(sys.argv[1])\n"
        "(here / 'parent.py').write_text('import os; print(os.getppid())')\n"
        "command = [sys.executable, '-u', '-m', 'parent']\n"
        "process = ForkServer().spawn(command, here, os.environ)\n"
        "print(process.stdout.read(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "test.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    server = Path("/proc", done.stdout.strip())
    deadline = time.monotonic() + 10
    while server.exists() and "Z" not in (server / "stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_ends_in_the_middle_of_a_request() -> None:
    """A killed client sends no rest."""
    server = _Server(sys.executable)
    assert server.imported
    with server._connection as connection:
        socket.send_fds(connection, [LENGTH.pack(100), b"{"], [1, 2])
        connection.shutdown(socket.SHUT_WR)
        assert server._popen.wait(10) == 1


def test_a_stack_comes_out_the_same(project: Any, forks: Spawn) -> None:
    """Steps, state and calls."""
    project.write('a = Thing("a"); b = Thing("b", of=a.id); export("id", b.id)')
    runs = []
    for spawn in (start_process, forks):
        stack = Stack(project.directory, environ=project.environ, spawn=spawn)
        results = [stack.preview(), stack.up(), stack.refresh(), stack.destroy()]
        runs.append((results[1].steps, [each.summary for each in results], project.calls()))
        assert all(each.ok for each in results)
    assert runs[0] == runs[1]
