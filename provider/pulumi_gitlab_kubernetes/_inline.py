"""Programs that Pulumi's Automation API runs inline, in the process that starts the CLI.

The CLI starts the dynamic host with `python3`, or what `PULUMI_PYTHON_CMD` names: where this
program's environment is not activated, that is an interpreter without this package. Nothing tells a
program with which environment the CLI was started, but the frame that waits for it. Where a future
SDK differs, all of this falls silent.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FrameType

import pulumi

_WAITING = "pulumi.automation._cmd"
_IS_THERE = (
    "import sys; from importlib.util import find_spec; "
    f"sys.exit(find_spec('{__package__}') is None)"
)


def require_interpreter() -> None:
    """End an inline program whose dynamic resources the CLI could not start, with one line.

    Raises:
        pulumi.RunError: The CLI would start them with an interpreter without this package.
    """
    if _WAITING not in sys.modules:
        return
    found = [_interpreter(environ) for environ in _environments()]
    if found and not any(python and _has_this_package(python) for python in found):
        raise pulumi.RunError(
            f"the Pulumi CLI would start dynamic resources with {found[0] or 'python3'}, which has "
            "no pulumi-gitlab-kubernetes: give the stack "
            "LocalWorkspaceOptions(env_vars={'PULUMI_PYTHON_CMD': sys.executable}), or activate "
            f"the environment of {sys.executable}"
        )


def _environments() -> Iterator[Mapping[str, str]]:
    """Yield the environments with which the CLI was started for stacks with this one's name."""
    for running in sys._current_frames().values():  # noqa: SLF001 (the only way)
        frame: FrameType | None = running
        while frame is not None:
            if frame.f_globals.get("__name__") == _WAITING:
                environ, command = frame.f_locals.get("env"), frame.f_locals.get("cmd")
                if environ and command and pulumi.get_stack() in command:
                    yield environ
            frame = frame.f_back


def _interpreter(environ: Mapping[str, str]) -> str | None:
    """Return what the CLI starts the dynamic host with, as its own script does."""
    if home := environ.get("PULUMI_RUNTIME_VIRTUALENV"):
        return str(Path(home) / "bin" / "python")
    return shutil.which(environ.get("PULUMI_PYTHON_CMD") or "python3", path=environ.get("PATH"))


@cache
def _has_this_package(python: str) -> bool:
    if Path(python).parent == Path(sys.executable).parent:
        return True
    return not subprocess.run([python, "-c", _IS_THERE], check=False).returncode  # noqa: S603 (what the CLI starts as well)
