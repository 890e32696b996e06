"""The Pulumi CLI on a project, where one is on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

needs_cli = pytest.mark.skipif(
    shutil.which("pulumi") is None, reason="there is no `pulumi` on PATH"
)


def failing_preview(folder: Path, home: Path, *options: str, **environ: str) -> str:
    """Run `pulumi preview` of the stack `dev`, which fails, and return what it prints.

    Args:
        folder: The project's.
        home: The user's home; its folder `state` is the backend.
        options: More options of the command.
        environ: More variables of its environment.
    """
    path = (Path(shutil.which("pulumi") or "").parent, "/usr/bin", "/bin")
    done = subprocess.run(
        ["pulumi", "preview", "--stack", "dev", "--non-interactive", "--color=never", *options],  # noqa: S607 (whichever is on PATH)
        cwd=folder,
        env={
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "p",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return done.stdout
