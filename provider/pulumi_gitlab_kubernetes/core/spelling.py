"""How users write the names of properties and options, for messages."""

from __future__ import annotations

from functools import cache


@cache
def camel_case(name: str) -> str:
    """Return a snake_case name in camelCase."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


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


PYTHON = Spelling()
"""The spelling of Python programs."""
