"""Reading the body of a response, with limits that GitLab's responses never reach.

Another server may send an endless body, or a small one that decompresses to a huge one. Such a
response is rejected before it uses up the memory.
"""

from __future__ import annotations

import re

from urllib3.exceptions import DecodeError, HTTPError
from urllib3.response import BaseHTTPResponse

MOST_BYTES = 4 << 20
"""GitLab's largest response is a page of 100 environments, each with a description of 10,000
characters (up to 40,000 bytes) and about 2,000 bytes of other values."""
MOST_VALUES = 100_000
"""Such a page has about 100 values per environment. One byte of JSON can take 30 in memory."""
MOST_LEVELS = 64
"""GitLab nests less than ten levels deep."""

MOST_TEXT = 1 << 20
"""Bytes of one text. GitLab's descriptions have up to 10,000 characters of up to 4 bytes."""

_PIECE = 8 << 10  # Decompresses to at most 8 MiB, which urllib3 may do at once.
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}
ACCEPTED = "gzip, deflate"
"""The encodings to request, which have a known limit of compression."""
_NO_BRACKET = re.compile(rb"[^\[\]{}]+")


class ImpossibleResponseError(HTTPError):
    """A response that GitLab never sends. The error's text says what it was."""


def read_body(response: BaseHTTPResponse) -> bytes:
    """Read and decompress a body.

    Args:
        response: A response whose headers have been read.

    Raises:
        ImpossibleResponseError: It is larger than any of GitLab's.
        DecodeError: Its encoding was not requested.
    """
    if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
        raise DecodeError("an encoding that was not requested")
    require_size(response.length_remaining or 0)
    parts, size = [], 0
    for part in response.stream(_PIECE, decode_content=True):
        size += len(part)
        require_size(size)
        parts.append(part)
    body = b"".join(parts)
    _require_modest(body)
    return body


def require_size(size: int) -> None:
    """Check a number of bytes.

    Raises:
        ImpossibleResponseError: No response from GitLab has as many.
    """
    if size > MOST_BYTES:
        raise ImpossibleResponseError(f"more than {MOST_BYTES >> 20} MiB")


def _require_modest(body: bytes) -> None:
    """Reject JSON that would take much more memory than its text, or is nested too deep."""
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    many = ImpossibleResponseError(f"more than {MOST_VALUES:,} values")
    if unescaped.count(b'"') > 4 * MOST_VALUES:  # Two for each name and each text.
        raise many
    parts = unescaped.split(b'"')
    if max(map(len, parts[1::2]), default=0) > MOST_TEXT:
        raise ImpossibleResponseError(f"a text of more than {MOST_TEXT >> 20} MiB")
    outside = b"".join(parts[::2])
    if outside.count(b",") + outside.count(b"[") + outside.count(b"{") > MOST_VALUES:
        raise many
    level = 0
    for bracket in _NO_BRACKET.sub(b"", outside):
        level += 1 if bracket in b"[{" else -1
        if level > MOST_LEVELS:
            raise ImpossibleResponseError(f"values nested more than {MOST_LEVELS} deep")
