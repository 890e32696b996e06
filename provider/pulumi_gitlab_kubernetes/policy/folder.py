"""Writes the folder that `--policy-pack` takes.

A pack inside `site-packages` starts only in an active environment: the engine looks for Python as
`PulumiPolicy.yaml` says. So each interpreter has a folder of its own, which names it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from pulumi_gitlab_kubernetes.errors import ConfigurationError

_MAIN = """\
from pulumi_gitlab_kubernetes.policy.pack import main

main()
"""
_OWN = "interpreter"


def write() -> Path:
    """Write the folder of this interpreter's pack, or what is missing of it.

    Processes that do so at the same time write the same, and each file appears as a whole.

    Returns:
        The folder.

    Raises:
        ConfigurationError: There is no place for it.
    """
    in_virtualenv = sys.prefix != sys.base_prefix
    settings = {
        "description": "Rules for GitLab's Kubernetes integration.",
        "version": version("pulumi-gitlab-kubernetes"),
        "runtime": {
            "name": "python",
            "options": {"toolchain": "pip", "virtualenv": sys.prefix if in_virtualenv else _OWN},
        },
    }
    files = {"__main__.py": _MAIN, "PulumiPolicy.yaml": json.dumps(settings, indent=2) + "\n"}
    content = json.dumps([files, sys.executable])
    folder = _cache() / f"policy-pack-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    try:
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            _put(folder / name, text)
        if not in_virtualenv:
            _link(folder / _OWN / "bin" / "python")
    except OSError as error:
        raise _no_place(folder, error) from error
    return folder


def _put(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def _link(path: Path) -> None:
    """Make of an interpreter without a virtual environment what the engine takes for one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink():
        new = Path(tempfile.mkdtemp(dir=path.parent)) / path.name
        new.symlink_to(sys.executable)
        new.replace(path)
        new.parent.rmdir()


def _cache() -> Path:
    """Return a folder of this user's alone: what is in it runs as this user."""
    given = os.environ.get("XDG_CACHE_HOME")
    shared = Path(tempfile.gettempdir()) / f"pulumi-gitlab-kubernetes-{os.getuid()}"
    wanted = Path(given or os.path.expanduser("~/.cache")) / "pulumi-gitlab-kubernetes"  # noqa: PTH111 (does not fail without a home)
    for folder in (wanted, shared):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = folder.stat()
        except OSError as error:
            problem: OSError | None = error
            continue
        if found.st_uid == os.getuid() and not found.st_mode & 0o022 and os.access(folder, os.W_OK):
            return folder
        problem = None
    raise _no_place(shared, problem)


def _no_place(folder: Path, error: OSError | None) -> ConfigurationError:
    reason = error.strerror if error else "it is not this user's alone"
    return ConfigurationError(
        f"the policy pack cannot be written to {folder} ({reason}): set XDG_CACHE_HOME to a "
        "folder that only you can write to"
    )
