"""GitLab's description of a thing: what it says, and whether it is one of what was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ._values import LARGEST_EXACT


def look_up(answer: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    """Follow a dotted path in GitLab's description of a thing.

    Args:
        answer: The description.
        path: GitLab's names, outermost first, with dots between.

    Returns:
        Whether it is there, and its value; a null on the way is a null at its end.
    """
    value: Any = answer
    for key in path.split("."):
        if value is None:
            return True, None
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value


def thing(
    answer: Any,
    *texts: str,
    numbered: bool = True,
    expected: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Accept GitLab's description of something.

    Args:
        answer: What was answered.
        texts: What every such description has, each with a text that is not empty.
        numbered: Whether it has a number as its id.
        expected: What the request fixes, by GitLab's name, dotted where nested: its id, what it
            belongs to, what was sent. A name that GitLab leaves out is no contradiction.

    Returns:
        The description.

    Raises:
        ValueError: It is no such description, or that of something else.
    """
    if not isinstance(answer, dict) or not all(_is_text(answer.get(key)) for key in texts):
        raise ValueError
    id_ = answer.get("id")
    if numbered and not (type(id_) is int and 0 < id_ <= LARGEST_EXACT):
        raise ValueError
    for path, value in (expected or {}).items():
        found, shown = look_up(answer, path)
        if found and not _same(shown, value):
            raise ValueError
    # Neither text without an encoding nor a number that is none could be stored.
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    return answer


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _same(shown: object, value: object) -> bool:
    """GitLab trims some of the texts that it takes, such as a cluster's scope."""
    if isinstance(shown, str) and isinstance(value, str):
        return shown.strip() == value.strip()
    return type(shown) is type(value) and shown == value
