"""Inline programs of Pulumi's Automation API, which run in the process that starts the CLI.

The CLI starts the dynamic host with `python3`, or with the command in `PULUMI_PYTHON_CMD`. If the
program's virtual environment is not activated, that interpreter lacks this package. Only the frame
that waits for the CLI has the environment variables of the CLI. If a future SDK differs, this check
has no effect.
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

_PACKAGE = __name__.partition(".")[0]
_WAITING = "pulumi.automation._cmd"
_IS_THERE = (
    f"import sys; from importlib.util import find_spec; sys.exit(find_spec('{_PACKAGE}') is None)"
)


def require_interpreter() -> None:
    """Require that the CLI starts dynamic resources with an interpreter that has this package.

    Raises:
        pulumi.RunError: The interpreter lacks this package.
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
    """Yield the environment variables of the CLIs that run stacks with this stack's name."""
    for running in sys._current_frames().values():  # noqa: SLF001 (the only way)
        frame: FrameType | None = running
        while frame is not None:
            if frame.f_globals.get("__name__") == _WAITING:
                environ, command = frame.f_locals.get("env"), frame.f_locals.get("cmd")
                if environ and command and pulumi.get_stack() in command:
                    yield environ
            frame = frame.f_back


def _interpreter(environ: Mapping[str, str]) -> str | None:
    """Return the interpreter with which the CLI starts the dynamic host, as its script does."""
    if home := environ.get("PULUMI_RUNTIME_VIRTUALENV"):
        return str(Path(home) / "bin" / "python")
    return shutil.which(environ.get("PULUMI_PYTHON_CMD") or "python3", path=environ.get("PATH"))


@cache
def _has_this_package(python: str) -> bool:
    if Path(python).parent == Path(sys.executable).parent:
        return True
    return not subprocess.run([python, "-c", _IS_THERE], check=False).returncode  # noqa: S603 (what the CLI starts as well)
