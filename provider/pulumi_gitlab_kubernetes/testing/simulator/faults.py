"""Faults: what goes wrong on purpose for chosen requests to the API.

A fault is a JSON object; `POST /-/simulator/faults` takes one or a list. All keys are optional:

| key | meaning | default |
|---|---|---|
| `method` | HTTP method | every one |
| `path` | regular expression searched for in the path as sent (`%2F` stays `%2F`) | every path |
| `skip` | so many matching requests pass before it begins | 0 |
| `share` | of the others it befalls this share, 0 to 1, chosen at random | 1 |
| `times` | how many requests it befalls in all; null: no end | 1 |
| `latency` | seconds to wait before the work, or `[least, most]`: at random in between | 0 |
| `status` | answer this instead of doing the work | the work is done |
| `body` | with `status`: text is sent as plain text, all else as JSON | `{"message": ...}` |
| `headers` | with `status`: further headers | none |
| `drop` | the connection is cut: `before` the work or `after` it, without a byte of an answer, | |
| | or `halfway` through the answer's body, whose Content-Length is the full one | no cut |
| `seed` | of the random numbers: the same requests in the same order meet the same fate | 0 |

The first fault that befalls a request is the only one for it.
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
    """Something that goes wrong for matching requests.

    Args:
        method: HTTP method; empty for every one.
        path: regular expression searched for in the path (as sent, so `%2F` stays `%2F`).
        times: how many requests it befalls; None for all.
        skip: how many matching requests pass before.
        share: the share, 0 to 1, of the requests after those that it befalls.
        latency: seconds to wait before the work, or the least and the most of them.
        status: answer this status instead of doing the work.
        body: what to answer with `status`; text is sent as plain text.
        headers: response headers with `status`.
        drop: where the connection is cut: `before` or `after` the work, `halfway` through the body.
        seed: of the random numbers.

    Raises:
        ValueError: a value is not what it should be; the message says which and what would do.
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
        """Check what the client sent."""
        for name, (holds, expected) in _RULES.items():
            value = getattr(self, name)
            if not holds(value):
                raise ValueError(f"{name} of a fault is {expected}, not {reprlib.repr(value)}")
        compiled(self.path, "path of a fault")
        if self.status is None and (self.body is not None or self.headers):
            raise ValueError("body and headers of a fault go with a status")
        if self.status is not None and self.drop in {"before", "after"}:
            raise ValueError(
                f"a fault with a status cannot drop {self.drop!r}: nobody would see it"
            )
        self.response()  # what cannot be sent is refused now
        self._random = random.Random(self.seed)  # noqa: S311 - chance, not secrecy

    def takes(self, method: str, path: str) -> bool:
        """Tell whether a request is meant, and count it."""
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
        """Let the latency pass, in real time."""
        if isinstance(self.latency, list):
            await asyncio.sleep(self._random.uniform(*self.latency))
        elif self.latency:
            await asyncio.sleep(self.latency)

    def response(self) -> Response | None:
        """Return the answer instead of the work, if there is one."""
        if self.status is None:
            return None
        if self.status in _WITHOUT_BODY:
            return Response(None, self.status, self.headers)
        if isinstance(self.body, str):
            return PlainTextResponse(self.body, self.status, self.headers)
        body = {"message": f"{self.status} simulated"} if self.body is None else self.body
        return JSONResponse(body, self.status, self.headers)


class Faults:
    """The faults that wait for requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, given: Any) -> list[dict[str, Any]]:
        """Add one fault, or all of a list of them, and return what is pending then.

        Raises:
            ValueError: one of them is not a fault; none is added then.
        """
        known = {field.name for field in fields(Fault)}
        made = []
        for fault in given if isinstance(given, list) else [given]:
            if not isinstance(fault, Mapping):
                raise ValueError(f"a fault is an object, not {reprlib.repr(fault)}")  # noqa: TRY004 - a 400
            if unknown := sorted(set(fault) - known):
                raise ValueError(
                    f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}"
                )
            made.append(Fault(**fault))
        self._faults += made
        return self.pending()

    def pending(self) -> list[dict[str, Any]]:
        """Return the faults that are not used up, with what is left of `skip` and `times`."""
        return [asdict(fault) for fault in self._faults if fault.times != 0]

    def clear(self) -> None:
        """Forget them all."""
        self._faults.clear()

    def befalling(self, method: str, path: str) -> Fault | None:
        """Return the first fault that befalls this request."""
        return next((fault for fault in self._faults if fault.takes(method, path)), None)


async def cut(scope: Scope, receive: Receive) -> None:
    """Cut the connection without a byte of an answer."""
    scope["extensions"]["simulator.transport"].abort()
    await _gone(receive)


async def cut_halfway(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Cut the connection after half of the body, or before an answer that has none."""
    half = len(response.body) // 2
    if not response.body:
        await cut(scope, receive)
        return

    async def send_half(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": message["body"][:half], "more_body": True}
        await send(message)

    await response(scope, receive, send_half)
    scope["extensions"]["simulator.transport"].close()  # once what was sent has left
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _whole(value: Any, least: int) -> bool:
    return type(value) is int and value >= least


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


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "method": (
        lambda value: isinstance(value, str) and (value.isalpha() or not value),
        "an HTTP method",
    ),
    "path": (lambda value: isinstance(value, str), "a regular expression"),
    "times": (lambda value: value is None or _whole(value, 1), "a whole number from 1, or null"),
    "skip": (lambda value: _whole(value, 0), "a whole number from 0"),
    "share": (lambda value: _seconds(value) and value <= 1, "a number from 0 to 1"),
    "latency": (_latency, "seconds from 0, or [least, most] of them"),
    "status": (
        lambda value: value is None or (type(value) is int and value in _STATUSES),
        "an HTTP status from 200 to 599",
    ),
    "headers": (
        _headers,
        f"an object of header names and texts, without {', '.join(_OWN_HEADERS)}",
    ),
    "drop": (lambda value: value in _DROPS, "'before', 'after' or 'halfway'"),
    "seed": (lambda value: type(value) is int, "a whole number"),
}
