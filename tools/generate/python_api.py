"""The public names of the package, which mkdocstrings documents from their docstrings."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from inspect import isfunction
from typing import Any

import pulumi

PACKAGE = "pulumi_gitlab_kubernetes"
_HEADING = "    options:\n      heading_level: 3\n"


def names() -> str:
    """Return a section for each group of names, in Markdown."""
    public = _public(PACKAGE)
    resources = [each for each in public if isinstance(each, type) and _is(each, pulumi.Resource)]
    errors = [each for each in public if isinstance(each, type) and _is(each, Exception)]
    functions = [each for each in public if isfunction(each)]
    values = [each for each in public if each not in (*resources, *errors, *functions)]
    groups: dict[str, list[Any]] = {
        "Resources": resources,
        "Functions": functions,
        "Arguments and results": values,
        "Errors": errors,
        f"Clean-up: {PACKAGE}.clean_up": _public(f"{PACKAGE}.clean_up"),
        f"Tests: {PACKAGE}.testing": _public(f"{PACKAGE}.testing"),
    }
    return "\n".join(f"## {title}\n\n{_section(found)}" for title, found in groups.items())


def _public(module: str) -> list[Any]:
    package = import_module(module)
    return [getattr(package, name) for name in package.__all__]


def _is(value: type, base: type) -> bool:
    return issubclass(value, base)


def _section(found: Iterable[Any]) -> str:
    return "\n".join(f"::: {each.__module__}.{each.__qualname__}\n{_HEADING}" for each in found)
