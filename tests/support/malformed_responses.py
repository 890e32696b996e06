"""Responses that GitLab never sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tests.support.web import Response

Distortion = Callable[[Response], Response]


def body(content: bytes | str, **headers: str) -> Distortion:
    """Replace the body."""
    content = content.encode() if isinstance(content, str) else content
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda response: Response(response.status, content, {**response.headers, **named})


def status(number: int, content: bytes = b"{}", **headers: str) -> Distortion:
    """Replace the status and the body."""
    return lambda response: Response(number, content, {**response.headers, **headers})


def headers(**given: str) -> Distortion:
    """Add headers."""
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return lambda response: replace(response, headers={**response.headers, **named})


def wrapped(before: bytes, after: bytes) -> Distortion:
    """Add bytes before and after the body."""
    return lambda response: replace(response, content=before + response.content + after)


def of_json(change: Callable[[Any], Any]) -> Distortion:
    """Change the JSON value of the body."""

    def distort(response: Response) -> Response:
        content = (
            json.dumps(change(json.loads(response.content))).encode() if response.content else b""
        )
        return replace(response, content=content)

    return distort


def with_id(value: object) -> Distortion:
    """Replace the ID of each resource."""

    def renumber(resource: Any) -> Any:
        if isinstance(resource, list):
            return [renumber(each) for each in resource]
        return {**resource, "id": value} if isinstance(resource, dict) else resource

    return of_json(renumber)


def without(key: str) -> Distortion:
    """Remove a key of each resource."""

    def remove(resource: Any) -> Any:
        if isinstance(resource, list):
            return [remove(each) for each in resource]
        return {name: value for name, value in resource.items() if name != key}

    return of_json(remove)


HARMLESS: dict[str, Distortion] = {
    "as it is": lambda response: response,
    "no date": headers(Date="Mon, 99 Foo 99999 99:99:99 +9999"),
}
"""Changes that do not matter: every call succeeds with them."""

MALFORMED: dict[str, Distortion] = {
    **HARMLESS,
    **{f"the id {value!r:.9}": with_id(value) for value in (None, "7", 1.5, -1, 0, True, 1 << 60)},
    **{
        text[:40]: body(text)
        for text in (
            *("", "{}", "[]", "null", "true", "7", '"text"', '""', "[1]", "[null]", "[[]]", "[{}]"),
            *('{"id": "7"}', '{"id": null}', '{"id": 1.5}', '{"id": -1}', '{"id": true}'),
            *('{"id": 7}', '[{"id": 7}]', '{"id": 1' + "0" * 400 + "}", '{"id": NaN}'),
            *('{"id": 7, "name": 5}', '{"id": 7, "name": "\\ud800"}', "<html>sign in</html>"),
            *("[" * 5000, '{"id":' * 5000, '{"message": "401 Unauthorized"}'),
        )
    },
    "no UTF-8": body(b'{"id": 7, "name": "\xff"}'),
    "a page": body("<html>sign in</html>", Content_Type="text/html"),
    "a page for JSON": headers(Content_Type="text/html"),
    "not gzip": headers(Content_Encoding="gzip"),
    "no link": headers(Link='<http://[::1>; rel="next"'),
    "no numbers": headers(X_Per_Page="x", X_Total_Pages="x", X_Next_Page="x"),
    "as a list": wrapped(b"[", b"]"),
    "as an object": wrapped(b'{"data": ', b"}"),
    "cut off": lambda response: replace(response, content=response.content[:-1]),
    "204": status(204, b""),
    "205": status(205),
    "302": status(302, Location="http://[::1"),
    "302 to nothing": status(302, Location=""),
    "302 to \x1b": status(302, Location="http://\x1b[31mx:99999/"),
    "302 in circles": status(302, Location="."),
    "303": status(303, Location="/api/v4/version"),
    "304": status(304, b""),
    "400 deep": status(400, b"[" * 5000),
    "400 page": status(400, b"<html>"),
    "400 list": status(400, b'["message", 7, null]'),
    "400 control characters": status(400, b'{"message": "\\u001b[2J\\u202e \\ud800"}'),
    "401 text": status(401, b'"message"'),
    "403": status(403, b"null"),
    "422": status(422, b'{"message": {"base": [[["x"]], {"y": null}]}}'),
    "500": status(500, b"7"),
    "599": status(599, b""),
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@st.composite
def twisted(draw: st.DrawFn) -> Distortion:
    """Draw a change that removes or replaces some values of a resource."""
    left_out = draw(st.sets(st.integers(0, 20), max_size=3))
    replaced = draw(st.dictionaries(st.integers(0, 20), JSON, max_size=3))

    def twist(resource: Any) -> Any:
        if isinstance(resource, list):
            return [twist(each) for each in resource]
        if not isinstance(resource, dict):
            return resource
        twisted = {
            key: replaced.get(number, value)
            for number, (key, value) in enumerate(resource.items())
            if number not in left_out
        }
        if type(twisted.get("id")) is int:  # Another valid ID would be another resource.
            twisted["id"] = resource["id"]
        return twisted

    return of_json(twist)
