"""Read query, form, multipart and JSON parameters, merged as Rack and Grape do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from starlette.formparsers import MultiPartException
from starlette.requests import Request

from pulumi_gitlab_kubernetes.testing.simulator import errors

_MALFORMED = (
    "\nProblem:\n  message body does not match declared format\nResolution:\n  when specifying "
    "application/json as content-type, you must pass valid application/json in the request's "
    "'body' "
)
_MAX_DEPTH = 100
_MAX_DIGITS = 1000
_TOO_DEEP = f"the body is nested more than {_MAX_DEPTH} levels deep"
_NO_FORM = "empty message body supplied with multipart/form-data content-type"


async def read_parameters(request: Request) -> dict[str, Any]:
    """Return the parameters of query and body; the body's win.

    Raises:
        ApiError: 400 for malformed JSON or multipart and for null characters, 415 for a media type
            that GitLab does not support.
    """
    query = request.query_params.multi_items() if request.scope["query_string"] else ()
    given = _nested(query) | await _read_body(request)
    if _has_null(given):  # GitLab's middleware rejects it before routing.
        raise errors.plain(400, "Bad Request", {})
    return given


def _has_null(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(_has_null, chain(value, value.values())))
    return isinstance(value, list) and any(map(_has_null, value))


async def _read_body(request: Request) -> dict[str, Any]:
    if request.method in {"GET", "HEAD"} or not (content := await request.body()):
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in {"", "application/x-www-form-urlencoded", "multipart/form-data"}:
        try:
            form = await request.form()
        except MultiPartException:
            raise errors.parameter_error(_NO_FORM) from None
        return _nested((key, _form_value(value)) for key, value in form.multi_items())
    if media_type != "application/json":
        # Status and wording are inferred; older GitLab versions respond with 406.
        text = f"The provided content-type '{media_type}' is not supported."
        raise errors.ApiError(415, {"error": text})
    try:
        parsed = parse_json(content)
    except ValueError:
        raise errors.parameter_error(_MALFORMED) from None
    return parsed if isinstance(parsed, dict) else {}


def parse_json(content: bytes) -> Any:
    """Parse a JSON body.

    Args:
        content: The body.

    Raises:
        ValueError: It is not JSON; as in Ruby, that includes NaN and nesting of more than 100
            levels. The message is one line.
    """
    try:
        parsed = json.loads(content.decode(), parse_int=_whole, parse_constant=_no_number)
        if b"\\u" in content:
            json.dumps(parsed, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except UnicodeDecodeError:
        raise ValueError("the body is not UTF-8 text") from None
    except UnicodeEncodeError:
        raise ValueError("the body has an incomplete surrogate pair") from None
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}") from None
    if _is_deep(parsed):
        raise ValueError(_TOO_DEEP)
    return parsed


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number has more than {_MAX_DIGITS} digits")
    return int(digits)


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _is_deep(value: Any) -> bool:
    """Tell whether there are more levels than Ruby reads."""
    level, depth = [value], 0
    while containers := [each for each in level if isinstance(each, (dict, list))]:
        inner = (each.values() if isinstance(each, dict) else each for each in containers)
        level, depth = list(chain.from_iterable(inner)), depth + 1
    return depth > _MAX_DEPTH


def _form_value(value: Any) -> str:
    return value if isinstance(value, str) else str(value.filename)


def _nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return Rails' reading of `a[b]=1` (a hash) and `a[]=1` (a list)."""
    values: dict[str, Any] = {}
    for key, value in pairs:
        name, *inner = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", key) or [key]
        target = values
        for part in inner:
            if part == "":
                break
            child = target.get(name)
            target[name] = target = dict(child) if isinstance(child, Mapping) else {}
            name = part
        if inner and inner[-1] == "":
            existing = target.get(name)
            target[name] = [*existing, value] if isinstance(existing, list) else [value]
        else:
            target[name] = value
    return values
