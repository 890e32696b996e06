"""What several generators need: types of values in Python, native inputs, formatted code."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterable

from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.core.values import Type

OUTPUT_TYPES = {
    Type.TEXT: "str",
    Type.TIMESTAMP: "str",
    Type.INTEGER: "int",
    Type.NUMBER: "float",
    Type.BOOLEAN: "bool",
    Type.MAP: "dict[str, Any]",
    Type.LIST: "list[Any]",
}
"""The types of outputs."""

INPUT_TYPES = {
    **{(type_, False): name for type_, name in OUTPUT_TYPES.items()},
    (Type.MAP, False): "Mapping[str, pulumi.Input[object]]",
    (Type.LIST, False): "Sequence[pulumi.Input[str]]",
    (Type.TEXT, True): "str | int",
    (Type.INTEGER, True): "int | str",
}
"""The types of inputs, by type and whether the input refers to another resource."""


def input_type(field: Field) -> str:
    """Return the type of an input in Python."""
    if not field.fields:
        return INPUT_TYPES[field.type, field.reference is not None]
    name = args_dict(field)
    return f"Sequence[pulumi.Input[{name}]]" if field.type is Type.LIST else name


def args_dict(field: Field) -> str:
    """Return the name of the type of the maps in an input."""
    return f"{field.type_name}Args"


def nested_types(fields: Iterable[Field]) -> dict[str, Field]:
    """Return the fields whose values are maps with known keys, by type, inner ones first."""
    found: dict[str, Field] = {}
    for field in fields:
        if field.fields:
            found |= nested_types(field.fields)
            found[field.type_name] = field
    return found


def formatted(source: str) -> str:
    """Return Python source code as `make format` formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "generated.py", "-"]
    return subprocess.run(
        command, input=source, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def native_fields(kind: Kind) -> tuple[Field, ...]:
    """Return the inputs of a native resource: a provider takes the place of `connection`."""
    return tuple(field for field in kind.schema.fields if field.name != CONNECTION.name)


def enums_of(kinds: Iterable[Kind]) -> dict[str, Field]:
    """Return the inputs that have a choice of values, by the name of their enum."""
    return {
        enum_name(kind, field): field
        for kind in kinds
        for field in native_fields(kind)
        if field.choices
    }


def enum_name(kind: Kind, field: Field) -> str:
    """Return the name of the enum of an input's values."""
    return f"{kind.name}{pascal_case(field.name)}"


def pascal_case(name: str) -> str:
    """Return a snake_case name in PascalCase."""
    return name[:1].upper() + camel_case(name)[1:]


def aliases(kind: Kind) -> tuple[str, ...]:
    """Return the types of the same resource in states that the native provider takes over."""
    dynamic = f"pulumi-python:dynamic/gitlab:{kind.name}"
    return (dynamic, kind.published_type) if kind.published_type else (dynamic,)


def item_name(output: Output) -> str:
    """Return the name of an object in a result, or of an item in a list of them."""
    return output.name.removesuffix("s") if output.type is Type.LIST else output.name


def wrapped(text: str, indent: str) -> str:
    """Wrap the paragraphs of a docstring."""
    paragraphs = [
        textwrap.fill(each, 94, initial_indent=indent, subsequent_indent=indent)
        for each in text.split("\n\n")
    ]
    return "\n\n".join(paragraphs).lstrip()
