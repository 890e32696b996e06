"""Build the wheel and the source distribution once, and check both as users install them.

Each is installed into a clean environment of every supported Python that `uv` finds; `smoke.py`
then runs there. Nothing is uploaded: the last lines say what a maintainer types next.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
SMOKE = Path(__file__).with_name("smoke.py")
_BIN = Path(sys.executable).parent
_SUPPORTED = "Programming Language :: Python :: 3."


def main() -> int:
    """Build, check and say what comes next.

    Returns:
        The exit status.
    """
    wheel, sdist = build()
    metadata = metadata_of(wheel)
    version = metadata["Version"]
    checked = 0
    for python in supported(metadata):
        interpreter = find(python)
        if interpreter is None:
            print(f"Python {python}: not on this machine, not checked")
            continue
        for distribution in (wheel, sdist):
            check(distribution, interpreter, version)
            print(f"Python {python}: {distribution.name} works")
        checked += 1
    if not checked:
        print("No supported Python was found", file=sys.stderr)
        return 1
    print(
        f"\nTo release {version} from a clean commit:\n"
        f"  git tag --sign v{version} --message 'Release {version}'\n"
        f"  git push origin v{version}\n"
        f"  .venv/bin/twine upload {wheel.relative_to(ROOT)} {sdist.relative_to(ROOT)}"
    )
    return 0


def build() -> tuple[Path, Path]:
    """Build both distributions and check their contents and metadata.

    Returns:
        The wheel and the source distribution.
    """
    shutil.rmtree(DIST, ignore_errors=True)
    _run(_BIN / "python", "-m", "hatchling", "build", "-d", DIST)
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    _run(_BIN / "twine", "check", "--strict", wheel, sdist)
    _run(_BIN / "check-wheel-contents", wheel)
    return wheel, sdist


def metadata_of(wheel: Path) -> Message:
    """Return a wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def supported(metadata: Message) -> list[str]:
    """Return the Python versions that the metadata names, such as `3.13`."""
    classifiers = metadata.get_all("Classifier", [])
    return [f"3.{each[len(_SUPPORTED) :]}" for each in classifiers if each.startswith(_SUPPORTED)]


def find(python: str) -> str | None:
    """Return the interpreter of a Python version, or None where there is none."""
    command = (_BIN / "uv", "python", "find", "--system", "--no-project", "--offline", python)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def check(distribution: Path, interpreter: str, version: str) -> None:
    """Install a distribution into a clean environment and run it there.

    Args:
        distribution: The wheel or the source distribution.
        interpreter: The Python to make the environment with.
        version: The version that the installed command has to name.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = folder / "environment"
        python = environment / "bin" / "python"
        _run(_BIN / "uv", "venv", "--quiet", "--python", interpreter, environment)
        install = (_BIN / "uv", "pip", "install", "--quiet", "--python", python)
        _run(*install, distribution)
        _run(python, "-I", "-c", "from pulumi_gitlab_kubernetes import *", cwd=folder)
        command = environment / "bin" / "gitlab-kubernetes"
        said = _run(command, "--version", cwd=folder).strip()
        if said != version:
            raise SystemExit(f"{command} --version says {said}, not {version}")
        _run(*install, f"{distribution}[testing]")
        _run(python, "-I", SMOKE, cwd=folder)


def _run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command without this environment's own settings; show what it says if it fails."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
