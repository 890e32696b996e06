"""The stacks that each release has deployed, in `tests/state/<version>/`.

`python -m tests.lifecycle.stored <version>` records those that are missing with the Pulumi CLI,
before a release: `program.json` has the resources, `dynamic.json` and `native.json` are the output
of `pulumi stack export` with each adapter, and `<Kind>.pickle.b64` is the provider of a kind's
dynamic resources in the state.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import set_up
from tests.lifecycle.adapters import ADAPTERS, Adapter
from tests.lifecycle.engines import CliStack
from tests.lifecycle.resources import all_kinds
from tests.support import files
from tests.support.dynamic_host import pickled

from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_URL = "https://gitlab.example.com"
STATE = Path(__file__).parent.parent / "state"
NAMES = {
    "ClusterAgent": "cluster_agents",
    "ClusterAgentConfiguration": files.file_of("agent"),
    "ClusterAgentToken": "cluster_agents/1/tokens",
    "ClusterAgentUrlConfiguration": "cluster_agents/1/url_configurations",
    "ProjectCluster": "clusters",
    "ProjectEnvironment": "environments",
}
"""The API paths of the collections, below their project."""


def empty_gitlab(simulator: Simulator) -> int:
    """Set up a GitLab as it was before the stacks were recorded, and return the project's ID."""
    set_up(simulator)
    group = simulator._call("POST", "/api/v4/groups", {"name": "acme", "path": "acme"})
    made = simulator.api("POST", "projects", name="shop", namespace_id=group["id"])
    return int(made["id"])


def export(stack: Path, url: str) -> dict[str, Any]:
    """Return a recorded stack as if it had been deployed to a GitLab.

    Args:
        stack: The file of the stack.
        url: The URL of the GitLab, which the state of a native provider has.
    """
    exported: dict[str, Any] = json.loads(stack.read_text().replace(_URL, url))
    return exported


def settings(simulator: Simulator) -> Mapping[str, str]:
    """Return the variables that let a recorded stack use a simulator."""
    return {
        "PULUMI_GITLAB_BASE_URL": simulator.url,
        "PULUMI_GITLAB_TOKEN": simulator.root_token,
    }


def _record(version: str) -> None:
    described: list[dict[str, Any]] = all_kinds("acme/shop")
    described[-1]["args"] |= {"description": "stored", "tier": "production"}
    directory = STATE / version
    directory.mkdir(exist_ok=True)
    _write(directory / "program.json", json.dumps(described, indent=2))
    described = json.loads((directory / "program.json").read_text())
    for adapter in ADAPTERS.values():
        _write(directory / f"{adapter}.json", _deployed(described, adapter))
    for kind in MODULES:
        _write(directory / f"{kind}.pickle.b64", pickled(kind))


def _write(file: Path, content: str) -> None:
    """Write a file, but never over that of a release."""
    if not file.exists():
        file.write_text(f"{content}\n")


def _deployed(described: list[dict[str, Any]], adapter: Adapter) -> str:
    """Deploy resources, and return the exported stack."""
    with Simulator() as simulator, tempfile.TemporaryDirectory() as scratch:
        empty_gitlab(simulator)
        url, token = {adapter.key("baseUrl"): simulator.url}, {adapter.key("token"): "recorded"}
        directory = Path(scratch) / "stack"
        stack = CliStack(directory, url, token, settings(simulator), adapter=adapter)
        outcome = stack.up(*described)
        if not outcome.ok:
            raise SystemExit(outcome.text)
        exported = json.loads(stack._call("stack", "export"))
        for resource in exported["deployment"]["resources"]:
            for where in ("sourcePosition", "stackTrace"):  # They name files of this machine.
                resource.pop(where, None)
        return json.dumps(exported, indent=2).replace(simulator.url, _URL)


if __name__ == "__main__":
    if not shutil.which("pulumi"):
        raise SystemExit("the Pulumi CLI is not on PATH")
    _record(sys.argv[1])
