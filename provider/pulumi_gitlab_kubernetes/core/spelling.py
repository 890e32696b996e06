"""How users write the names of properties and options, for messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.core.kind import Kind

Names = Mapping[str, Any]
"""The known names in a map, or in each map of a list, each with the names in its value."""


@cache
def camel_case(name: str) -> str:
    """Return a snake_case name in camelCase."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


@cache
def names_of(kind: Kind) -> dict[str, str]:
    """Return the names of a kind's inputs and outputs, by their names in camelCase."""
    names = (
        *(field.name for field in kind.schema.fields),
        *(output.name for output in kind.schema.outputs),
        *kind.ids,
    )
    return {camel_case(name): name for name in names}


def in_camel_case(value: Any, names: Names) -> Any:
    """Return a value with its known names in camelCase.

    Args:
        value: The value. Lists and maps in it are copied.
        names: The known names. Others do not change.
    """
    return _renamed(value, names, lambda name: {name: camel_case(name)})


def in_snake_case(value: Any, names: Names) -> Any:
    """Return a value with its known names in snake_case, however they are written.

    Args:
        value: The value. Lists and maps in it are copied.
        names: The known names. Others do not change.
    """
    return _renamed(value, names, lambda name: {camel_case(name): name, name: name})


def in_order(value: Any, names: Names) -> Any:
    """Return a value with its known names in their order, and others in the order of the alphabet.

    The engine does not keep the order of names.

    Args:
        value: The value. Lists and maps in it are copied.
        names: The known names.
    """
    if isinstance(value, list):
        return [in_order(each, names) for each in value]
    if not isinstance(value, Mapping):
        return value
    keys = [*(name for name in names if name in value), *sorted(value.keys() - names.keys())]
    return {key: in_order(value[key], names.get(key, {})) for key in keys}


def _renamed(value: Any, names: Names, spell: Callable[[str], dict[str, str]]) -> Any:
    if isinstance(value, list | tuple):
        return [_renamed(each, names, spell) for each in value]
    if not names or not isinstance(value, Mapping):
        return value
    known = {old: (new, names[name]) for name in names for old, new in spell(name).items()}
    found = {}
    for key, each in value.items():
        new, inner = known.get(key, (key, {}))
        found[new] = _renamed(each, inner, spell)
    return found


class Spelling:
    """The spelling of Python programs. An adapter for other languages overrides it.

    A static text can contain names in braces: `"set {client_key} too".format_map(spelling)`.
    """

    def __getitem__(self, name: str) -> str:
        """Return a property's name in programs."""
        return name

    def option(self, name: str) -> str:
        """Return the code that sets a property or a resource option to true."""
        return f"{name}=True"

    def before_destroy(self, name: str) -> str:
        """Return how to set a property to true before a destroy, which uses the state's value."""
        return f"set {self.option(name)} and run `pulumi up` first"


PYTHON = Spelling()
"""The spelling of Python programs."""
