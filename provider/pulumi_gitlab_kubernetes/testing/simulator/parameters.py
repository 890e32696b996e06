"""Declared parameters, checked the way Grape does for GitLab.

A route declares its parameters as data; anything else a client sends is ignored. All complaints
about one request come together, joined by commas, in the order of the declaration.

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
from pulumi_gitlab_kubernetes.testing.simulator.moments import parse_date, parse_moment

_LARGEST = 2**63 - 1
_TRUE = {"1", "on", "On", "ON", "t", "true", "True", "TRUE", "T", "y", "yes", "Yes", "YES", "Y"}
_FALSE = {"0", "off", "Off", "OFF", "f", "false", "False", "FALSE", "F", "n", "no", "No", "NO", "N"}


@dataclass(frozen=True)
class Param:
    """One declared parameter.

    Args:
        name: as the client spells it.
        type: `str`, `int`, `float`, `bool`, `datetime`, `date`, `list` (of strings, or
            of hashes with `fields`) or `dict` (see `fields`).
        required: the key has to be there (null counts as there).
        default: taken when the key is absent or null.
        values: what is allowed, as a collection or a range.
        allow_blank: False refuses null, empty and white space.
        fields: the parameters inside a `dict`.
        absence: the complaint when the key is there at all.
    """

    name: str
    type: type = str
    required: bool = False
    default: Any = None
    values: Sequence[Any] | None = None
    allow_blank: bool = True
    fields: tuple[Param, ...] = ()
    absence: str = ""


def declared(
    params: Sequence[Param], given: Mapping[str, Any], exclusive: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the declared parameters that were given or have a default, coerced.

    Args:
        params: the declaration.
        given: path, query and body, merged.
        exclusive: names of which only one may be given.

    Raises:
        ApiError: 400 with every complaint.
    """
    complaints: list[str] = []
    values = _check(params, given, "", complaints)
    used = [name for name in exclusive if given.get(name) is not None]
    if len(used) > 1:
        # The wording around GitLab's own text is inferred.
        complaints.append(f"{', '.join(used)} cannot be used together")
    if complaints:
        raise errors.parameter_error(", ".join(dict.fromkeys(complaints)))
    return values


def _check(
    params: Sequence[Param], given: Mapping[str, Any], prefix: str, complaints: list[str]
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
                complaints.append(f"{label} is invalid")
                coerced = None
            else:
                if refusal := _refusal(param, coerced):
                    complaints.append(f"{label} {refusal}")
            value = coerced
        elif param.required:
            complaints.append(f"{label} is missing")
        if param.fields and param.type is list:
            values[param.name] = [
                _check(param.fields, item, f"{label}[{number}]", complaints)
                for number, item in enumerate(value or [])
            ]
        elif param.fields and (param.required or isinstance(value, Mapping)):
            inner = value if isinstance(value, Mapping) else {}
            values[param.name] = _check(param.fields, inner, label, complaints)
    return values


def _refusal(param: Param, value: Any) -> str:
    """Return what speaks against a value of the right type, if anything does."""
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
    """Return the value as the declared type, or raise; blank means null except for text."""
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
    text.encode()  # half of a surrogate pair is no text
    return text


def _integer(value: Any) -> int:
    # A float is refused even when whole: integers come from JSON integers and digits alone.
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,99}", value):
        value = int(value)
    if type(value) is not int:
        raise TypeError
    # What the database cannot hold is as unknown as its largest number.
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


def _moment(value: Any) -> datetime:
    return parse_moment(_only_text(value))


def _date(value: Any) -> date:
    return parse_date(_only_text(value))


def _only_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return _text(value)


def _list(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        raise TypeError
    # GitLab takes most lists of words as one text with commas too.
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
    datetime: _moment,
    date: _date,
    list: _list,
    dict: _hash,
}
