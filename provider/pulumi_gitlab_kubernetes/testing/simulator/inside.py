"""Calls of the API from inside the simulator's own process, as the administrator.

They go the way that every request goes, so rules and errors are the same; but neither faults befall
them nor does the log of requests have them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

Answer = Callable[[Request, str], Awaitable[Response]]

_PAGE = 100


class RefusedError(Exception):
    """The simulator refused; the message is the status and what it said."""


class Administrator:
    """The administrator, calling from inside.

    Args:
        answer: what answers a request for a path.
        root_token: the administrator's personal access token.
    """

    def __init__(self, answer: Answer, root_token: str) -> None:
        self._answer = answer
        self._headers = [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"private-token", root_token.encode()),
        ]

    async def call(self, method: str, path: str, parameters: Any = None) -> Any:
        """Call the simulator.

        Args:
            method: HTTP method.
            path: path and query, below `/api/v4/` when it does not begin with a slash.
            parameters: what is sent as JSON.

        Returns:
            What it answers.

        Raises:
            RefusedError: it refuses.
        """
        return _read(await self._request(method, path, parameters))

    async def find(self, path: str) -> Any:
        """Return what is at a path, or None when there is nothing."""
        response = await self._request("GET", path, None)
        return None if response.status_code == HTTPStatus.NOT_FOUND else _read(response)

    async def all(self, path: str) -> list[dict[str, Any]]:
        """Return a whole list, of whatever length."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            separator = "&" if "?" in path else "?"
            part = await self.call("GET", f"{path}{separator}per_page={_PAGE}&page={page}")
            found += part
            if len(part) < _PAGE:
                return found
            page += 1

    async def _request(self, method: str, path: str, parameters: Any) -> Response:
        target = path if path.startswith("/") else f"/api/v4/{path}"
        raw_path, _, query = target.partition("?")
        body = b"" if parameters is None else json.dumps(parameters, default=_plain).encode()

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
        return await self._answer(Request(scope, receive), raw_path)


def _plain(value: Any) -> str:
    """Return what JSON has no word for: the dates and times that YAML has."""
    return str(value.isoformat())


def _read(response: Response) -> Any:
    text = bytes(response.body).decode()
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise RefusedError(f"{response.status_code} {_said(text)}")
    return json.loads(text) if text else None


def _said(text: str) -> str:
    """Return an error's text without the JSON around it."""
    try:
        body = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(body, dict) and len(body) == 1:
        (body,) = body.values()
    return body if isinstance(body, str) else json.dumps(body)
