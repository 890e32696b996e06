"""The stacks that each release has deployed, in `tests/state/<version>/`.

`python -m tests.lifecycle.stored <version>` records one with the Pulumi CLI, before a release:
`program.json` has its resources, `stack.json` is the output of `pulumi stack export`, and
`<Kind>.pickle.b64` is the provider of a kind's resources in the state.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import set_up
from tests.lifecycle.engines import CliStack
from tests.lifecycle.resources import all_kinds
from tests.support.dynamic_host import pickled

from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

STATE = Path(__file__).parent.parent / "state"
NAMES = {
    "ClusterAgent": "cluster_agents",
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
    with Simulator() as simulator, tempfile.TemporaryDirectory() as scratch:
        empty_gitlab(simulator)
        url, token = {"gitlab:baseUrl": simulator.url}, {"gitlab:token": "recorded"}
        stack = CliStack(Path(scratch) / "stack", url, token, settings(simulator))
        outcome = stack.up(*described)
        if not outcome.ok:
            raise SystemExit(outcome.text)
        exported = json.loads(stack._call("stack", "export"))
    for resource in exported["deployment"]["resources"]:
        for where in ("sourcePosition", "stackTrace"):  # They name files of this machine.
            resource.pop(where, None)
    for name, content in (("program", described), ("stack", exported)):
        (directory / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    for kind in MODULES:
        (directory / f"{kind}.pickle.b64").write_text(pickled(kind) + "\n")


if __name__ == "__main__":
    _record(sys.argv[1])
