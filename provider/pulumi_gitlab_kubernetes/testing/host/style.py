"""How each kind of step is shown: its mark, its words and its colour."""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from pulumi_gitlab_kubernetes.testing.host.steps import Op

Paint: TypeAlias = Callable[[Op, str], str]

_RESET: Final = "\x1b[0m"
_GREEN: Final = "\x1b[32m"
_YELLOW: Final = "\x1b[33m"
_RED: Final = "\x1b[31m"
_MAGENTA: Final = "\x1b[95m"
_CYAN: Final = "\x1b[96m"


class Style(NamedTuple):
    """How a kind of step is shown.

    Attributes:
        mark: Two characters at the start of a line.
        planned: The step in a preview.
        running: The step while it runs.
        done: The step when it has finished.
        color: An escape sequence, or nothing.
    """

    mark: str
    planned: str
    running: str
    done: str
    color: str = ""


STYLES: Final = {
    Op.SAME: Style("  ", "unchanged", "updating", "updated"),
    Op.CREATE: Style("+ ", "create", "creating", "created", _GREEN),
    Op.UPDATE: Style("~ ", "update", "updating", "updated", _YELLOW),
    Op.DELETE: Style("- ", "delete", "deleting", "deleted", _RED),
    Op.REPLACE: Style("+-", "replace", "replacing", "replaced", _MAGENTA),
    Op.CREATE_REPLACEMENT: Style(
        "++", "create replacement", "creating replacement", "created replacement", _GREEN
    ),
    Op.DELETE_REPLACED: Style(
        "--", "delete original", "deleting original", "deleted original", _RED
    ),
    Op.READ: Style("> ", "read", "reading", "read", _CYAN),
    Op.READ_REPLACEMENT: Style(
        ">>", "read for replacement", "reading for replacement", "read for replacement", _MAGENTA
    ),
    Op.IMPORT: Style("= ", "import", "importing", "imported", _GREEN),
    Op.IMPORT_REPLACEMENT: Style(
        "=>", "import replacement", "importing replacement", "imported replacement", _MAGENTA
    ),
    Op.REFRESH: Style("~ ", "refresh", "refreshing", "refreshed", _YELLOW),
    Op.READ_DISCARD: Style("< ", "discard", "discarding", "discarded", _RED),
    Op.DISCARD_REPLACED: Style(
        "<<", "discard original", "discarding original", "discarded original", _RED
    ),
}


def plain(op: Op, text: str) -> str:  # noqa: ARG001 (a `Paint`)
    """Return a text as it is."""
    return text


def colored(op: Op, text: str) -> str:
    """Return a text in the colour of a kind of step.

    Args:
        op: The kind of step.
        text: The text.
    """
    color = STYLES[op].color
    return f"{color}{text}{_RESET}" if color else text
