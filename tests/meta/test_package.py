"""The structure of the package."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
import typing
from pathlib import Path
from typing import Any

import pytest
from pulumi._types import resource_types
from tools.generate import lookups
from tools.generate.names import SHARED

import pulumi_gitlab_kubernetes as package
from pulumi_gitlab_kubernetes import errors, registry
from pulumi_gitlab_kubernetes.components.declaration import NAME as COMPONENT
from pulumi_gitlab_kubernetes.core.values import Type
from pulumi_gitlab_kubernetes.resources.base import Resource

ROOT = Path(package.__file__).parent
PROVIDER = [
    path
    for path in sorted(ROOT.rglob("*.py"))
    if path.relative_to(ROOT).parts[0] not in {"delivery", "policy", "testing"}
]
"""The modules of the installed provider, without its extras."""
WITH_PULUMI = {"components", "dynamic", "engine", "lookups", "native", "resources"}
"""The folders that import Pulumi."""
FOR_PROGRAMS = {ROOT / "kubeconfig" / "outputs.py"}
"""Modules with functions for Pulumi programs, beside the core that they use."""
RESOURCES = [getattr(package, name) for name in registry.CLASSES]


def _imports(path: Path) -> set[str]:
    """Return the modules that a file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            found |= {name} if node.module else {f"{name}{alias.name}" for alias in node.names}
            found |= {f"{name}.{alias.name}" for alias in node.names if node.level == 0}
    return found


def _folder(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _top(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imports(path)}


def test_all_names_are_listed_in_order() -> None:
    """Resources, the component, functions with their results, and errors; nothing else."""
    public = {*registry.CLASSES, COMPONENT, *SHARED}
    public |= {*lookups.function_names(), *lookups.result_names()}
    public |= {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ProviderError)
    }
    assert package.__all__ == sorted(public)
    assert all(hasattr(package, name) for name in package.__all__)


def test_each_kind_has_two_modules_of_its_name() -> None:
    """A reader finds it in the tree."""
    for name, module in registry.CLASSES.items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() == module
        assert (ROOT / "kinds" / f"{module}.py").is_file()
        assert (ROOT / "resources" / f"{module}.py").is_file()


def test_each_exception_to_the_linter_has_a_reason() -> None:
    """`# noqa: X (why)`; a mypy one names its error, which `check` enforces."""
    top = ROOT.parent.parent
    sources = [path for room in (ROOT, top / "tests", top / "tools") for path in room.rglob("*.py")]
    for path in sources:
        assert not re.search("# " + r"noqa(?!: [A-Z0-9, ]+ \(.+)", path.read_text()), path


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_is_long(path: Path) -> None:
    """A longer module has more than one purpose."""
    assert len(path.read_text().splitlines()) <= 400


def test_only_one_folder_imports_the_gitlab_client() -> None:
    """Other modules that send HTTP requests send them to other servers."""
    for path in PROVIDER:
        if path.parent.name != "gitlab":
            assert not {"gitlab", "requests", "urllib3"} & _top(path), path


def test_the_core_does_not_import_pulumi() -> None:
    """A second adapter can use it."""
    for path in PROVIDER:
        if _folder(path) not in WITH_PULUMI:
            assert "pulumi" not in _top(path) or path in FOR_PROGRAMS, path


def test_the_core_runs_without_pulumi() -> None:
    """Kinds, `gitlab-kubernetes` and tests of the core need neither Pulumi nor gRPC."""
    code = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('pulumi', 'grpc'))\n"
        "from pulumi_gitlab_kubernetes import cli\n"
        "from pulumi_gitlab_kubernetes.registry import CLASSES, lifecycle_for\n"
        "for name in CLASSES:\n"
        "    lifecycle_for(name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_layers_import_only_lower_ones() -> None:
    """Imports in functions do not count."""
    layers = (
        {"errors", "redaction", "hidden_modules", "interrupts", "pulumi_cli", "text"},
        {"certificates"},
        {"gitlab"},
        {"configuration", "core"},
        {"kinds", "kubeconfig"},
        {"registry"},
        {"functions", "clean_up", "doctor"},
        {"engine", "components"},
        {"dynamic", "native"},
        {"lookups", "resources"},
        {"native"},
        {"__init__"},
    )
    height = {room: number for number, rooms in enumerate(layers) for room in rooms}
    for path in PROVIDER:
        if (room := _folder(path)) == "cli":
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                package.__name__
            ):
                used = (node.module or "").split(".")[1:2] or [each.name for each in node.names]
                assert all(height[each] <= height[room] for each in used), f"{path} uses {used}"


