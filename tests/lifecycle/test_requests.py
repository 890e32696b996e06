"""Both adapters send the same requests to GitLab."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from tests.lifecycle.adapters import ADAPTERS, Adapter
from tests.lifecycle.conftest import new_stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import configuration, mixture

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

COUNT = 21


def _requests(engine: str, adapter: Adapter, directory: Path, lab: Lab) -> dict[str, Counter[str]]:
    """Return the requests of each operation, with numbers in place of IDs and paths."""
    stack = new_stack(engine, adapter, directory, lab)
    project = lab.project.path
    resources = [*mixture(project, COUNT - 1), configuration(project, agent_name="edge")]
    changed: list[dict[str, Any]] = [
        {**each, "args": {**each["args"], **_CHANGES.get(each["class"], {})}} for each in resources
    ]
    runs = {
        "preview": lambda: stack.preview(*resources),
        "up": lambda: stack.up(*resources),
        "unchanged up": lambda: stack.up(*resources),
        "preview of changes": lambda: stack.preview(*changed),
        "up of changes": lambda: stack.up(*changed),
        "refresh": stack.refresh,
        "up with refresh": lambda: stack.up(*changed, refresh=True),
        "destroy": stack.destroy,
    }
    found = {}
    lab.calls()
    for name, run in runs.items():
        outcome = run()
        assert outcome.ok, outcome.text
        found[name] = Counter(
            f"{call.method} {re.sub(r'[0-9]+', '1', call.path)}" for call in lab.calls()
        )
    return found


_CHANGES: dict[str, dict[str, Any]] = {
    "ClusterAgent": {"adopt_existing": True},
    "ClusterAgentConfiguration": {"user_access": {"projects": [{"id": "acme/shop"}]}},
    "ClusterAgentToken": {"description": "rotated"},
    "ClusterAgentUrlConfiguration": {"tls_host": "agent.example.com"},
    "ProjectCluster": {"domain": "apps.example.com"},
    "ProjectEnvironment": {"description": "changed"},
}


def test_each_operation_sends_the_same_requests(
    engine: str, simulator: Simulator, tmp_path: Path
) -> None:
    """Previews and an unchanged program send none, but for the path of the project."""
    dynamic, native = (
        _requests(engine, adapter, tmp_path / name, Lab(simulator))
        for name, adapter in ADAPTERS.items()
    )
    assert native == dynamic
    assert dynamic["preview"] == dynamic["unchanged up"] == Counter()
    assert dynamic["up"].total() == COUNT + 1  # The path of the project, once.
