"""The adoptions of a run, which all provider processes of the run know.

Each provider resource has a process of its own, and dynamic resources have another one. If a
provider is replaced, or a program changes from one adapter to the other, one process may adopt what
another one is told to delete.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_DAY = 86400.0


class SharedAdoptions:
    """The adoptions of a run, in a file that only this user can read.

    Without the file, for example because the disk is full, a process knows only its own adoptions.

    Args:
        run: Returns what all processes of a run have in common, or `None` to share nothing. It is
            asked when it is needed: a process may be forked from one that has loaded this already.
    """

    def __init__(self, run: Callable[[], str | None]) -> None:
        self._run = run
        self._noted: set[str] = set()

    def note(self, kind: str, ids: Sequence[Any], within: Sequence[Any], adopted_at: str) -> None:
        """Note that a resource was adopted, now or in an earlier run.

        Args:
            kind: The name of its kind.
            ids: Its IDs, outermost first.
            within: The inputs in which resources with the same IDs differ.
            adopted_at: When; empty if it no longer exists, so that another one can have its IDs.
        """
        line = f"{json.dumps([kind, ids, within])} {adopted_at}\n"
        run = self._run()
        if run is None or line in self._noted:
            return
        self._noted.add(line)
        with suppress(OSError):
            file = _file(run)
            if not file.exists():
                _remove_old(file.parent)
            with file.open("a") as opened:
                opened.write(line)

    def of(self, kind: str, ids: Sequence[Any], within: Sequence[Any]) -> set[str]:
        """Return when a resource was adopted, whatever the address of its GitLab is.

        Args:
            kind: The name of its kind.
            ids: Its IDs, outermost first.
            within: The inputs in which resources with the same IDs differ.
        """
        run = self._run()
        if run is None:
            return set()
        try:
            lines = _file(run).read_text().splitlines(keepends=True)
        except OSError:
            return set()
        start = f"{json.dumps([kind, ids, within])} "
        found: set[str] = set()
        for line in lines:
            if line.startswith(start) and line.endswith("\n"):  # Another process may be writing it.
                adopted_at = line.removeprefix(start).rstrip()
                found = found | {adopted_at} if adopted_at else set()
        return found


def _file(run: str) -> Path:
    """Return the file of a run, in a folder that nobody else can write to."""
    folder = Path(tempfile.gettempdir()) / f"pulumi-gitlab-kubernetes-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(str(folder))
    return folder / run.replace(":", "-")


def _remove_old(folder: Path) -> None:
    """Remove the files of runs that have ended."""
    for each in folder.iterdir():
        with suppress(FileNotFoundError):  # Another process removes them too.
            if time.time() - each.stat().st_mtime > _DAY:
                each.unlink()
