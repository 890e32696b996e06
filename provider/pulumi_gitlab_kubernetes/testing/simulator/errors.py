"""The forms of GitLab's error responses.

GitLab has three: ``{"error": ...}`` from the parameter and token layers, ``{"message": "<status>
<text>"}`` from its helpers, and ``{"message": {"<field>": [...]}}`` from models. Plain text is used
for the throttle and for redirects.

Follows https://docs.gitlab.com/api/rest/troubleshooting/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """An error response; raising it rolls back what the request wrote.

    Args:
        status: HTTP status code.
        body: The body, sent as JSON; a string is sent as plain text.
        headers: Additional response headers.
    """

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def parameter_error(text: str) -> ApiError:
    """Return a parameter error, as ``{"error": text}``."""
    return ApiError(400, {"error": text})


def bad_request(text: str) -> ApiError:
    """Return a failed precondition, as one line of text."""
    return ApiError(400, {"message": f"400 Bad request - {text}"})


def bad_request_list(messages: Sequence[str]) -> ApiError:
    """Return validation errors as agents and their parts do: a printed Ruby array."""
    return bad_request("[" + ", ".join(json.dumps(m, ensure_ascii=False) for m in messages) + "]")


def model_errors(errors: Mapping[str, Sequence[str]]) -> ApiError:
    """Return validation errors as clusters and environments do: by field."""
    return ApiError(400, {"message": {field: list(texts) for field, texts in errors.items()}})


def message(status: int, text: Any) -> ApiError:
    """Return any other error of the form ``{"message": ...}``."""
    return ApiError(status, {"message": text})


def plain(status: int, text: str, headers: Mapping[str, str]) -> ApiError:
    """Return an error as plain text: of the throttle and of redirects."""
    return ApiError(status, text, {"Content-Type": "text/plain", **headers})


def unauthorized() -> ApiError:
    """Return the error for missing or unknown credentials."""
    return message(401, "401 Unauthorized")


def invalid_token(description: str) -> ApiError:
    """Return the error for expired or revoked credentials."""
    # The header is inferred: rack-oauth2 sends it, GitLab's tests do not check it.
    realm = 'Bearer realm="Protected by OAuth 2.0"'
    challenge = f'{realm}, error="invalid_token", error_description="{description}"'
    body = {"error": "invalid_token", "error_description": description}
    return ApiError(401, body, {"WWW-Authenticate": challenge})


def insufficient_scope(scopes: Sequence[str]) -> ApiError:
    """Return the error for a token without the required scopes."""
    text = "The request requires higher privileges than provided by the access token."
    body = {"error": "insufficient_scope", "error_description": text, "scope": " ".join(scopes)}
    return ApiError(403, body)


def forbidden(reason: str = "") -> ApiError:
    """Return the error for an insufficient role."""
    return message(403, f"403 Forbidden - {reason}" if reason else "403 Forbidden")


def record_not_found() -> ApiError:
    """Return the error of a lookup by id (lowercase "found")."""
    return message(404, "404 Not found")


def not_found(resource: str = "") -> ApiError:
    """Return the error of a disabled feature or a named resource (uppercase "Found")."""
    return message(404, f"404 {resource} Not Found" if resource else "404 Not Found")


def no_route() -> ApiError:
    """Return the error for an unknown path, or a known path with another method."""
    return ApiError(404, {"error": "404 Not Found"})
