"""The Pulumi CLI, for commands that need it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pulumi_gitlab_kubernetes.errors import ProviderError


def pulumi(arguments: Sequence[str], *, stdin: str = "", cwd: Path | None = None) -> str:
    """Run the Pulumi CLI without questions.

    Args:
        arguments: Its arguments, which other users of the machine can see.
        stdin: Its input.
        cwd: The folder to run in.

    Returns:
        Its output.

    Raises:
        ProviderError: It is not installed, or it failed. The message has its error.
    """
    program = shutil.which("pulumi")
    if program is None:
        raise ProviderError(
            "`pulumi` is not on PATH: install the Pulumi CLI "
            "(https://www.pulumi.com/docs/get-started/download-install/)"
        )
    done = subprocess.run(  # noqa: S603 (the user's CLI)
        [program, *arguments, "--non-interactive", "--color", "never"],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    if done.returncode:
        shown = done.stderr or done.stdout or f"exit status {done.returncode}"
        error = re.split("^error: ", shown, maxsplit=1, flags=re.MULTILINE)[-1]
        raise ProviderError(f"`pulumi {' '.join(arguments[:3])}` failed: {error}")
    return done.stdout
