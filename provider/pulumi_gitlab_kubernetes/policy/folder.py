"""The folder that `--policy-pack` takes.

The engine starts a pack with the Python that its `PulumiPolicy.yaml` names. Each interpreter has
a folder of its own that names it, so that the pack starts without an active environment.
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
_LINKED = "interpreter"


def write() -> Path:
    """Write the pack's folder for this interpreter, or the files that it lacks.

    Several processes may write it at the same time: files are written atomically.

    Returns:
        The folder.

    Raises:
        ConfigurationError: No folder is writable by this user alone.
    """
    in_virtualenv = sys.prefix != sys.base_prefix
    settings = {
        "description": "Policies for GitLab's Kubernetes integration.",
        "version": version("pulumi-gitlab-kubernetes"),
        "runtime": {
            "name": "python",
            "options": {
                "toolchain": "pip",
                "virtualenv": sys.prefix if in_virtualenv else _LINKED,
            },
        },
    }
    files = {"__main__.py": _MAIN, "PulumiPolicy.yaml": json.dumps(settings, indent=2) + "\n"}
    content = json.dumps([files, sys.executable])
    folder = _cache() / f"policy-pack-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    try:
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            _write_atomically(folder / name, text)
        if not in_virtualenv:
            _link(folder / _LINKED / "bin" / "python")
    except OSError as error:
        raise _not_writable(folder, error) from error
    return folder


def _write_atomically(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def _link(path: Path) -> None:
    """Link an interpreter that has no virtual environment from what looks like one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink():
        new = Path(tempfile.mkdtemp(dir=path.parent)) / path.name
        new.symlink_to(sys.executable)
        new.replace(path)
        new.parent.rmdir()


def _cache() -> Path:
    """Return a cache folder that only this user can write to, since the pack runs as this user."""
    given = os.environ.get("XDG_CACHE_HOME")
    shared = Path(tempfile.gettempdir()) / f"pulumi-gitlab-kubernetes-{os.getuid()}"
    wanted = Path(given or os.path.expanduser("~/.cache")) / "pulumi-gitlab-kubernetes"  # noqa: PTH111 (works without a home directory)
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
    raise _not_writable(shared, problem)


def _not_writable(folder: Path, error: OSError | None) -> ConfigurationError:
    reason = error.strerror if error else "other users can write to it"
    return ConfigurationError(
        f"the policy pack cannot be written to {folder} ({reason}): set XDG_CACHE_HOME to a "
        "folder that only you can write to"
    )
