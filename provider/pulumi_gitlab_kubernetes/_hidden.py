"""Modules of a program that hide what this package, or Pulumi's dynamic host, needs.

A program's folder comes first on Python's path, in its own process as in the dynamic host's: a file
`gitlab.py` there is what `import gitlab` finds, and nothing in the error tells so. It is looked for
once something has failed; beforehand only what fails in the dynamic host, where nobody can tell.
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
"""What the dynamic host imports before any of this package, so that only the program can tell."""

_INSTALLED = ("site-packages", "dist-packages", "lib-dynload")
_NOT_FOUND_BY_PATH = ("__main__", *sys.builtin_module_names)


@contextmanager
def tell_hidden() -> Iterator[None]:
    """Import modules, and end in one line where a module of the program hides what they need.

    Raises:
        ImportError: One does, here or in the dynamic host that will be started for this program.
    """
    folder = Path.cwd()
    if sys.path and Path(sys.path[0]).resolve() == folder:  # As where an engine runs the program.
        for name in _HOST_NEEDS:
            if said := _hides(name, [str(folder)]):
                raise ImportError(said)
    try:
        yield
    except Exception as error:
        if said := explanation(error):
            raise ImportError(said) from None
        raise


def explanation(error: BaseException) -> str | None:
    """Return one line about the module that stands behind an error because it hides another.

    Args:
        error: What was raised.

    Returns:
        Which file hides what, and what to do; `None` where no module does.
    """
    names = dict.fromkeys(name.partition(".")[0] for name in _concerned(error))
    return next((said for name in names if (said := _hides(name, sys.path))), None)


def _concerned(error: BaseException | None) -> Iterator[str]:
    """Name the modules that an error and what led to it speak of or come from."""
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
    """Say which file the path finds for a module that is installed as well."""
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
    """Return the file of a module, or its folder, as the first entry with it has it."""
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
    """Name a module by what provides it: Python or an installed package."""
    from importlib.metadata import packages_distributions  # noqa: PLC0415 (takes a while)

    if name in sys.stdlib_module_names:
        return f"Python's module {name}"
    distributions = sorted(set(packages_distributions().get(name, ())))
    if distributions in ([], [name]):
        return f"the package {name}"
    return f"the package {name} of {' and '.join(distributions)}"
