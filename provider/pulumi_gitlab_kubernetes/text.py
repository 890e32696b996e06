"""Text for people: counts, tables, names and untrusted text."""

from __future__ import annotations

from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of untrusted texts, with a line for each row.

    Args:
        heads: The heads of the columns.
        rows: The texts of each row.
    """
    shown = [[printable(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in shown)
    return "\n".join(lines)


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
