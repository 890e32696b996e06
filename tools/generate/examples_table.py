"""The table of examples, from the README of their folder."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[2] / "examples" / "README.md"


def table() -> str:
    """Return the table as Markdown, with paths instead of links: the site has no such files."""
    rows = [line for line in README.read_text().splitlines() if line.startswith("|")]
    return re.sub(r"\[`([\w-]+)`\]\(\1\)", r"`examples/\1`", "\n".join(rows))
