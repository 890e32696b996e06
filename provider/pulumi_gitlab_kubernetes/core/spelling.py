"""How users write the names of properties and options, for messages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.core.kind import Kind


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
