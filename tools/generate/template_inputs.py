"""The table of the inputs of the CI/CD template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "templates" / "pulumi-stack.yml"


def table() -> str:
    """Return the inputs with their defaults and descriptions as Markdown."""
    header, _jobs = yaml.safe_load_all(TEMPLATE.read_text(encoding="utf-8"))
    rows = [_row(name, given) for name, given in header["spec"]["inputs"].items()]
    return "\n".join(["| Input | Default | Description |", "|---|---|---|", *rows, ""])


def _row(name: str, given: dict[str, Any]) -> str:
    if "default" not in given:
        default = "Required"
    else:
        default = f"`{given['default']}`" if given["default"] else "Empty"
    return f"| `{name}` | {default} | {given['description']} |"
