"""Wheels of the installed distributions, so that tests can install them without an index."""

from __future__ import annotations

import re
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
"""The files that installers add to a distribution's metadata."""


def closure(*names: str) -> list[Distribution]:
    """Return installed distributions with their dependencies."""
    found: dict[str, Distribution] = {}
    wanted = [Requirement(name) for name in names]
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        if name in found or (
            requirement.marker
            and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
        ):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # Only required on another platform or by an extra.
            continue
        wanted += [Requirement(each) for each in found[name].requires or ()]
    return list(found.values())


def repack(installed: Distribution, folder: Path) -> Path:
    """Build the wheel of an installed distribution again, without its scripts."""
    tags = re.findall(r"^Tag: (\S+)", installed.read_text("WHEEL") or "", re.MULTILINE)
    parts = zip(*(tag.split("-") for tag in tags), strict=True)
    tag = "-".join(".".join(dict.fromkeys(part)) for part in parts)
    name = canonicalize_name(installed.name).replace("-", "_")
    wheel = folder / f"{name}-{installed.version}-{tag}.whl"
    info = f"{name}-{installed.version}.dist-info"
    lines = []
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in installed.files or ():
            path = PurePosixPath(file)
            if path.parts[0] == ".." or path.suffix == ".pyc":
                continue
            if path.parts[0].endswith(".dist-info"):
                if path.name in _INSTALLERS:
                    continue
                path = PurePosixPath(info, *path.parts[1:])
            archive.write(str(file.locate()), str(path))
            lines.append(f"{path},,")
        archive.writestr(f"{info}/RECORD", "\n".join([*lines, f"{info}/RECORD,,", ""]))
    return wheel
