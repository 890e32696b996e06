"""Responses that describe one resource: their values, and whether it is the requested one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LARGEST_EXACT = (1 << 53) - 1
"""The largest integer that is exact in Pulumi, whose numbers are floats."""


def look_up(response: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    """Look up a dotted path in a response.

    Args:
        response: The response.
        path: The keys, outermost first, separated by dots.

    Returns:
        Whether the path exists, and its value. If a key on the way is null, so is the value.
    """
    value: Any = response
    for key in path.split("."):
        if value is None:
            return True, None
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value


def require_object(
    response: Any,
    *texts: str,
    numbered: bool = True,
    expected: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Return a response if it describes the requested resource.

    Args:
        response: The response.
        texts: The keys that it always has, each with a text that is not empty.
        numbered: Whether its ID is a number.
        expected: The values that the request determines, by response key, with dots where nested:
            the ID, the ID of the parent, what was sent. The response may leave them out.

    Returns:
        The response.

    Raises:
        ValueError: It does not describe a resource, or it describes another one.
    """
    if not isinstance(response, dict) or not all(_is_text(response.get(key)) for key in texts):
        raise ValueError
    id_ = response.get("id")
    if numbered and not (type(id_) is int and 0 < id_ <= LARGEST_EXACT):
        raise ValueError
    for path, value in (expected or {}).items():
        found, shown = look_up(response, path)
        if found and not _same(shown, value):
            raise ValueError
    # The state cannot store lone surrogates, NaN or infinity.
    json.dumps(response, ensure_ascii=False, allow_nan=False).encode()
    return response


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _same(shown: object, value: object) -> bool:
    """Compare values; GitLab trims some texts, such as a cluster's scope."""
    if isinstance(shown, str) and isinstance(value, str):
        return shown.strip() == value.strip()
    return type(shown) is type(value) and shown == value
