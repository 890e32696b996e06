"""The picture of the simulator's page, with what a small stack creates."""

from __future__ import annotations

import json
import re
from pathlib import Path

import requests
from tools.pictures.browser import browser, save

from pulumi_gitlab_kubernetes.testing.simulator import dashboard
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_AGENT = {
    "cluster_agent_id": 1,
    "kubernetes_namespace": "shop",
}
_ENVIRONMENTS = {
    "production": {"tier": "production", "external_url": "https://shop.example.com", **_AGENT},
    "review/fix-login": {"tier": "development", **_AGENT},
}

_PAGE = Path(dashboard.__file__).parent
_VARYING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def write(file: Path) -> None:
    """Write the picture.

    Args:
        file: The PNG file.
    """
    with Simulator() as simulator:
        fill(simulator)
        with browser(1200, 700) as driver:
            save(driver, simulator.url, "fix-login", file, source(simulator))


def fill(simulator: Simulator) -> None:
    """Create what the picture shows."""
    simulator.start_afresh()
    simulator.clock(now="2026-01-15T09:30:00Z")
    base = "projects/acme%2Fshop"
    simulator.api("POST", f"{base}/cluster_agents", name="production")
    simulator.api("POST", f"{base}/cluster_agents/1/tokens", name="helm")
    for name, values in _ENVIRONMENTS.items():
        simulator.api("POST", f"{base}/environments", name=name, **values)


def source(simulator: Simulator) -> str:
    """Return the files of the page, and what it gets to show but the times."""
    files = (path.read_text() for path in sorted(_PAGE.iterdir()) if path.is_file())
    with requests.get(f"{simulator.url}/-/simulator/overview", timeout=60) as response:
        shown = json.dumps(response.json(), sort_keys=True, indent=1)
    return "\n".join([*files, _VARYING.sub("", shown)])
