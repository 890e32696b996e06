"""Modules of a program that hide modules which this package or Pulumi's dynamic host needs.

The program's folder comes first on Python's path, in its own process and in the dynamic host. So
`import gitlab` finds a file `gitlab.py` there, and the resulting error does not say so. This module
looks for such files after an error. Only those that would break the dynamic host, which could not
explain it, are found beforehand.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

_HOST_NEEDS = ("dill", "google", "grpc", "opentelemetry", "pulumi", "semver", "typing_extensions")
"""What the dynamic host imports before this package, so that only the program can find out."""

_INSTALLED = ("site-packages", "dist-packages", "lib-dynload")
_NOT_FOUND_BY_PATH = ("__main__", *sys.builtin_module_names)


@contextmanager
def explain_hidden_modules() -> Iterator[None]:
    """Explain errors of imports that a module of the program causes by hiding another one.

    Raises:
        ImportError: A module hides another one, here or in the dynamic host of this program.
    """
    folder = Path.cwd()
    if sys.path and Path(sys.path[0]).resolve() == folder:  # An engine runs the program.
        for name in _HOST_NEEDS:
            if message := _hides(name, [str(folder)]):
                raise ImportError(message)
    try:
        yield
    except Exception as error:
        if message := explanation(error):
            raise ImportError(message) from None
        raise


def explanation(error: BaseException) -> str | None:
    """Explain an error that is caused by a module hiding another one.

    Args:
        error: The error.

    Returns:
        One line: which file hides what, and what to do. `None` if no module is hidden.
    """
    names = dict.fromkeys(name.partition(".")[0] for name in _concerned(error))
    return next((message for name in names if (message := _hides(name, sys.path))), None)


def _concerned(error: BaseException | None) -> Iterator[str]:
    """Yield the modules that an error and its causes name or come from."""
    while error is not None:
        if isinstance(error, ImportError) and error.name:
            yield error.name
        if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
            yield error.obj.__name__
        trace = error.__traceback__
        while trace is not None:
            yield trace.tb_frame.f_globals.get("__name__", "")
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def _hides(name: str, path: list[str]) -> str | None:
    """Return a message if the path finds a file instead of an installed module."""
    found = _file(name, path)
    if found is None or _is_installed(found.parent):
        return None
    folder = found.parent
    rest = [entry for entry in sys.path if Path(entry).absolute() != folder]
    if _file(name, rest) is None and name not in sys.stdlib_module_names:
        return None
    return (
        f"{found} hides {_installed_as(name)}, which pulumi-gitlab-kubernetes needs: rename "
        f"{found.name}"
    )


def _file(name: str, path: list[str]) -> Path | None:
    """Return the file or folder of a module, from the first entry of the path that has it."""
    if not name or name in _NOT_FOUND_BY_PATH:
        return None
    spec = PathFinder.find_spec(name, path)
    if spec is None:
        return None
    if spec.origin is None:  # A folder without `__init__.py` hides nothing.
        folders = [Path(each) for each in spec.submodule_search_locations or ()]
        return next((each for each in folders if _is_installed(each.parent)), None)
    file = Path(spec.origin).absolute()
    return file.parent if file.stem == "__init__" else file


def _is_installed(folder: Path) -> bool:
    return folder.name in _INSTALLED or folder == Path(os.__file__).absolute().parent


def _installed_as(name: str) -> str:
    """Name a module and what provides it: Python or an installed package."""
    from importlib.metadata import packages_distributions  # noqa: PLC0415 (takes a while)

    if name in sys.stdlib_module_names:
        return f"Python's module {name}"
    distributions = sorted(set(packages_distributions().get(name, ())))
    if distributions in ([], [name]):
        return f"the package {name}"
    return f"the package {name} of {' and '.join(distributions)}"
