"""Types of values in Python, and the formatting of generated source code."""

from __future__ import annotations

import subprocess
import sys

from pulumi_gitlab_kubernetes.core.values import Type

OUTPUT_TYPES = {
    Type.TEXT: "str",
    Type.TIMESTAMP: "str",
    Type.INTEGER: "int",
    Type.NUMBER: "float",
    Type.BOOLEAN: "bool",
    Type.MAP: "dict[str, Any]",
}
"""The types of outputs."""

INPUT_TYPES = {
    **{(type_, False): name for type_, name in OUTPUT_TYPES.items()},
    (Type.MAP, False): "Mapping[str, pulumi.Input[object]]",
    (Type.TEXT, True): "str | int",
    (Type.INTEGER, True): "int | str",
}
"""The types of inputs, by type and whether the input refers to another resource."""


def formatted(source: str) -> str:
    """Return Python source code as `make format` formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "generated.py", "-"]
    return subprocess.run(
        command, input=source, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
