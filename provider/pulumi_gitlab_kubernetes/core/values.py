"""Plain values: text, integers, booleans, numbers, maps, and values unknown in a preview."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, Final

_NUMBER = re.compile(r"\d+(\.\d+)?")
COMPOSITE_ID = re.compile(r"[0-9]+(:[0-9]+)+")
"""A resource's ID, such as `<project-id>:<agent-id>`."""

Values = dict[str, Any]
"""A resource's inputs or outputs by field name. Fields that are not set are absent."""


class _Unknown(enum.Enum):
    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown.UNKNOWN
"""A value that is unknown in a preview."""


class Type(enum.Enum):
    """The types of values that a field can have."""

    TEXT = "text"
    INTEGER = "an integer"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    MAP = "a map"
    LIST = "a list"
    TIMESTAMP = "a time in ISO 8601"

    def coerce(self, value: Any) -> Any:
        """Convert a value from the engine or from configuration to this type.

        Args:
            value: A known value.

        Returns:
            The value as `str`, `int`, `float`, `bool` or `dict`.

        Raises:
            ValueError: It is of another type. The text says what is expected.
        """
        match self, value:
            case (Type.TEXT | Type.TIMESTAMP, str()) | (Type.BOOLEAN, bool()):
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
            case Type.LIST, list():
                result = value
            case _:
                raise ValueError(f"must be {self.value}")
        return result

    def fits(self, value: Any) -> bool:
        """Return whether a value is of this type, or can be converted to it, or is not set."""
        try:
            return value is None or self.coerce(value) is not None
        except ValueError:
            return False

    def has(self, value: Any) -> bool:
        """Return whether a value is of this type without a conversion, or is not set."""
        return self.fits(value) and (value is None or self.coerce(value) == value)


def contains_unknown(value: Any) -> bool:
    """Return whether a value is unknown, or contains an unknown value at any depth."""
    if isinstance(value, Mapping):
        return any(contains_unknown(each) for each in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(each) for each in value)
    return value is UNKNOWN


def composite_id(value: Any, parts: tuple[str, ...]) -> tuple[int, ...]:
    """Return the parts of a resource's ID, such as `42:7` of an agent.

    Args:
        value: A value that may be such an ID.
        parts: The names of its parts.

    Returns:
        Its numbers, the project's first; empty for other values.
    """
    if not isinstance(value, str) or not COMPOSITE_ID.fullmatch(value.strip()):
        return ()
    ids = tuple(map(int, value.strip().split(":")))
    return ids if len(ids) == len(parts) else ()
