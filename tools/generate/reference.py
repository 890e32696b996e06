"""Tables of the reference: arguments and outputs, from the fields, functions and settings."""

from collections.abc import Iterable, Iterator

from pulumi_gitlab_kubernetes.components import declaration
from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.configuration.provider_arguments import ARGUMENTS
from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.registry import CLASSES, kind_for

_HEAD = "| Name | | | Description |\n|---|---|---|---|"
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
    return "\n".join([f"## {kind.name}", "", kind.doc, "", _HEAD, *rows, ""])


def tables() -> str:
    """Return all resources' tables as Markdown."""
    return "\n".join(table(kind_for(name)) for name in CLASSES)


def function_table() -> str:
    """Return a table of all functions as Markdown."""
    rows = [
        f"| `{camel_case(each.name)}` | {_names(each.arguments)} | {_names(each.results)} |"
        for each in functions().values()
    ]
    return "\n".join(["| Function | Arguments | Results |", "|---|---|---|", *rows, ""])


def settings_table() -> str:
    """Return a table of the settings as Markdown."""
    rows = [
        f"| `{NAMESPACE}:{each.key}`{' (secret)' * each.secret} | {each.doc} |"
        for each in ARGUMENTS
    ]
    return "\n".join(["| Key | Description |", "|---|---|", *rows, ""])


def component_tables() -> str:
    """Return tables of the component's arguments, outputs and children as Markdown."""
    arguments = [row for each in declaration.ARGUMENTS for row in _argument_rows(each)]
    outputs = [
        f"| `{each.name}` | {'S' * each.secret} | {each.doc} |" for each in declaration.OUTPUTS
    ]
    children = [
        f"| `{name}` | `{kind}` | {doc} |" for name, (kind, doc) in declaration.CHILDREN.items()
    ]
    return "\n".join(
        [
            *(
                "## Arguments",
                "",
                "| Name | | | Description |",
                "|---|---|---|---|",
                *arguments,
                "",
            ),
            *("## Outputs", "", "| Name | | Description |", "|---|---|---|", *outputs, ""),
            *("## Children", "", "| Name | Class | Description |", "|---|---|---|", *children, ""),
        ]
    )


def _argument_rows(argument: Field | declaration.Group) -> Iterator[str]:
    if isinstance(argument, Field):
        yield _argument_row(argument.name, argument)
        return
    yield f"| `{argument.name}` | | | {argument.doc} |"
    inside = f'{argument.name}["..."]' if argument.by_name else argument.name
    for field in argument.fields:
        yield _argument_row(f"{inside}.{field.name}", field)


def _argument_row(name: str, field: Field) -> str:
    marks = "S" * field.secret
    return f"| `{name}` | {marks} | {_note(field)} | {field.doc} |"


def _names(values: Iterable[Field | Output]) -> str:
    return ", ".join(f"`{camel_case(each.name)}`" for each in values)
