"""What `lookups.py` pins is complete; mypy checks the rest."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes.functions.catalog import functions

_PINS = ast.parse(Path(__file__).with_name("lookups.py").read_text())
_FUNCTIONS = {each.name: each for each in _PINS.body if isinstance(each, ast.FunctionDef)}
_NAMES = [f"{name}{form}" for name in functions() for form in ("", "_output")]


@pytest.mark.parametrize("name", _NAMES)
def test_every_argument_is_pinned(name: str) -> None:
    """A new one needs a line there."""
    arguments = [*inspect.signature(getattr(gitlab, name)).parameters]
    assert [each.arg for each in _FUNCTIONS[name].args.kwonlyargs] == arguments


@pytest.mark.parametrize("name", functions())
def test_every_result_is_pinned(name: str) -> None:
    """Also those in lists and in objects."""
    calls = [each for each in ast.walk(_FUNCTIONS[name]) if isinstance(each, ast.Call)]
    pinned = sorted(
        call.args[0].attr
        for call in calls
        if ast.unparse(call.func) == "assert_type" and isinstance(call.args[0], ast.Attribute)
    )
    result = getattr(gitlab, "".join(part.capitalize() for part in f"{name}_result".split("_")))
    types = [result, *_nested(result)]
    assert pinned == sorted(field.name for type_ in types for field in dataclasses.fields(type_))


def _nested(type_: type[Any]) -> Iterator[type[Any]]:
    """Yield the dataclasses in the types of a dataclass's fields."""
    for hint in get_type_hints(type_).values():
        yield from filter(dataclasses.is_dataclass, get_args(hint))
