"""Whether the engine finds the plugin of the resource classes.

If not, the engine tries to download it from the internet, and fails after a page of messages. See
https://www.pulumi.com/docs/iac/concepts/plugins/.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pulumi

from pulumi_gitlab_kubernetes.resources.common import is_mocked

_PACKAGE = "gitlab-kubernetes"
_EXECUTABLE = f"pulumi-resource-{_PACKAGE}"


def require_plugin(version: str) -> None:
    """Require that the engine can find the plugin.

    Args:
        version: The version of the resource classes, which the engine looks for.

    Raises:
        pulumi.RunError: It cannot. The message says what to do.
    """
    root = pulumi.runtime.settings.SETTINGS.root_directory
    if root is not None and not is_mocked():
        _require(version, Path(root))


@cache
def _require(version: str, root: Path) -> None:
    if _named_in_project(root) or _on_path() or _attached():
        return
    installed = sorted(_installed())
    if version in installed:
        return
    others = f" ({', '.join(installed)} is installed)" if installed else ""
    raise pulumi.RunError(
        f"version {version} of the plugin {_PACKAGE} is not installed{others}: run "
        "`gitlab-kubernetes install-plugin`"
    )


def _named_in_project(root: Path) -> bool:
    """Return whether Pulumi.yaml says where the plugin is."""
    for name in ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json"):
        file = root / name
        if file.is_file() and re.search(rf"\b{_PACKAGE}\b", file.read_text(errors="replace")):
            return True
    return False


def _on_path() -> bool:
    """Return whether it is on the PATH of the engine.

    The engine starts the program with the folder of its virtual environment in front.
    """
    folders = os.environ.get("PATH", "").split(os.pathsep)
    environment = os.environ.get("VIRTUAL_ENV")
    if environment and folders and folders[0].startswith(environment):
        folders = folders[1:]
    return shutil.which(_EXECUTABLE, path=os.pathsep.join(folders)) is not None


def _attached() -> bool:
    return _PACKAGE in os.environ.get("PULUMI_DEBUG_PROVIDERS", "")


def _installed() -> Iterator[str]:
    """Return the versions in the CLI's folder of plugins."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    prefix = f"resource-{_PACKAGE}-v"
    for folder in home.glob(f"plugins/{prefix}*"):
        if folder.is_dir():
            yield folder.name.removeprefix(prefix)
