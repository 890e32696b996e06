"""Build the wheel and the source distribution once, and check both as users install them.

Each is installed into a clean environment of every supported Python that `uv` finds; `smoke.py`
then runs there. From the first one come what a release has besides: the software bill of
materials and the plugin's archives. Nothing is uploaded: the last lines say what a maintainer types
next.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from email.parser import Parser
from pathlib import Path

from tools import changelog

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
RELEASE = DIST / "release"
"""What a release has besides the two distributions."""
PLATFORMS = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
"""The platforms for which the Pulumi CLI asks a server for an archive. All are the same."""
SMOKE = Path(__file__).with_name("smoke.py")
_BIN = Path(sys.executable).parent
_TOOLS = Path(sys.prefix) / "tools" / "bin"
"""An environment of its own: a library that the tool needs makes each import of jsonschema slow."""
_SUPPORTED = "Programming Language :: Python :: 3."


def main() -> int:
    """Build, check and say what comes next.

    Returns:
        The exit status.
    """
    wheel, sdist = build()
    metadata = metadata_of(wheel)
    version = metadata["Version"]
    RELEASE.mkdir()
    (RELEASE / "notes.md").write_text(f"{release_notes(version, os.environ)}\n", encoding="utf-8")
    checked = 0
    for python in supported(metadata):
        interpreter = find(python)
        if interpreter is None:
            print(f"Python {python}: not on this machine, not checked")
            continue
        for distribution in (wheel, sdist):
            with installed(distribution, interpreter) as environment:
                if not checked and distribution is wheel:
                    sbom(environment, RELEASE / "sbom.cdx.json")
                    plugin_archives(environment, version, RELEASE)
                check(distribution, environment, version)
            print(f"Python {python}: {distribution.name} works")
        checked += 1
    if not checked:
        print("No supported Python was found", file=sys.stderr)
        return 1
    print(
        f"\nTo release {version} from a clean commit:\n"
        f"  git tag --sign v{version} --message 'Release {version}'\n"
        f"  git push origin v{version}\n"
        "The pipeline of the tag builds again, publishes to PyPI and creates the release."
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


def release_notes(version: str, environ: Mapping[str, str]) -> str:
    """Return the changelog's text of a version.

    Args:
        version: The version that was built.
        environ: The environment's variables. In the pipeline of a tag, the tag must name the
            version, and the changelog must have it. Otherwise the next version's text is enough.
    """
    text = changelog.CHANGELOG.read_text(encoding="utf-8")
    tag = environ.get("CI_COMMIT_TAG")
    if tag and tag != f"v{version}":
        raise SystemExit(f"The tag {tag} is not v{version}: set the version in pyproject.toml")
    try:
        return changelog.notes(text, version)
    except LookupError as error:
        if tag:
            raise SystemExit(error.args[0]) from None
        return changelog.notes(text, changelog.UNRELEASED)


@contextmanager
def installed(distribution: Path, interpreter: str, *options: str) -> Iterator[Path]:
    """Install a distribution into a clean environment, and return its folder.

    Args:
        distribution: The wheel or the source distribution.
        interpreter: The Python to make the environment with.
        options: More options of `uv pip install`.
    """
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch) / "environment"
        _run(_BIN / "uv", "venv", "--quiet", "--python", interpreter, environment)
        _install(environment, distribution, *options)
        yield environment


def _install(environment: Path, distribution: str | Path, *options: str) -> None:
    python = environment / "bin" / "python"
    _run(_BIN / "uv", "pip", "install", "--quiet", *options, "--python", python, distribution)


def sbom(environment: Path, file: Path) -> None:
    """Write the software bill of materials of an environment, in CycloneDX's JSON.

    Args:
        environment: An environment with the package and what it needs.
        file: The file to write.
    """
    tool = (_TOOLS / "cyclonedx-py", "environment", "--output-reproducible", "--of", "JSON")
    project = ("--pyproject", ROOT / "pyproject.toml", "--mc-type", "library")
    _run(*tool, *project, "--output-file", file, environment / "bin" / "python")


def plugin_archives(environment: Path, version: str, folder: Path) -> None:
    """Write the archives of the plugin that `pulumi plugin install --server` downloads.

    Each has the wheel, and the Pulumi CLI installs it into a Python environment of its own.

    Args:
        environment: An environment with the wheel.
        version: The version.
        folder: Where to write them.
    """
    with tempfile.TemporaryDirectory() as scratch:
        command = environment / "bin" / "gitlab-kubernetes"
        _run(command, "install-plugin", "--own-environment", "--folder", scratch)
        for platform in PLATFORMS:
            name = f"pulumi-resource-gitlab-kubernetes-v{version}-{platform}.tar.gz"
            with tarfile.open(folder / name, "w:gz") as archive:
                for path in sorted(Path(scratch).iterdir()):
                    archive.add(path, path.name, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Remove the user who built it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def check(distribution: Path, environment: Path, version: str) -> None:
    """Run a distribution in a clean environment.

    Args:
        distribution: The wheel or the source distribution.
        environment: An environment in which it is installed.
        version: The version that the installed command has to name.
    """
    python, folder = environment / "bin" / "python", environment.parent
    _run(python, "-I", "-c", "from pulumi_gitlab_kubernetes import *", cwd=folder)
    command = environment / "bin" / "gitlab-kubernetes"
    said = _run(command, "--version", cwd=folder).strip()
    if said != version:
        raise SystemExit(f"{command} --version says {said}, not {version}")
    _install(environment, f"{distribution}[testing]")
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
