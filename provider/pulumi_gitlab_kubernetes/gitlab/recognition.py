"""Whether an error response is from GitLab.

File servers, sign-in pages and other APIs return 404 too. GitLab's errors have a form of their own,
see https://docs.gitlab.com/api/rest/troubleshooting/. Its responses also have a header that no
other program sends, but old versions of GitLab do not send it, and a proxy may remove it.
"""

from __future__ import annotations

import json
from typing import Any

from pulumi_gitlab_kubernetes.errors import (
    FORBIDDEN,
    GATEWAY,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
)

META_HEADER = "X-Gitlab-Meta"
"""The header of GitLab's responses."""

_FIRST_ERROR = 400
_FAR_REACHING = {UNAUTHORIZED, FORBIDDEN, NOT_FOUND}
"""The statuses that decide what this package does next. GitLab's text starts with them."""
_NAMES = {"message", "error", "error_description", "error_uri", "reason", "scope"}
"""The keys of GitLab's errors. Those of other programs also have a path, a time or an ID."""
_BETWEEN = {TOO_MANY_REQUESTS, *GATEWAY}
"""The statuses of GitLab's rate limit, or of a gateway in front of GitLab, with any text."""
UNDONE = {UNAUTHORIZED, NOT_FOUND, 405, 407, 501}
"""The statuses that mean that nothing was done, whichever server returns them."""


class ForeignResponseError(Exception):
    """A server that is not GitLab's API returned an error.

    Args:
        status: The HTTP status.
        body: The body of the response.
    """

    def __init__(self, status: int, body: bytes | None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def is_gitlab_error(status: int, body: bytes | str | None, *, marked: bool) -> bool:
    """Return whether an error response can be from GitLab.

    Args:
        status: The HTTP status.
        body: The body of the response.
        marked: Whether it has the header that only GitLab sends.
    """
    if status in _BETWEEN:
        return True
    try:
        error = json.loads(body or b"")
    except (ValueError, RecursionError):
        return False
    if status < _FIRST_ERROR or not isinstance(error, dict):
        return False
    if not error.keys() & {"message", "error"}:
        return False
    return marked or (error.keys() <= _NAMES and _fits(status, error))


def _fits(status: int, error: dict[str, Any]) -> bool:
    if status not in _FAR_REACHING or isinstance(error.get("error_description"), str):
        return True  # OAuth's errors have a description.
    text = error.get("message", error.get("error"))
    return isinstance(text, str) and text.startswith(str(status))
