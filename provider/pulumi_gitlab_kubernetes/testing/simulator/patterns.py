"""Regular expressions from clients."""

from __future__ import annotations

import re


def compiled(text: str, name: str) -> re.Pattern[str]:
    """Compile a regular expression.

    Args:
        text: The client's text.
        name: The parameter's name, for the error.

    Raises:
        ValueError: The expression is invalid or too complex.
    """
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{name} is not a regular expression: {error}") from None
