"""The names of properties on the wire, and in each language's programs."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from pulumi_gitlab_kubernetes.configuration.provider_arguments import ARGUMENTS
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION
from pulumi_gitlab_kubernetes.core.spelling import PYTHON, Names, Spelling, camel_case


class _CamelCase(Spelling):
    """The spelling of TypeScript, YAML and Java, and of the wire."""

    def __getitem__(self, name: str) -> str:
        return camel_case(name)

    def option(self, name: str) -> str:
        return f"{self[name]}: true"


class _PascalCase(Spelling):
    """The spelling of Go and C#."""

    def __getitem__(self, name: str) -> str:
        found = camel_case(name)
        return found[:1].upper() + found[1:]

    def option(self, name: str) -> str:
        return f"{self[name]}: true"


CAMEL_CASE = _CamelCase()
"""The spelling of most languages."""

_RUNTIMES = {"python": PYTHON, "go": _PascalCase(), "dotnet": _PascalCase()}


def spelling_of(runtime: str) -> Spelling:
    """Return the spelling of a program's language.

    Args:
        runtime: The `runtime` in Pulumi.yaml; empty if it is unknown.
    """
    return _RUNTIMES.get(runtime, CAMEL_CASE)


def setting_name(spelling: Spelling, key: str) -> str:
    """Return how a program writes the argument of an explicit provider.

    Args:
        spelling: The spelling of the program.
        key: The key of the argument on the wire, or another text, which does not change.
    """
    return next((spelling[each.name] for each in ARGUMENTS if each.key == key), key)


def unknown_names(value: Any, names: Names) -> dict[str, str]:
    """Return what is wrong with the spelling of names inside a value, by their paths.

    Args:
        value: The value on the wire.
        names: The known names.
    """
    if isinstance(value, list):
        inside = {f"[{i}]": unknown_names(each, names) for i, each in enumerate(value)}
    elif names and isinstance(value, Mapping):
        known = {camel_case(name): name for name in names}
        inside = {
            f".{key}": unknown_names(each, names[known[key]])
            for key, each in value.items()
            if key in known
        }
        for key in sorted(value.keys() - known.keys()):
            if camel_case(key) in known:
                right = f"has {key}, which is not known: write {camel_case(key)}"
                inside.setdefault("", {})[""] = right
    else:
        return {}
    return {f"{outer}{path}": why for outer, each in inside.items() for path, why in each.items()}


def why_unknown(key: str, names: Collection[str]) -> str:
    """Return what is wrong with an unknown name of an argument, and what to do.

    Args:
        key: The name.
        names: The right names.
    """
    if key == CONNECTION.name:
        return "is for dynamic resources only: give the resource an explicit provider"
    near = difflib.get_close_matches(camel_case(key), names, n=1)
    return f"is not an argument: write {near[0]}" if near else "is not an argument: remove it"
