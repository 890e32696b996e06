"""Reads PEM texts whatever became of their white space, and writes them as OpenSSL does.

OpenSSL, with which GitLab reads them, wants each label on a line of its own and no blank line among
the rest. Templates and editors lose that easily, and it says nothing: what counts is base64.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from ._rules import pem

_LINE = 64
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----")
_BEGIN = re.compile(r"^[^\S\n]*-----BEGIN ", re.MULTILINE)
_BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@dataclass(frozen=True)
class Block:
    """What is between two labels.

    Args:
        label: What the labels call it, such as `CERTIFICATE`.
        content: What its base64 stands for.
    """

    label: str
    content: bytes

    @property
    def text(self) -> str:
        """The block as OpenSSL writes it."""
        text = base64.b64encode(self.content).decode()
        lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
        return "\n".join(
            (f"-----BEGIN {self.label}-----", *lines, f"-----END {self.label}-----", "")
        )


def blocks(text: str) -> list[Block]:
    """Return what a PEM text holds; other text around it does not count.

    Returns:
        The blocks in their order, none where one is broken.
    """
    found = []
    for label, body in _BLOCK.findall(text):
        content = "".join(body.split())
        if not content or not _BASE64.fullmatch(content):
            return []
        found.append(Block(label, base64.b64decode(content)))
    return [] if _BEGIN.search(_BLOCK.sub("\n", text)) else found


def canonical(text: str) -> str:
    """Return a PEM text as OpenSSL writes it, without what is around its blocks.

    One that is broken otherwise only loses its outer white space.
    """
    return "".join(block.text for block in blocks(text)) or pem(text)
