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
            adopted_at: When.
        """
        line = json.dumps([kind, ids, within, adopted_at])
        run = self._run()
        if run is None or line in self._noted:
            return
        self._noted.add(line)
        with suppress(OSError):
            file = _file(run)
            if not file.exists():
                _remove_old(file.parent)
            with file.open("a") as opened:
                opened.write(f"{line}\n")

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
            lines = _file(run).read_text().splitlines()
        except OSError:
            return set()
        wanted = json.loads(json.dumps([kind, ids, within]))
        known = [found for found in map(_parsed, lines) if found]
        return {found[-1] for found in known if found[:-1] == wanted}


def _parsed(line: str) -> list[Any]:
    """Return a line as values; nothing if another process is still writing it."""
    try:
        found = json.loads(line)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


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
        if time.time() - each.stat().st_mtime > _DAY:
            each.unlink(missing_ok=True)
