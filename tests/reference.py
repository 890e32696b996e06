"""Writes the README's table of arguments and outputs from the fields: python tests/reference.py."""

import re
from pathlib import Path

from pulumi_gitlab_kubernetes._fields import Change, Field
from pulumi_gitlab_kubernetes._provider import Provider
from pulumi_gitlab_kubernetes.registry import MODULES, core_for

README = Path(__file__).parent.parent / "README.md"
_COMMON = {"connection", "adopt_existing"}
_MARKED = re.compile(r"(<!-- reference: [^\n]* -->\n).*(<!-- end of reference -->)", re.DOTALL)


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


def with_reference(text: str) -> str:
    """Return the README's text with its tables made anew."""
    tables = "\n".join(table(core_for(name)) for name in MODULES)
    return _MARKED.sub(lambda found: f"{found[1]}\n{tables}\n{found[2]}", text)


if __name__ == "__main__":
    README.write_text(with_reference(README.read_text()))
