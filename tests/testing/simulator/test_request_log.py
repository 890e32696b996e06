"""Counting what was asked of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError


def test_requests_are_selected_and_counted(
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
