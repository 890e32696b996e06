"""The request log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests

from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError


def test_requests_are_filtered_and_counted(
    simulator: Any, root: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    """By method, path and user; counted by route, so that ids do not matter."""
    for name in ("x", "y"):
        made = root("POST", "projects", {"name": name}).json()["id"]
        root("GET", f"projects/{made}")
    root("GET", "projects/root%2Fx")
    connect("wrong")("GET", "projects/1")
    root("GET", "nothing")
    assert [each["path"][-2:] for each in simulator.requests("get", r"/projects/\d")] == [
        "/1", "/2", "/1",
    ]  # fmt: skip
    assert simulator.count(user="root") == {"POST /projects": 2, "GET /projects/:id": 3}
    assert simulator.count("GET") == {"GET /projects/:id": 4, "GET /api/v4/nothing": 1}
    with pytest.raises(SimulatorError, match="400"):
        simulator.requests(path="(")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"status": 503}, 503),
        ({"latency": 0.001}, 201),
        ({"drop": "before"}, None),
        ({"drop": "after"}, 201),
        ({"drop": "halfway"}, 201),
    ],
    ids=str,
)
def test_requests_with_faults_are_logged(
    simulator: Any, root: Callable[..., Any], project: Any, fault: dict[str, Any], status: int
) -> None:
    """With route and user, whether or not the work was done."""
    path = f"projects/{project['id']}/cluster_agents"
    simulator._call("DELETE", "/-/simulator/requests")
    simulator.faults({"method": "POST", **fault})
    with suppress(requests.RequestException):
        root("POST", path, {"name": "prod"})
    (entry,) = simulator.requests("POST", user="root")
    assert (entry["route"], entry["status"]) == ("/projects/:id/cluster_agents", status)
    assert simulator.count(user="root") == {"POST /projects/:id/cluster_agents": 1}


def test_rejected_requests_are_logged(
    simulator: Any, root: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    """A throttled one completely; one with a fault and invalid credentials or route partly."""
    simulator.clock(now="2031-02-03T04:05:06Z")
    throttle = "throttle_authenticated_api"
    limits = {f"{throttle}_enabled": True, f"{throttle}_requests_per_period": 1}
    simulator.api("PUT", "application/settings", **limits)
    assert [root("GET", "projects/1").status_code for _ in range(2)] == [404, 429]
    assert simulator.count("GET", user="root") == {"GET /projects/:id": 2}
    simulator.reset()
    simulator.faults({"status": 502, "times": None})
    connect("wrong")("GET", "projects/1")
    root("GET", "nothing")
    root("HEAD", "projects/1")
    headers = {"PRIVATE-TOKEN": simulator.root_token, "Content-Type": "application/json"}
    address = f"{simulator.url}/api/v4/projects"
    assert requests.post(address, data="{", headers=headers, timeout=20).status_code == 502
    assert [(each["route"], each["user"]) for each in simulator.requests()] == [
        ("/projects/:id", None),
        (None, None),
        ("/projects/:id", "root"),
        ("/projects", None),
    ]
