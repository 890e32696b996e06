"""The folder of a run's stand-ins: an executable for each package, as the engine looks for it."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.redaction import one_line
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins.answers_file import load
from pulumi_gitlab_kubernetes.testing.stand_ins.sdk_versions import sdk_versions

MAIN: Final = "stand_in.py"
"""The program of all stand-ins in a folder. Its first argument is the package."""

_PACKAGE: Final = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_MANIFEST: Final = "stand-ins.json"
_HEADER: Final = "# Written by `gitlab-kubernetes stand-in`."
# The interpreter runs a file, so that no module in the folder of the user's program hides ours.
_SCRIPT: Final = f"""\
#!/bin/sh
{_HEADER}
exec {{python}} -u {{main}} {{package}} "$@"
"""
_PROGRAM: Final = f"""\
{_HEADER}
from pathlib import Path

from pulumi_gitlab_kubernetes.testing.stand_ins.server import run

run(Path(__file__).parent)
"""


@dataclass(frozen=True)
class StandIn:
    """The stand-in for a package.

    Args:
        package: The package.
        version: The version of the installed SDK; empty if there is none.
        file: The file with its answers; empty if it has none.
    """

    package: str
    version: str
    file: str


def write(
    folder: Path,
    files: Iterable[Path],
    packages: Collection[str] = (),
    *,
    python: Path,
    environ: Mapping[str, str],
) -> list[StandIn]:
    """Write the folder.

    Args:
        folder: The folder; stand-ins that it has are replaced.
        files: The files with answers.
        packages: More packages, whose resources answer with their inputs.
        python: The interpreter of the user's program, which has the SDKs.
        environ: Its environment variables.

    Returns:
        The stand-ins.

    Raises:
        HostError: A file is wrong, two are for the same package, or there is no package.
    """
    answered: dict[str, str] = dict.fromkeys(packages, "")
    for file in files:
        for package in load(file).packages:
            if answered.get(package):
                raise HostError(
                    f"stand-ins: {answered[package]} and {file} are both for the package"
                    f" {package}: put its answers into one file"
                )
            answered[package] = str(file.absolute())
    for package in answered:
        if package == NAMESPACE:
            raise HostError(f"stand-ins: {package} must be the real plugin: use a simulator for it")
        if not _PACKAGE.fullmatch(package):
            raise HostError(f"stand-ins: {one_line(package)!r} is not the name of a package")
    if not answered:
        raise HostError("stand-ins: no package is named: name it in the file under packages")
    versions = sdk_versions(python, environ)
    made = [
        StandIn(package, versions.get(package, ""), file)
        for package, file in sorted(answered.items())
    ]
    try:
        _write(folder, made)
    except OSError as error:
        raise HostError(f"{folder} cannot be written: {error.strerror}") from None
    return made


def read(folder: Path) -> list[StandIn]:
    """Return the stand-ins in a folder."""
    return [StandIn(**each) for each in json.loads((folder / _MANIFEST).read_text("utf-8"))]


def executable(folder: Path, package: str) -> Path:
    """Return the path of a package's stand-in."""
    return folder / f"pulumi-resource-{package}"


def _write(folder: Path, stand_ins: list[StandIn]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("pulumi-resource-*"):
        if _HEADER in old.read_text("utf-8", errors="replace").splitlines():
            old.unlink()
    (folder / _MANIFEST).write_text(json.dumps([asdict(each) for each in stand_ins]), "utf-8")
    main = folder / MAIN
    main.write_text(_PROGRAM, "utf-8")
    for each in stand_ins:
        script = executable(folder, each.package)
        script.write_text(
            _SCRIPT.format(
                python=shlex.quote(sys.executable),
                main=shlex.quote(str(main.absolute())),
                package=shlex.quote(each.package),
            ),
            "utf-8",
        )
        script.chmod(0o755)
