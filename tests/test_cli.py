"""The command `gitlab-kubernetes` in a shell."""

import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

COMMANDS = (
    *("simulator", "stack", "local", "policy-pack", "audit"),
    *("clean-up", "migrate-config", "install-plugin"),
)


def command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a new process."""
    return subprocess.run(
        [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environ or None,
    )


def test_help_names_each_command() -> None:
    """`--help` lists them."""
    found = command("--help")

    assert found.returncode == 0
    for name in COMMANDS:
        assert f"    {name} " in f"{found.stdout} ".replace("\n", " \n")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str) -> None:
    """Each one describes itself."""
    found = command(name, "--help")

    assert found.returncode == 0
    assert "usage: gitlab-kubernetes" in found.stdout


def test_version_is_the_packages() -> None:
    """`--version` prints the installed version."""
    assert command("--version").stdout.strip() == version("pulumi-gitlab-kubernetes")


def test_an_unknown_command_is_an_error() -> None:
    """The error lists the commands."""
    found = command("deploy")

    assert found.returncode == 2
    assert "simulator" in found.stderr


@pytest.mark.parametrize(
    ("line", "package", "extra"),
    [
        ("local env", "ruamel", "testing"),
        ("simulator --port 0", "uvicorn", "testing"),
        ("policy-pack", "pulumi_policy", "policy"),
    ],
)
def test_a_missing_extra_is_named(tmp_path: Path, line: str, package: str, extra: str) -> None:
    """The error says how to install the extra."""
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError(name={package!r})")
    found = command(*line.split(), PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))

    assert found.returncode == 1
    assert found.stderr == (
        f"error: `gitlab-kubernetes {line.partition(' ')[0]}` needs the package {package}: run "
        f"`pip install 'pulumi-gitlab-kubernetes[{extra}]'`\n"
    )


def test_a_closed_pipe_is_no_error() -> None:
    """As in `gitlab-kubernetes policy-pack --rules | head -1`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "policy-pack", "--schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.close()
    _, complaints = process.communicate()

    assert (process.returncode, complaints) == (141, "")


@pytest.mark.parametrize(
    ("redirection", "status", "complaint"),
    [
        (">&-", 0, ""),
        (
            ">/dev/full",
            1,
            "error: the output or a file cannot be written: No space left on device\n",
        ),
    ],
)
def test_an_output_that_cannot_be_written_is_one_line(
    redirection: str, status: int, complaint: str
) -> None:
    """As in a service without a standard output, or if the disk is full."""
    line = f"{sys.executable} -m pulumi_gitlab_kubernetes.cli policy-pack --schema {redirection}"
    found = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)

    assert (found.returncode, found.stderr) == (status, complaint)


def test_an_interrupt_during_imports_ends_it(tmp_path: Path) -> None:
    """Ctrl-C ends the command, even if a package that it imports would swallow the exception."""
    (tmp_path / "semver.py").write_text(
        "import os, signal, time\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(1)\n"
        "except KeyboardInterrupt:\n"
        "    pass\n"
    )

    found = command("stack", "--help", **{**os.environ, "PYTHONPATH": str(tmp_path)})

    assert found.returncode == -signal.SIGINT
