"""Text for people: counts, names and untrusted text."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a count with its noun, such as `1 agent` or `2 agents`.

    Args:
        number: The count.
        noun: The noun in the singular.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """Return text that is safe to print to a terminal, on one line.

    Args:
        text: Untrusted text. Line ends, escape sequences and characters that change the writing
            direction become Python escapes.
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
