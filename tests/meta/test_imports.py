"""The modules that the provider imports in the dynamic host's process, which each run starts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_PROVIDERS = """
from pulumi_gitlab_kubernetes.registry import MODULES, provider_for
for name in MODULES:
    provider_for(name)
"""
_LATER = ("cryptography", "starlette", "uvicorn", "gql", "gitlab.v4")
"""Modules that are imported later, or by other packages."""


def modules(code: str) -> set[str]:
    """Return the modules that a new process has imported after some code."""
    script = f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.slow
def test_the_providers_import_little_besides_pulumi_and_gitlab() -> None:
    """Their own modules and a few of Python's. `tests/benchmarks/imports.py` measures the times."""
    floor = modules("import pulumi, gitlab")
    added = modules(_PROVIDERS) - floor
    heavy = {name for name in added if name.startswith(_LATER)}
    assert not heavy
    others = {name for name in added if not name.startswith("pulumi_gitlab_kubernetes")}
    assert len(others) < len(floor) / 20, sorted(others)
    assert not {name for name in added if name.startswith("pulumi_gitlab_kubernetes.testing")}
