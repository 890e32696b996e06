"""The colours of what a run does, as the CLI has them."""

from typing import Final

from .steps import Op

_RESET: Final = "\x1b[0m"
_COLORS: Final = {
    Op.CREATE: "\x1b[32m",
    Op.UPDATE: "\x1b[33m",
    Op.REFRESH: "\x1b[33m",
    Op.DELETE: "\x1b[31m",
    Op.READ_DISCARD: "\x1b[31m",
    Op.DISCARD_REPLACED: "\x1b[31m",
    Op.REPLACE: "\x1b[95m",
    Op.READ_REPLACEMENT: "\x1b[95m",
    Op.CREATE_REPLACEMENT: "\x1b[92m",
    Op.DELETE_REPLACED: "\x1b[91m",
    Op.READ: "\x1b[96m",
}


def colored(op: Op, text: str) -> str:
    """Text in the colour of what is done.

    Args:
        op: What is done.
        text: The text.

    Returns:
        The text between escape sequences; plain if nothing is done, or there is nothing to see.
    """
    color = _COLORS.get(op)
    return f"{color}{text}{_RESET}" if color and text.strip() else text
