"""Reads the body of an answer, which is no larger than GitLab's can be.

Whatever answers in GitLab's place may send without end, or a little that unpacks to a lot. It is
refused before it takes this process's memory.
"""

from __future__ import annotations

import re

from urllib3.exceptions import DecodeError, HTTPError
from urllib3.response import BaseHTTPResponse

MOST_BYTES = 4 << 20
"""GitLab's largest answer is a page of 100 environments, each with a description of 10,000
characters (40,000 bytes in some scripts) and about 2,000 bytes of everything else."""
MOST_VALUES = 100_000
"""Such a page has some 100 values an environment; one byte of JSON can become 30 in memory."""
MOST_LEVELS = 64
"""GitLab nests less than ten levels deep."""

MOST_TEXT = 1 << 20
"""Bytes of one text; in memory a character can take four. GitLab's descriptions have 10,000."""

_PIECE = 8 << 10  # Unpacks to 8 MiB at most, also where urllib3 unpacks each piece as a whole.
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}
ACCEPTED = "gzip, deflate"
"""The encodings that this package asks for: how far others can unpack is not known."""
_NO_BRACKET = re.compile(rb"[^\[\]{}]+")


class ImpossibleAnswerError(HTTPError):
    """GitLab never gives such an answer; the error's text says what it was."""


def read_body(response: BaseHTTPResponse) -> bytes:
    """Read and unpack a body.

    Args:
        response: An answer of which the headers have been read.

    Raises:
        ImpossibleAnswerError: It is larger than any of GitLab's.
        DecodeError: It is encoded in a way that was not asked for.
    """
    if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
        raise DecodeError("an encoding that was not asked for")
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
    """Refuse what has more bytes than any answer of GitLab's.

    Raises:
        ImpossibleAnswerError: It has.
    """
    if size > MOST_BYTES:
        raise ImpossibleAnswerError(f"more than {MOST_BYTES >> 20} MiB")


def _require_modest(body: bytes) -> None:
    """Refuse JSON that would take much more memory than its text, or is nested too deep."""
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    many = ImpossibleAnswerError(f"more than {MOST_VALUES:,} values")
    if unescaped.count(b'"') > 4 * MOST_VALUES:  # Two a name and two a text.
        raise many
    parts = unescaped.split(b'"')
    if max(map(len, parts[1::2]), default=0) > MOST_TEXT:
        raise ImpossibleAnswerError(f"a text of more than {MOST_TEXT >> 20} MiB")
    outside = b"".join(parts[::2])
    if outside.count(b",") + outside.count(b"[") + outside.count(b"{") > MOST_VALUES:
        raise many
    level = 0
    for bracket in _NO_BRACKET.sub(b"", outside):
        level += 1 if bracket in b"[{" else -1
        if level > MOST_LEVELS:
            raise ImpossibleAnswerError(f"values nested more than {MOST_LEVELS} deep")
