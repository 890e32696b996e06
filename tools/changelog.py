"""The changelog's text of one version: `python -m tools.changelog 0.1.0`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
UNRELEASED = "Unreleased"
_HEADING = re.compile(
    r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\d{4}-\d{2}-\d{2}))?$", re.MULTILINE
)


def versions(text: str) -> list[tuple[str, str]]:
    """Return each version with its date, in the order of the changelog.

    Args:
        text: The changelog.
    """
    return [(found["version"], found["date"] or "") for found in _HEADING.finditer(text)]


def notes(text: str, version: str) -> str:
    """Return what the changelog says about a version.

    Args:
        text: The changelog.
        version: The version, or `Unreleased`.

    Raises:
        LookupError: The changelog does not have it.
    """
    parts = _HEADING.split(text)
    # The text before the first heading, then version, date and text of each.
    for at in range(1, len(parts), 3):
        if parts[at] == version:
            return str(parts[at + 2]).strip()
    raise LookupError(f"CHANGELOG.md has no part `## [{version}]`")


if __name__ == "__main__":
    try:
        print(notes(CHANGELOG.read_text(encoding="utf-8"), sys.argv[1]))
    except LookupError as error:
        sys.exit(f"error: {error.args[0]}")
