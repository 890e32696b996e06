"""Calls to the simulator's API from its own process, as the administrator.

They pass the same routes, checks and errors as requests from outside, but skip injected faults and
the request log.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

Respond = Callable[[Request, str], Awaitable[Response]]

_PER_PAGE = 100


class RequestError(Exception):
    """The simulator responded with an error; the message is its status and text."""


class AdminClient:
    """The administrator, calling from the simulator's own process.

    Args:
        respond: Returns the response to a request for a path.
        root_token: The administrator's personal access token.
    """

    def __init__(self, respond: Respond, root_token: str) -> None:
        self._respond = respond
        self._headers = [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"private-token", root_token.encode()),
        ]

    async def call(self, method: str, path: str, parameters: Any = None) -> Any:
        """Send a request.

        Args:
            method: HTTP method.
            path: Path and query; below `/api/v4/` unless it begins with a slash.
            parameters: The body, sent as JSON.

        Returns:
            The response's body.

        Raises:
            RequestError: The response is an error.
        """
        return _read(await self._request(method, path, parameters))

    async def find(self, path: str) -> Any:
        """Return the object at a path, or None if the response is 404."""
        response = await self._request("GET", path, None)
        return None if response.status_code == HTTPStatus.NOT_FOUND else _read(response)

    async def all(self, path: str) -> list[dict[str, Any]]:
        """Return every page of a list."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            separator = "&" if "?" in path else "?"
            part = await self.call("GET", f"{path}{separator}per_page={_PER_PAGE}&page={page}")
            found += part
            if len(part) < _PER_PAGE:
                return found
            page += 1

    async def _request(self, method: str, path: str, parameters: Any) -> Response:
        target = path if path.startswith("/") else f"/api/v4/{path}"
        raw_path, _, query = target.partition("?")
        body = b"" if parameters is None else json.dumps(parameters, default=_isoformat).encode()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": raw_path,
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "headers": self._headers,
            "server": ("127.0.0.1", 80),
            "extensions": {},
        }
        return await self._respond(Request(scope, receive), raw_path)


def _isoformat(value: Any) -> str:
    """Return a date or time from a YAML document as text; JSON has no type for it."""
    return str(value.isoformat())


def _read(response: Response) -> Any:
    text = bytes(response.body).decode()
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise RequestError(f"{response.status_code} {_error_text(text)}")
    return json.loads(text) if text else None


def _error_text(text: str) -> str:
    """Return an error's text without the JSON around it."""
    try:
        body = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(body, dict) and len(body) == 1:
        (body,) = body.values()
    return body if isinstance(body, str) else json.dumps(body)
