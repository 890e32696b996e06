"""What `api.py` pins is complete; mypy checks the rest."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.kinds import KINDS

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing import plugin

_API = ast.parse(Path(__file__).with_name("api.py").read_text())
_FUNCTIONS = {each.name: each for each in _API.body if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("name", KINDS)
def test_every_argument_and_output_of_a_kind_is_pinned(name: str) -> None:
    """A new one needs a line there."""
    function = _FUNCTIONS[re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()]
    calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
    asserted = {
        call.args[0].attr
        for call in calls
        if ast.unparse(call.func) == "assert_type" and isinstance(call.args[0], ast.Attribute)
    }
    kind = kind_for(name)
    fields = {each.name for each in kind.schema.fields}
    outputs = {each.name for each in kind.schema.outputs}
    assert asserted == {"id", "project_id"} | fields | outputs | {*kind.ids}
    arguments = [*inspect.signature(getattr(gitlab, name).__init__).parameters][3:]
    assert [each.arg for each in function.args.kwonlyargs] == arguments


@pytest.mark.parametrize(
    ("fixture", "type_"),
    [
        ("gitlab_simulator", "Simulator"),
        ("gitlab_environment", "Mapping[str, str]"),
        ("gitlab_stack", "Callable[..., Stack]"),
    ],
)
def test_fixtures_have_the_types_that_the_readme_gives(fixture: str, type_: str) -> None:
    """Mypy does not see them: for it, a fixture is no function."""
    definition: Any = getattr(plugin, fixture)
    assert inspect.signature(definition).return_annotation == type_
