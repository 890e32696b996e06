"""The generated parts of a page, between two comments with the name of the part."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_PART = re.compile(
    r"(<!-- (?P<name>\w+): made by tools/generate -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL
)


def fill(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its generated parts.

    Args:
        text: The page.
        parts: What generates a part, by its name. Other parts stay as they are.
    """

    def replace(found: re.Match[str]) -> str:
        if found["name"] not in parts:
            return found[0]
        return f"{found[1]}\n{parts[found['name']]().strip()}\n\n{found[3]}"

    return _PART.sub(replace, text)