def test_no_module_of_the_provider_needs_the_extras() -> None:
    """The provider itself has few dependencies."""
    extras = {"starlette", "uvicorn", "multipart", "pulumi_policy", "jsonschema"}
    ours = tuple(f"{package.__name__}.{extra}" for extra in ("testing", "policy"))
    for path in PROVIDER:
        assert not extras & _top(path)
        assert path.stem == "cli" or not [name for name in _imports(path) if name.startswith(ours)]


def _parameters(resource: type[Any]) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(resource.__init__).parameters.values())
    assert [each.name for each in parameters[:3]] == ["self", "resource_name", "opts"]
    return parameters[3:]


@pytest.mark.parametrize("resource", RESOURCES)
def test_arguments_are_the_fields(resource: type[Any]) -> None:
    """Same names, same order. Only required ones must be set, and all are keywords."""
    parameters = _parameters(resource)
    fields = resource._kind.schema.fields
    assert [each.name for each in parameters] == [field.name for field in fields]
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters)
    assert [each.default is inspect.Parameter.empty for each in parameters] == [
        field.required for field in fields
    ]


@pytest.mark.parametrize("resource", RESOURCES)
def test_annotations_are_the_fields_and_outputs(resource: type[Any]) -> None:
    """For the SDK and for type checkers."""
    schema = resource._kind.schema
    names = [each.name for each in (*schema.fields, *schema.outputs)]
    assert [name for name in vars(resource)["__annotations__"] if name != "_kind"] == names
    assert set(resource_types(resource)) >= set(names)


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_sdk_finds_the_fields_types(resource: type[Any]) -> None:
    """It evaluates the annotations on each supported Python."""
    types = {Type.TEXT: str, Type.INTEGER: int, Type.NUMBER: float, Type.BOOLEAN: bool}
    found = resource_types(resource)
    for field in resource._kind.schema.fields:
        if field.type is Type.MAP:
            assert typing.get_origin(found[field.name]) is dict
        else:
            assert found[field.name] is types[field.type], field.name


@pytest.mark.parametrize("resource", RESOURCES)
def test_optional_inputs_are_optional_outputs(resource: type[Any]) -> None:
    """An input with neither a default nor a value is None."""
    annotations = vars(resource)["__annotations__"]
    for field in resource._kind.schema.fields:
        may_miss = not field.required and field.default is None
        assert ("None" in annotations[field.name]) is may_miss, field.name


@pytest.mark.parametrize("resource", RESOURCES)
def test_ids_are_properties(resource: type[Any]) -> None:
    """Unless they are inputs, which are known anyway."""
    fields = {field.name for field in resource._kind.schema.fields}
    for name in resource._kind.ids:
        assert name in fields or isinstance(getattr(resource, name), property)


@pytest.mark.parametrize("resource", RESOURCES)
def test_docstrings_describe_every_argument(resource: type[Any]) -> None:
    """In the constructor's order, and in its own docstring, which `help` and editors show."""
    docstring = inspect.getdoc(resource.__init__) or ""
    documented = re.findall(r"^    (\w+): ", docstring, re.MULTILINE)
    assert documented == ["resource_name", "opts", *(each.name for each in _parameters(resource))]
    assert "__provider" not in docstring
    assert "https://docs.gitlab.com/" in (resource.__doc__ or "")


@pytest.mark.parametrize("resource", [*RESOURCES, Resource])
def test_docstrings_of_constructors_are_in_the_source(resource: type[Any]) -> None:
    """Otherwise, editors show the docstring of Pulumi's base class."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(resource.__init__))).body
    assert isinstance(found, ast.FunctionDef)
    assert ast.get_docstring(found)


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_constructor_shows_its_arguments(resource: type[Any]) -> None:
    """For `inspect` and tools that show signatures."""
    (_self, *parameters) = inspect.signature(resource.__init__).parameters.values()
    assert list(inspect.signature(resource).parameters.values()) == parameters


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_field_and_output_is_described(resource: type[Any]) -> None:
    """In one line, which the reference contains."""
    schema = resource._kind.schema
    for each in (*schema.fields, *schema.outputs):
        assert each.doc.endswith(".")
        assert "\n" not in each.doc


def test_a_resource_class_has_only_its_fields() -> None:
    """The base class has everything else."""
    allowed = {"__init__", "_kind", "__module__", "__doc__", "__annotations__"}
    for resource in RESOURCES:
        own = {name for name in vars(resource) if not name.startswith("_resource_type")}
        own -= {"__firstlineno__", "__static_attributes__", "__annotate_func__", "__parameters__"}
        assert own - allowed <= set(resource._kind.ids), resource
        assert issubclass(resource, Resource)
