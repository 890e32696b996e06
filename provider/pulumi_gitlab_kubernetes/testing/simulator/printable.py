"""Text for terminals and logs."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text as one line, with control and direction characters as escapes."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
