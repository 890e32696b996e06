"""What a picture was made of, inside its PNG file, so that a test sees whether it is current."""

from __future__ import annotations

import hashlib
import struct
import zlib

_HEAD = 33
"""The length of what comes first in a PNG file: its signature and its size."""
_CHUNK = struct.Struct("!I")


def mark(png: bytes, source: str) -> bytes:
    """Return a picture with its source's digest as a text chunk.

    See https://www.w3.org/TR/png-3/#11tEXt.

    Args:
        png: The picture.
        source: What it was made of.
    """
    return png[:_HEAD] + _text(source) + png[_HEAD:]


def is_marked(png: bytes, source: str) -> bool:
    """Return whether a picture was made of a source."""
    return png[_HEAD:].startswith(_text(source))


def _text(source: str) -> bytes:
    data = b"tEXtSource\0" + hashlib.sha256(source.encode()).hexdigest().encode()
    return _CHUNK.pack(len(data) - 4) + data + _CHUNK.pack(zlib.crc32(data))
