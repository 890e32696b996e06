"""Whether an error is GitLab's: what its API says for each status, and nothing else does.

A file server, a sign-in page and other programs' APIs say 404 as well. GitLab's API has its own
forms of an error, see https://docs.gitlab.com/api/rest/troubleshooting/, and its answers have a
header that no other program sends; but an older GitLab sends none, and a proxy may drop it.
"""

from __future__ import annotations

import json
from typing import Any

from .errors import FORBIDDEN, GATEWAY, NOT_FOUND, TOO_MANY_REQUESTS, UNAUTHORIZED

MARK = "X-Gitlab-Meta"
"""The header of GitLab's answers."""

_FIRST_ERROR = 400
_FAR_REACHING = {UNAUTHORIZED, FORBIDDEN, NOT_FOUND}
"""The statuses from which this package draws conclusions. GitLab's own text repeats them."""
_NAMES = {"message", "error", "error_description", "error_uri", "reason", "scope"}
"""What its errors consist of: other programs' have the path, a time, a request's id."""
_BETWEEN = {TOO_MANY_REQUESTS, *GATEWAY}
"""The statuses of GitLab's throttle or a gateway in front of its API, with any text."""
UNDONE = {UNAUTHORIZED, NOT_FOUND, 405, 407, 501}
"""The statuses after which nothing was done, whoever answers with them."""


class ForeignAnswerError(Exception):
    """Something else than GitLab's API has answered with an error.

    Args:
        status: The HTTP status.
        body: What it said.
    """

    def __init__(self, status: int, body: bytes | None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def is_gitlabs(status: int, body: bytes | str | None, *, marked: bool) -> bool:
    """Tell whether an answer that is no success can be GitLab's.

    Args:
        status: The HTTP status.
        body: The body.
        marked: Whether it has the header that only GitLab sends.
    """
    if status in _BETWEEN:
        return True
    try:
        said = json.loads(body or b"")
    except (ValueError, RecursionError):
        return False
    if status < _FIRST_ERROR or not isinstance(said, dict):
        return False
    if not said.keys() & {"message", "error"}:
        return False
    return marked or (said.keys() <= _NAMES and _fits(status, said))


def _fits(status: int, said: dict[str, Any]) -> bool:
    if status not in _FAR_REACHING or isinstance(said.get("error_description"), str):
        return True  # The second is OAuth's form.
    text = said.get("message", said.get("error"))
    return isinstance(text, str) and text.startswith(str(status))
