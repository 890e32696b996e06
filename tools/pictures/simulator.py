"""The picture of the simulator's page, with what a small stack creates."""

from __future__ import annotations

from pathlib import Path

from tools.pictures.browser import browser, save

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_AGENT = {
    "cluster_agent_id": 1,
    "kubernetes_namespace": "shop",
}
_ENVIRONMENTS = {
    "production": {"tier": "production", "external_url": "https://shop.example.com", **_AGENT},
    "review/fix-login": {"tier": "development", **_AGENT},
}


def write(file: Path) -> None:
    """Write the picture.

    Args:
        file: The PNG file.
    """
    with Simulator() as simulator:
        simulator.start_afresh()
        simulator.clock(now="2026-01-15T09:30:00Z")
        base = "projects/acme%2Fshop"
        simulator.api("POST", f"{base}/cluster_agents", name="production")
        simulator.api("POST", f"{base}/cluster_agents/1/tokens", name="helm")
        for name, values in _ENVIRONMENTS.items():
            simulator.api("POST", f"{base}/environments", name=name, **values)
        with browser(1200, 700) as driver:
            save(driver, simulator.url, "fix-login", file)
