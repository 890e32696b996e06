"""The forms in which GitLab's REST API says no.

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
    """An answer other than success; raising it undoes what the request wrote.

    Args:
        status: HTTP status code.
        body: what is sent as JSON, or a string sent as plain text.
        headers: further response headers.
    """

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def parameter_error(text: str) -> ApiError:
    """Return the refusal of declared parameters, as ``{"error": text}``."""
    return ApiError(400, {"error": text})


def bad_request(text: str) -> ApiError:
    """Return the refusal of a business rule, as one line of text."""
    return ApiError(400, {"message": f"400 Bad request - {text}"})


def bad_request_list(messages: Sequence[str]) -> ApiError:
    """Return model messages as agents, tokens and URL configurations do: a printed Ruby array."""
    return bad_request("[" + ", ".join(json.dumps(m, ensure_ascii=False) for m in messages) + "]")


def model_errors(errors: Mapping[str, Sequence[str]]) -> ApiError:
    """Return model messages the way clusters and environments send them: by field."""
    return ApiError(400, {"message": {field: list(texts) for field, texts in errors.items()}})


def message(status: int, text: Any) -> ApiError:
    """Return any other answer of the ``{"message": ...}`` form."""
    return ApiError(status, {"message": text})


def plain(status: int, text: str, headers: Mapping[str, str]) -> ApiError:
    """Return an answer that is no JSON: the throttle's and redirects."""
    return ApiError(status, text, {"Content-Type": "text/plain", **headers})


def unauthorized() -> ApiError:
    """Return the answer to no or unknown credentials."""
    return message(401, "401 Unauthorized")


def invalid_token(description: str) -> ApiError:
    """Return the answer to credentials that once were good."""
    # The header is inferred: rack-oauth2 sends it, GitLab's specs do not assert it.
    realm = 'Bearer realm="Protected by OAuth 2.0"'
    challenge = f'{realm}, error="invalid_token", error_description="{description}"'
    body = {"error": "invalid_token", "error_description": description}
    return ApiError(401, body, {"WWW-Authenticate": challenge})


def insufficient_scope(scopes: Sequence[str]) -> ApiError:
    """Return the answer to a token whose scopes do not cover the request."""
    text = "The request requires higher privileges than provided by the access token."
    body = {"error": "insufficient_scope", "error_description": text, "scope": " ".join(scopes)}
    return ApiError(403, body)


def forbidden(reason: str = "") -> ApiError:
    """Return the answer to a role that is too small."""
    return message(403, f"403 Forbidden - {reason}" if reason else "403 Forbidden")


def record_not_found() -> ApiError:
    """Return the answer to a lookup by id that found nothing (lowercase "found")."""
    return message(404, "404 Not found")


def not_found(resource: str = "") -> ApiError:
    """Return the explicit "not found", of a gate or of a named resource (capital "Found")."""
    return message(404, f"404 {resource} Not Found" if resource else "404 Not Found")


def no_route() -> ApiError:
    """Return the answer to an unknown path, or to a known path with another method."""
    return ApiError(404, {"error": "404 Not Found"})
