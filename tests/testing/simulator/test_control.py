"""The simulator's own switches: the log, faults, the clock, a fresh start."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError


def test_requests_are_logged_without_secrets(
    simulator: Any, root: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    """Method, path, status, user and time; no query, no body, no header."""
    root("POST", f"projects?private_token={simulator.root_token}", {"name": "s3cret"})
    connect("wrong-token")("GET", "user")
    first, second = simulator.requests()
    assert {**first, "time": None} == {
        "method": "POST", "path": "/api/v4/projects", "status": 201, "user": "root", "time": None,
    }  # fmt: skip
    assert (second["status"], second["user"]) == (401, None)
    for secret in (simulator.root_token, "s3cret", "wrong-token"):
        assert secret not in str((first, second))


def test_a_fault_befalls_matching_requests(simulator: Any, root: Callable[..., Any]) -> None:
    """By method and path, after some, as often as asked."""
    fault = {"method": "GET", "path": "/user$", "skip": 1, "times": 2, "status": 503}
    simulator.faults(fault)
    assert root("GET", "version").status_code == 200
    assert [root("GET", "user").status_code for _ in range(4)] == [200, 503, 503, 200]


def test_a_fault_can_say_anything(simulator: Any, root: Callable[..., Any]) -> None:
    """Headers and plain text too, as GitLab's throttle has them."""
    simulator.faults({"status": 429, "body": "Retry later\n", "headers": {"Retry-After": "1"}})
    answer = root("GET", "user")
    assert (answer.text, answer.headers["Retry-After"]) == ("Retry later\n", "1")


@pytest.mark.parametrize(("drop", "made"), [("before", 0), ("after", 1)])
def test_a_connection_is_dropped(
    simulator: Any, root: Callable[..., Any], drop: str, made: int
) -> None:
    """Before the work or after it, without a byte of an answer."""
    simulator.faults({"method": "POST", "path": "/projects$", "drop": drop})
    with pytest.raises(requests.ConnectionError):
        root("POST", "projects", {"name": "x"})
    assert len(root("GET", "projects").json()) == made


def test_latency(simulator: Any, root: Callable[..., Any]) -> None:
    """The answer comes late, and others are served meanwhile."""
    simulator.faults({"path": "/user$", "latency": 0.5})
    start = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(root, "GET", "user")
        while len(simulator.requests()) == 0:
            time.sleep(0.01)
        assert simulator.api("GET", "version")
        assert not late.done()
        assert late.result().status_code == 200
    assert time.monotonic() - start >= 0.5


def test_nonsense_is_refused(simulator: Any) -> None:
    """An unknown key, a bad pattern, an unknown call."""
    with pytest.raises(SimulatorError, match="a fault has no colour"):
        simulator.faults({"colour": "red"})
    with pytest.raises(SimulatorError, match="400"):
        simulator.faults({"path": "("})
    with pytest.raises(SimulatorError, match="404"):
        simulator.on_stop_job(1, 99)
    for wrong in (1e30, "soon", [1]):
        with pytest.raises(SimulatorError, match="400"):
            simulator.clock(advance=wrong)
    answer = requests.get(f"{simulator.url}/-/simulator/nothing", timeout=20)
    assert answer.status_code == 404


def test_the_clock_moves(simulator: Any, root: Callable[..., Any]) -> None:
    """To a moment or onward, and what is made then says so."""
    assert simulator.clock(now="2031-02-03T04:05:06Z").startswith("2031-02-03T04:05:0")
    assert simulator.clock(advance=3600).startswith("2031-02-03T05:05:")
    made = root("POST", "projects", {"name": "x"}).json()
    assert made["created_at"].startswith("2031-02-03T05:05:")
    simulator.reset()
    assert not simulator.clock(advance=0).startswith("2031")


def test_reset_starts_afresh_and_is_quick(simulator: Any, root: Callable[..., Any]) -> None:
    """Nothing is left but the administrator; ids begin again."""
    made = root("POST", "projects", {"name": "x"}).json()
    simulator.faults({"status": 500})
    start = time.monotonic()
    simulator.reset()
    assert time.monotonic() - start < 0.5
    assert simulator.requests() == []
    assert root("GET", "projects").json() == []
    assert root("POST", "projects", {"name": "y"}).json()["id"] == made["id"]
