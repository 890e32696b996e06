"""The Pulumi CLI on PATH, run on a project."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def failing_preview(folder: Path, home: Path, *options: str, **environ: str) -> str:
    """Run `pulumi preview` for the stack `dev`, which fails, and return its output.

    Args:
        folder: The project's folder.
        home: The home directory. Its folder `state` is the backend.
        options: More options of the command.
        environ: More environment variables.
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
