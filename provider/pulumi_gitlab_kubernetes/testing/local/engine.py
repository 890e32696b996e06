"""The engine that runs a local stack: the Pulumi CLI if it is on PATH, else the deployment host."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi_gitlab_kubernetes.testing.environ import without_foreign


@dataclass(frozen=True)
class Engine:
    """Runs `up`, `preview`, `refresh` and `destroy`; both engines take the same options.

    Args:
        command: The command and its first arguments.
        reason: One line that names the engine and why it was chosen.
        is_cli: Whether it is the Pulumi CLI.
    """

    command: tuple[str, ...]
    reason: str
    is_cli: bool

    @classmethod
    def choose(cls) -> Engine:
        """Choose the `pulumi` on PATH, else the deployment host."""
        if pulumi := shutil.which("pulumi"):
            return cls((pulumi,), f"Engine: the Pulumi CLI, found on PATH as {pulumi}.", True)
        return cls(
            (sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "stack"),
            "Engine: the deployment host of this package, since there is no `pulumi` on PATH.",
            False,
        )

    def run(self, arguments: list[str], root: Path, environ: Mapping[str, str]) -> int:
        """Run the engine in the foreground and return its exit status.

        The terminal sends Ctrl-C and hang-ups to the engine, too. The engine finishes its running
        steps, and this process waits for it.
        """
        ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        early: list[int] = []
        before = {
            number: signal.signal(number, lambda got, _: early.append(got)) for number in ends
        }
        try:
            process = subprocess.Popen(  # noqa: S603 (the engine chosen above)
                [*self.command, *arguments], cwd=root, env={**without_foreign(), **environ}
            )
            if early:  # The engine had not started yet.
                process.send_signal(early[0])
            status = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return status if status >= 0 else 128 - status  # As a shell reports signals.
