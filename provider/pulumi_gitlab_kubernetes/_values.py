"""Plain values: text, integers, booleans, numbers, maps, and what a preview cannot know yet."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, Final

_NUMBER = re.compile(r"\d+(\.\d+)?")
WHOLE_ID = re.compile(r"[0-9]+(:[0-9]+)+")
"""A resource's id, such as `<project-id>:<agent-id>`."""

LARGEST_EXACT = (1 << 53) - 1
"""Above this Pulumi's numbers are not exact."""

Values = dict[str, Any]
"""A resource's inputs or outputs by field name; what is not set is absent."""


class _Unknown(enum.Enum):
    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown.UNKNOWN
"""A value that only `up` will know."""


class Type(enum.Enum):
    """The types of values that a field can have."""

    TEXT = "text"
    INTEGER = "an integer"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    MAP = "a map"

    def coerce(self, value: Any) -> Any:
        """Bring a value as it comes over the wire, or from configuration, to this type.

        Args:
            value: A known value.

        Returns:
            The value as `str`, `int`, `float`, `bool` or `dict`.

        Raises:
            ValueError: It is of another type; the text says what was expected.
        """
        match self, value:
            case (Type.TEXT, str()) | (Type.BOOLEAN, bool()):
                result = value
            case Type.BOOLEAN, "true" | "false":
                result = value == "true"
            case Type.TEXT, int() if not isinstance(value, bool):
                result = str(value)
            case Type.INTEGER, str() if value.strip().isdecimal():
                result = int(value)
            case Type.NUMBER, str() if _NUMBER.fullmatch(value.strip()):
                result = float(value)
            case (Type.INTEGER, int()) | (Type.NUMBER, int() | float()) if not isinstance(
                value, bool
            ):
                result = value
            case Type.MAP, Mapping():
                result = dict(value)
            case _:
                raise ValueError(f"must be {self.value}")
        return result

    def fits(self, value: Any) -> bool:
        """Tell whether a value is of this type or can be brought to it, or is not set."""
        try:
            return value is None or self.coerce(value) is not None
        except ValueError:
            return False

    def has(self, value: Any) -> bool:
        """Tell whether a value is of this type as it is, or not set."""
        return self.fits(value) and (value is None or self.coerce(value) == value)


def contains_unknown(value: Any) -> bool:
    """Tell whether a value is, or holds at any depth, something not known yet."""
    if isinstance(value, Mapping):
        return any(contains_unknown(each) for each in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(each) for each in value)
    return value is UNKNOWN


def whole_id(value: Any, parts: tuple[str, ...]) -> tuple[int, ...]:
    """Take the id of a resource of this package apart, such as `42:7` of an agent.

    Args:
        value: What may be one.
        parts: The names of its parts.

    Returns:
        Its numbers, the project's first; none where it is no such id.
    """
    if not isinstance(value, str) or not WHOLE_ID.fullmatch(value.strip()):
        return ()
    ids = tuple(map(int, value.strip().split(":")))
    return ids if len(ids) == len(parts) else ()
