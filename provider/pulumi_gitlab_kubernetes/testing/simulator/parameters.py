"""Declared parameters, validated as Grape does for GitLab.

A route declares its parameters as data; others are ignored. The response lists every error of a
request, separated by commas, in the order of the declaration.

Follows https://github.com/ruby-grape/grape#parameter-validation-and-coercion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.ruby_dates import parse_date, parse_datetime

_LARGEST = 2**63 - 1
_TRUE = {"1", "on", "On", "ON", "t", "true", "True", "TRUE", "T", "y", "yes", "Yes", "YES", "Y"}
_FALSE = {"0", "off", "Off", "OFF", "f", "false", "False", "FALSE", "F", "n", "no", "No", "NO", "N"}


@dataclass(frozen=True)
class Param:
    """One declared parameter.

    Args:
        name: The parameter's name.
        type: `str`, `int`, `float`, `bool`, `datetime`, `date`, `list` (of strings, or
            of hashes with `fields`) or `dict` (see `fields`).
        required: Whether the key must be present; null counts as present.
        default: The value if the key is absent or null.
        values: The allowed values, as a collection or a range.
        allow_blank: False rejects null, empty values and white space.
        fields: The parameters inside a `dict`.
        absence: The error if the key is present at all.
    """

    name: str
    type: type = str
    required: bool = False
    default: Any = None
    values: Sequence[Any] | None = None
    allow_blank: bool = True
    fields: tuple[Param, ...] = ()
    absence: str = ""


def validate(
    params: Sequence[Param], given: Mapping[str, Any], exclusive: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the declared parameters that were given or have a default, coerced.

    Args:
        params: The declared parameters.
        given: Path, query and body parameters, merged.
        exclusive: Names of mutually exclusive parameters.

    Raises:
        ApiError: 400 with every error.
    """
    messages: list[str] = []
    values = _check(params, given, "", messages)
    used = [name for name in exclusive if given.get(name) is not None]
    if len(used) > 1:
        # The wording around GitLab's own text is inferred.
        messages.append(f"{', '.join(used)} cannot be used together")
    if messages:
        raise errors.parameter_error(", ".join(dict.fromkeys(messages)))
    return values


def _check(
    params: Sequence[Param], given: Mapping[str, Any], prefix: str, messages: list[str]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for param in params:
        label = f"{prefix}[{param.name}]" if prefix else param.name
        value = given.get(param.name)
        if value is None and param.default is not None:
            values[param.name] = param.default
        elif param.name in given:
            try:
                coerced = (_hashes if param.fields else _coerce)(param.type, value)
                coerced = param.default if coerced is None else coerced
                values[param.name] = coerced
            except (OverflowError, TypeError, ValueError):
                messages.append(f"{label} is invalid")
                coerced = None
            else:
                if violation := _violation(param, coerced):
                    messages.append(f"{label} {violation}")
            value = coerced
        elif param.required:
            messages.append(f"{label} is missing")
        if param.fields and param.type is list:
            values[param.name] = [
                _check(param.fields, item, f"{label}[{number}]", messages)
                for number, item in enumerate(value or [])
            ]
        elif param.fields and (param.required or isinstance(value, Mapping)):
            inner = value if isinstance(value, Mapping) else {}
            values[param.name] = _check(param.fields, inner, label, messages)
    return values


def _violation(param: Param, value: Any) -> str:
    """Return the error of a value of the right type, or an empty text."""
    if param.absence:
        return param.absence
    if not param.allow_blank and (
        value in (None, []) or (isinstance(value, str) and not value.strip())
    ):
        return "is empty"
    if param.values is not None and value is not None:
        members = value if isinstance(value, list) else [value]
        if any(member not in param.values for member in members):
            return "does not have a valid value"
    return ""


def _coerce(kind: type, value: Any) -> Any:
    """Return the value as the declared type, or raise; an empty text is null for other types."""
    if value is None or (value == "" and kind is not str):
        return None
    return _COERCIONS[kind](value)


def _hashes(kind: type, value: Any) -> Any:
    """Return a hash, or a list of them."""
    if kind is dict or value is None:
        return _coerce(dict, value)
    if not isinstance(value, list):
        raise TypeError
    return [_hash(item) for item in value]


def _text(value: Any) -> str:
    if isinstance(value, (list, Mapping)):
        raise TypeError
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text.encode()  # raises for half of a surrogate pair
    return text


def _integer(value: Any) -> int:
    # 1.0 is rejected: only JSON integers and digits are integers.
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,99}", value):
        value = int(value)
    if type(value) is not int:
        raise TypeError
    # The largest number of the database stands for larger ones; both are unknown ids.
    return max(-_LARGEST, min(value, _LARGEST))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(number := float(value)):
        raise ValueError
    return number


def _boolean(value: Any) -> bool:
    text = _text(value)
    if text not in _TRUE | _FALSE:
        raise ValueError
    return text in _TRUE


def _datetime(value: Any) -> datetime:
    return parse_datetime(_string(value))


def _date(value: Any) -> date:
    return parse_date(_string(value))


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return _text(value)


def _list(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        raise TypeError
    # GitLab also accepts most lists as one text with commas.
    parts = value if isinstance(value, list) else str(value).split(",")
    return [_text(part) for part in parts]


def _hash(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


_COERCIONS: dict[type, Any] = {
    str: _text,
    int: _integer,
    float: _number,
    bool: _boolean,
    datetime: _datetime,
    date: _date,
    list: _list,
    dict: _hash,
}
