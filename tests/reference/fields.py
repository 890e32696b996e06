"""The README's tables of arguments and outputs, from the fields."""

from pulumi_gitlab_kubernetes._fields import Change, Field
from pulumi_gitlab_kubernetes._provider import Provider
from pulumi_gitlab_kubernetes.registry import MODULES, core_for

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


def table(core: Provider) -> str:
    """Return one resource's rows as Markdown."""
    rows = [
        f"| `{field.name}` | {_marks(field)} | {_note(field)} | {field.doc} |"
        for field in core.schema.fields
        if field.name not in _COMMON
    ]
    ids = [f"| `{name}` | | output | Part of the resource's id. |" for name in core.ids]
    rows += [row for row in ids if f"| {row.split()[1]} | " not in "\n".join(rows)]
    rows += [
        f"| `{output.name}` | {'S' * output.secret} | output | {output.doc} |"
        for output in core.schema.outputs
    ]
    return "\n".join([f"**{core.name}**", "", "| name | | | |", "|---|---|---|---|", *rows, ""])


def tables() -> str:
    """Return all resources' tables as Markdown."""
    return "\n".join(table(core_for(name)) for name in MODULES)
