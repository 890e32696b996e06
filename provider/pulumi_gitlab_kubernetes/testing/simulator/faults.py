"""Faults: errors and delays injected into selected requests to the API.

A fault is a JSON object; `POST /-/simulator/faults` takes one or a list. All keys are optional:

| key | meaning | default |
|---|---|---|
| `method` | HTTP method | all |
| `path` | regular expression searched for in the path as sent (`%2F` stays `%2F`) | all paths |
| `skip` | number of matching requests that pass before the fault starts | 0 |
| `share` | share of the following requests that it applies to, 0 to 1, chosen at random | 1 |
| `times` | number of requests that it applies to; null: no limit | 1 |
| `latency` | seconds to wait before the work, or `[minimum, maximum]` for a random time | 0 |
| `status` | respond with this status instead of doing the work | the work is done |
| `body` | with `status`: a string is sent as plain text, all else as JSON | `{"message": ...}` |
| `headers` | with `status`: additional headers | none |
| `drop` | drop the connection: `before` or `after` the work without sending a response, | |
| | or `halfway` through the response's body (Content-Length is that of the whole) | no drop |
| `seed` | seed of the random numbers: the same requests in the same order get the same faults | 0 |

At most one fault applies to a request: the first one that matches.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from pulumi_gitlab_kubernetes.testing.simulator.patterns import compiled

_DROPS = ("", "before", "after", "halfway")
_STATUSES = range(200, 600)
_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_OWN_HEADERS = ("content-length", "transfer-encoding", "connection")


@dataclass
class Fault:
    """A fault; the module's docstring documents the fields.

    Raises:
        ValueError: A value is invalid; the message says which and what is expected.
    """

    method: str = ""
    path: str = ""
    times: int | None = 1
    skip: int = 0
    share: float = 1
    latency: float | list[float] = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        """Validate the client's values."""
        for name, (valid, expected) in _CHECKS.items():
            value = getattr(self, name)
            if not valid(value):
                raise ValueError(f"{name} of a fault must be {expected}, not {reprlib.repr(value)}")
        compiled(self.path, "path of a fault")
        if self.status is None and (self.body is not None or self.headers):
            raise ValueError("body and headers of a fault require a status")
        if self.status is not None and self.drop in {"before", "after"}:
            raise ValueError(f"drop {self.drop!r} of a fault cannot be combined with a status")
        self.response()  # reject a body that cannot be sent
        self._random = random.Random(self.seed)  # noqa: S311 (not for cryptography)

    def applies(self, method: str, path: str) -> bool:
        """Return whether the fault applies to a request, and count the request."""
        if self.times == 0 or self.method.upper() not in {"", method}:
            return False
        if not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self._random.random() >= self.share:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    async def wait(self) -> None:
        """Wait for the latency, in real time."""
        if isinstance(self.latency, list):
            await asyncio.sleep(self._random.uniform(*self.latency))
        elif self.latency:
            await asyncio.sleep(self.latency)

    def response(self) -> Response | None:
        """Return the injected response, or None to do the work."""
        if self.status is None:
            return None
        if self.status in _WITHOUT_BODY:
            return Response(None, self.status, self.headers)
        if isinstance(self.body, str):
            return PlainTextResponse(self.body, self.status, self.headers)
        body = {"message": f"{self.status} simulated"} if self.body is None else self.body
        return JSONResponse(body, self.status, self.headers)


class Faults:
    """The pending faults, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, given: Any) -> list[dict[str, Any]]:
        """Add one fault or a list of them, and return all pending faults.

        Raises:
            ValueError: One of them is invalid; none is added.
        """
        known = {field.name for field in fields(Fault)}
        made = []
        for fault in given if isinstance(given, list) else [given]:
            if not isinstance(fault, Mapping):
                raise ValueError(  # noqa: TRY004 (one kind of error for a wrong body)
                    f"a fault must be an object, not {reprlib.repr(fault)}"
                )
            if unknown := sorted(set(fault) - known):
                raise ValueError(
                    f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}"
                )
            made.append(Fault(**fault))
        self._faults += made
        return self.pending()

    def pending(self) -> list[dict[str, Any]]:
        """Return the pending faults, with the remaining `skip` and `times`."""
        return [asdict(fault) for fault in self._faults if fault.times != 0]

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def find(self, method: str, path: str) -> Fault | None:
        """Return the first fault that applies to a request."""
        return next((fault for fault in self._faults if fault.applies(method, path)), None)


async def drop(scope: Scope, receive: Receive) -> None:
    """Drop the connection without sending a response."""
    scope["extensions"]["simulator.transport"].abort()
    await _disconnected(receive)


async def drop_halfway(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Drop the connection after half of the body, or before a response without a body."""
    half = len(response.body) // 2
    if not response.body:
        await drop(scope, receive)
        return

    async def send_half(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": message["body"][:half], "more_body": True}
        await send(message)

    await response(scope, receive, send_half)
    scope["extensions"]["simulator.transport"].close()  # after the data is sent
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _integer(value: Any, minimum: int) -> bool:
    return type(value) is int and value >= minimum


def _seconds(value: Any) -> bool:
    return type(value) in {int, float} and math.isfinite(value) and value >= 0


def _latency(value: Any) -> bool:
    if not isinstance(value, list):
        return _seconds(value)
    return [*map(_seconds, value)] == [True, True] and value[0] <= value[1]


def _headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str)
        and _HEADER_NAME.fullmatch(name)
        and _HEADER_VALUE.fullmatch(text)
        and name.lower() not in _OWN_HEADERS
        for name, text in value.items()
    )


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "method": (
        lambda value: isinstance(value, str) and (value.isalpha() or not value),
        "an HTTP method",
    ),
    "path": (lambda value: isinstance(value, str), "a regular expression"),
    "times": (lambda value: value is None or _integer(value, 1), "an integer from 1, or null"),
    "skip": (lambda value: _integer(value, 0), "an integer from 0"),
    "share": (lambda value: _seconds(value) and value <= 1, "a number from 0 to 1"),
    "latency": (_latency, "seconds from 0, or [minimum, maximum]"),
    "status": (
        lambda value: value is None or (type(value) is int and value in _STATUSES),
        "an HTTP status from 200 to 599",
    ),
    "headers": (
        _headers,
        f"an object of header names and strings, without {', '.join(_OWN_HEADERS)}",
    ),
    "drop": (lambda value: value in _DROPS, "'before', 'after' or 'halfway'"),
    "seed": (lambda value: type(value) is int, "an integer"),
}
