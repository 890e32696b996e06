"""The package's own promises about its shape."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import typing
from pathlib import Path
from typing import Any

import pytest
from pulumi._types import resource_types

import pulumi_gitlab_kubernetes as package
from pulumi_gitlab_kubernetes import _dynamic, errors, registry
from pulumi_gitlab_kubernetes._fields import Type

ROOT = Path(package.__file__).parent
MODULES = sorted(ROOT.glob("*.py"))
RESOURCES = [getattr(package, name) for name in registry.MODULES]


def _imports(path: Path) -> set[str]:
    """Return the modules that a file imports, at any place in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            found |= {name} if node.module else {f"{name}{alias.name}" for alias in node.names}
            found |= {f"{name}.{alias.name}" for alias in node.names if node.level == 0}
    return found


def _top(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imports(path)}


def test_all_names_are_listed_in_order() -> None:
    """Resources and errors, and nothing else."""
    public = set(registry.MODULES)
    public |= {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ProviderError)
    }
    assert package.__all__ == sorted(public)
    assert all(hasattr(package, name) for name in package.__all__)


def test_each_resource_class_has_a_module_of_its_name() -> None:
    """A reader finds it from the tree alone."""
    for name, module in registry.MODULES.items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() == module
        assert (ROOT / f"{module}.py").is_file()
    public = {path.stem for path in MODULES if not path.stem.startswith("_")}
    assert public - {"cli"} == {*registry.MODULES.values(), "registry", "errors"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_is_long(path: Path) -> None:
    """400 lines is where a module has more than one duty."""
    assert len(path.read_text().splitlines()) <= 400


def test_there_is_one_door_to_gitlab() -> None:
    """Three modules import `gitlab`, two more what it stands on."""
    doors = {path.stem for path in MODULES if {"gitlab", "requests"} & _top(path)}
    assert doors == {"_answers", "_connection", "_managers", "_tls", "_transport"}
    for name in ("_tls", "_transport"):
        assert "gitlab" not in _top(ROOT / f"{name}.py")


def test_the_core_knows_nothing_of_dynamic_providers() -> None:
    """A second adapter can stand on it."""
    for path in MODULES:
        if path.stem not in {"_dynamic", "_host"}:
            assert not {name for name in _imports(path) if name.startswith("pulumi.dynamic")}
    for name in (
        "_fields",
        "_provider",
        "_shared_fields",
        "_connection",
        "_managers",
        "_rules",
        "_creation",
    ):
        assert "pulumi" not in _top(ROOT / f"{name}.py")
        assert not {"._dynamic", "._host"} & _imports(ROOT / f"{name}.py")


def test_no_module_of_the_provider_needs_the_extras() -> None:
    """The provider itself stays light."""
    extras = {"starlette", "uvicorn", "yaml", "multipart", "pulumi_policy", "jsonschema"}
    for path in MODULES:
        assert not extras & _top(path)
        assert not {
            name for name in _imports(path) if name.startswith((".testing", ".policy"))
        } or (path.stem == "cli")


def _parameters(resource: type[Any]) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(resource.__init__).parameters.values())
    assert [each.name for each in parameters[:3]] == ["self", "resource_name", "opts"]
    return parameters[3:]


@pytest.mark.parametrize("resource", RESOURCES)
def test_arguments_are_the_fields(resource: type[Any]) -> None:
    """Same names, same order; only required ones must be given; all by keyword."""
    parameters = _parameters(resource)
    fields = resource._core.schema.fields
    assert [each.name for each in parameters] == [field.name for field in fields]
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters)
    assert [each.default is inspect.Parameter.empty for each in parameters] == [
        field.required for field in fields
    ]


@pytest.mark.parametrize("resource", RESOURCES)
def test_annotations_are_the_fields_and_outputs(resource: type[Any]) -> None:
    """So the SDK knows them, and type checkers do."""
    schema = resource._core.schema
    names = [each.name for each in (*schema.fields, *schema.outputs)]
    assert [name for name in vars(resource)["__annotations__"] if name != "_core"] == names
    assert set(resource_types(resource)) >= set(names)


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_sdk_finds_the_fields_types(resource: type[Any]) -> None:
    """It evaluates the annotations, on every supported Python."""
    types = {Type.TEXT: str, Type.INTEGER: int, Type.NUMBER: float, Type.BOOLEAN: bool}
    found = resource_types(resource)
    for field in resource._core.schema.fields:
        if field.type is Type.MAP:
            assert typing.get_origin(found[field.name]) is dict
        else:
            assert found[field.name] is types[field.type], field.name


@pytest.mark.parametrize("resource", RESOURCES)
def test_optional_inputs_are_optional_outputs(resource: type[Any]) -> None:
    """What has neither a default nor a value is None."""
    annotations = vars(resource)["__annotations__"]
    for field in resource._core.schema.fields:
        may_miss = not field.required and field.default is None
        assert ("None" in annotations[field.name]) is may_miss, field.name


@pytest.mark.parametrize("resource", RESOURCES)
def test_ids_are_properties(resource: type[Any]) -> None:
    """Unless they are inputs: these are known anyway."""
    fields = {field.name for field in resource._core.schema.fields}
    for name in resource._core.ids:
        assert name in fields or isinstance(getattr(resource, name), property)


@pytest.mark.parametrize("resource", RESOURCES)
def test_docstrings_name_every_argument(resource: type[Any]) -> None:
    """In the order of the constructor, and in its own: `help` and editors show that one."""
    shown = inspect.getdoc(resource.__init__) or ""
    documented = re.findall(r"^    (\w+): ", shown, re.MULTILINE)
    assert documented == ["resource_name", "opts", *(each.name for each in _parameters(resource))]
    assert "__provider" not in shown
    assert "https://docs.gitlab.com/" in (resource.__doc__ or "")


@pytest.mark.parametrize("resource", [*RESOURCES, _dynamic.Resource])
def test_docstrings_of_constructors_stand_in_the_source(resource: type[Any]) -> None:
    """Editors read it there, and would else show that of Pulumi's base class."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(resource.__init__))).body
    assert isinstance(found, ast.FunctionDef)
    assert ast.get_docstring(found)


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_constructor_shows_its_arguments(resource: type[Any]) -> None:
    """To `inspect` and so to whatever shows signatures."""
    (_self, *parameters) = inspect.signature(resource.__init__).parameters.values()
    assert list(inspect.signature(resource).parameters.values()) == parameters


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_field_and_output_is_described(resource: type[Any]) -> None:
    """In one line that the reference takes over."""
    schema = resource._core.schema
    for each in (*schema.fields, *schema.outputs):
        assert each.doc.endswith(".")
        assert "\n" not in each.doc


def test_a_resource_is_nothing_but_its_fields() -> None:
    """What all five share is written once."""
    allowed = {"__init__", "_core", "__module__", "__doc__", "__annotations__"}
    for resource in RESOURCES:
        own = {name for name in vars(resource) if not name.startswith("_resource_type")}
        own -= {"__firstlineno__", "__static_attributes__", "__annotate_func__", "__parameters__"}
        assert own - allowed <= set(resource._core.ids), resource
        assert issubclass(resource, _dynamic.Resource)
