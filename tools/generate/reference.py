"""The README's tables of arguments and outputs, from the fields, and of functions."""

from collections.abc import Iterable

from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for

_COMMON = {"connection", "adopt_existing"}


def _marks(field: Field) -> str:
    marks = {Change.REPLACE: "R", Change.UPDATE: "U"}.get(field.change, "")
    return marks + "S" * field.secret + "W" * field.write_only


def _note(field: Field) -> str:
    if field.required:
        return "required"
    if field.default is None:
        return ""
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"default `{value}`"


def table(kind: Kind) -> str:
    """Return one resource's rows as Markdown."""
    rows = [
        f"| `{field.name}` | {_marks(field)} | {_note(field)} | {field.doc} |"
        for field in kind.schema.fields
        if field.name not in _COMMON
    ]
    ids = [f"| `{name}` | | output | {kind.id_doc(name)} |" for name in kind.ids]
    rows += [row for row in ids if f"| {row.split()[1]} | " not in "\n".join(rows)]
    rows += [
        f"| `{output.name}` | {'S' * output.secret} | output | {output.doc} |"
        for output in kind.schema.outputs
    ]
    return "\n".join([f"**{kind.name}**", "", "| name | | | |", "|---|---|---|---|", *rows, ""])


def tables() -> str:
    """Return all resources' tables as Markdown."""
    return "\n".join(table(kind_for(name)) for name in MODULES)


def function_table() -> str:
    """Return a table of all functions as Markdown."""
    rows = [
        f"| `{camel_case(each.name)}` | {_names(each.arguments)} | {_names(each.results)} |"
        for each in functions().values()
    ]
    return "\n".join(["| Function | Arguments | Results |", "|---|---|---|", *rows, ""])


def _names(values: Iterable[Field | Output]) -> str:
    return ", ".join(f"`{camel_case(each.name)}`" for each in values)
