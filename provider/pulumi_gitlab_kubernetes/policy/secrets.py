"""Secret values in a state.

See https://www.pulumi.com/docs/iac/concepts/secrets/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi_gitlab_kubernetes.policy.model import Hidden

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (Pulumi's marker, not a secret)


def is_secret(value: Mapping[str, Any]) -> bool:
    """Return whether an object in a state represents a secret value."""
    return value.get(_SIGNATURE) == _SECRET


def reveal(value: Mapping[str, Any]) -> Any:
    """Return the value that an object in a state represents.

    Args:
        value: An object in a state that was exported with or without `--show-secrets`.

    Returns:
        The object itself, or the plaintext of a secret; `Hidden.SECRET` if it is encrypted.
    """
    if not is_secret(value):
        return value
    if "plaintext" not in value:
        return Hidden.SECRET
    try:
        return json.loads(value["plaintext"])
    except (RecursionError, TypeError, ValueError):
        return Hidden.SECRET
