"""States of stacks, as `pulumi stack export` writes them."""

from __future__ import annotations

import json
from typing import Any

OURS = "pulumi-python:dynamic/gitlab:"
"""What the type tokens of this package start with."""


def stored(type_: str, name: str, outputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a resource as a state has it."""
    urn = f"urn:pulumi:prod::shop::{type_}::{name}"
    return {"urn": urn, "type": type_, "inputs": {}, "outputs": outputs, **more}


def export(*resources: dict[str, Any]) -> str:
    """Return the export of a stack with these resources."""
    return json.dumps({"version": 3, "deployment": {"resources": resources}})
