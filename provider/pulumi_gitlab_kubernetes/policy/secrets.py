"""How a state marks a secret value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .things import Hidden

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (Pulumi's mark of one)


def is_secret(value: Mapping[str, Any]) -> bool:
    """Tell whether an object of a state stands for a secret value."""
    return value.get(_SIGNATURE) == _SECRET


def revealed(value: Mapping[str, Any]) -> Any:
    """Return an object as a rule may read it.

    Args:
        value: An object in a state, with or without `--show-secrets`.

    Returns:
        The object, or the secret value; `Hidden.SECRET` for one that is encrypted.
    """
    if not is_secret(value):
        return value
    if "plaintext" not in value:
        return Hidden.SECRET
    try:
        return json.loads(value["plaintext"])
    except (RecursionError, TypeError, ValueError):
        return Hidden.SECRET
