"""How numbers and foreign texts are put into a line for people."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as `1 agent` or `2 agents`.

    Args:
        number: How many there are.
        noun: What one of them is called.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """Return a text in one line that no terminal takes for more than a text.

    Args:
        text: It may be anybody's: line ends, escape sequences and what changes the direction of
            writing become Python's escapes.
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
