"""Reading PEM with any white space, and writing it in OpenSSL's form.

OpenSSL, which GitLab uses, requires each label on a line of its own and no blank lines inside.
Templates and editors easily change that, although only the base64 text matters.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

_LINE = 64
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----")
_BEGIN = re.compile(r"^[^\S\n]*-----BEGIN ", re.MULTILINE)
_BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@dataclass(frozen=True)
class Block:
    """A PEM block.

    Args:
        label: The type in its labels, such as `CERTIFICATE`.
        content: The decoded content.
    """

    label: str
    content: bytes

    @property
    def text(self) -> str:
        """The block in OpenSSL's form."""
        text = base64.b64encode(self.content).decode()
        lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
        return "\n".join(
            (f"-----BEGIN {self.label}-----", *lines, f"-----END {self.label}-----", "")
        )


def blocks(text: str) -> list[Block]:
    """Return the blocks of a PEM text, ignoring other text around them.

    Returns:
        The blocks in their order, or an empty list if one is invalid.
    """
    found = []
    for label, body in _BLOCK.findall(text):
        content = "".join(body.split())
        if not content or not _BASE64.fullmatch(content):
            return []
        found.append(Block(label, base64.b64decode(content)))
    return [] if _BEGIN.search(_BLOCK.sub("\n", text)) else found


def plain(text: str) -> str:
    """Return a PEM text without white space around its lines, and with Unix line breaks."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def canonical(text: str) -> str:
    """Return a PEM text in OpenSSL's form, without other text around its blocks.

    If it is invalid, only the white space around its lines is removed.
    """
    return "".join(block.text for block in blocks(text)) or plain(text)
