"""All functions."""

from __future__ import annotations

from functools import cache

from pulumi_gitlab_kubernetes.functions.function import Function
from pulumi_gitlab_kubernetes.functions.get import Get
from pulumi_gitlab_kubernetes.functions.listing import List
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for


@cache
def functions() -> dict[str, Function]:
    """Return all functions by their names in Python programs."""
    found: dict[str, Function] = {}
    for kind, module in MODULES.items():
        found[f"get_{module}"] = Get(kind_for(kind), f"get_{module}")
        found[f"get_{module}s"] = List(kind_for(kind), f"get_{module}s")
    return found
