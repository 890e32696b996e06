"""Regular expressions that a client sends."""

from __future__ import annotations

import re


def compiled(text: str, name: str) -> re.Pattern[str]:
    """Compile a regular expression.

    Args:
        text: what the client sent.
        name: what it is called where it was sent.

    Raises:
        ValueError: it is none, or more than Python can do.
    """
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{name} is no regular expression: {error}") from None
