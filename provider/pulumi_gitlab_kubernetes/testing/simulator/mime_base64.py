"""Base64 as Ruby encodes and leniently decodes it."""

from __future__ import annotations

import base64
import re

_LINE = 60


def encode(content: bytes | None) -> str | None:
    """Return MIME base64: a line feed after every 60 characters and at the end."""
    if content is None:
        return None
    text = base64.b64encode(content).decode()
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "".join(f"{line}\n" for line in lines)


def decode(text: str | None) -> bytes | None:
    """Decode base64; other characters are ignored, and an empty text is null."""
    if not text:
        return None
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text.partition("=")[0])
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(whole + "=" * (-len(whole) % 4))
