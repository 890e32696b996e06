"""Faults: which requests they apply to, and their effects."""

from __future__ import annotations

import http.client
import json
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from pulumi_gitlab_kubernetes.testing.simulator import faults
from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError


def test_a_fault_applies_to_matching_requests(simulator: Any, root: Callable[..., Any]) -> None:
    """By method and path, with `skip` and `times`; the pending rest can be read."""
    fault = {"method": "GET", "path": "/user$", "skip": 1, "times": 2, "status": 503}
    simulator.faults(fault)
    assert root("GET", "version").status_code == 200
    assert [root("GET", "user").status_code for _ in range(2)] == [200, 503]
    (left,) = simulator.pending_faults()
    assert (left["skip"], left["times"], left["path"]) == (0, 1, "/user$")
    assert [root("GET", "user").status_code for _ in range(2)] == [503, 200]
    assert simulator.pending_faults() == []


def test_faults_can_be_removed(simulator: Any, root: Callable[..., Any]) -> None:
    """All at once."""
    simulator.faults({"status": 500, "times": None}, {"status": 502})
    simulator.clear_faults()
    assert root("GET", "user").status_code == 200


def test_a_share_of_the_requests_fails(simulator: Any, root: Callable[..., Any]) -> None:
    """Approximately that share; the same requests for the same seed, others for another seed."""

    def failures(**more: Any) -> list[bool]:
        simulator.clear_faults()
        simulator.faults({"status": 500, "share": 0.3, "times": None, **more})
        return [root("GET", "version").status_code == 500 for _ in range(40)]

    first = failures()
    assert first == failures(seed=0)
    assert first != failures(seed=1)
    assert 5 <= sum(first) <= 20
    assert sum(failures(times=2)) == 2
    assert not any(failures(share=0))


@pytest.mark.parametrize("status", [204, 304, 418, 500])
def test_a_fault_responds_with_any_status(
    simulator: Any, root: Callable[..., Any], status: int
) -> None:
    """The work is not done, and the connection stays usable."""
    simulator.faults({"method": "POST", "status": status})
    assert root("POST", "projects", {"name": "x"}).status_code == status
    assert root("GET", "projects").json() == []


@pytest.mark.parametrize(
    ("body", "text", "media_type"),
    [
        ("Retry later\n", "Retry later\n", "text/plain"),
        ({"message": ["no"]}, '{"message":["no"]}', "application/json"),
        (None, '{"message":"429 simulated"}', "application/json"),
    ],
)
def test_a_fault_has_a_body_and_headers(
    simulator: Any, root: Callable[..., Any], body: Any, text: str, media_type: str
) -> None:
    """The body is plain text or JSON."""
    simulator.faults({"status": 429, "body": body, "headers": {"Retry-After": "1"}})
    response = root("GET", "user")
    assert (response.text, response.headers["Retry-After"]) == (text, "1")
    assert response.headers["Content-Type"].startswith(media_type)


@pytest.mark.parametrize(("drop", "made"), [("before", 0), ("after", 1), ("halfway", 1)])
def test_a_connection_is_dropped(
    simulator: Any, root: Callable[..., Any], drop: str, made: int
) -> None:
    """Before the work, after it, or while the response is sent."""
    simulator.faults({"method": "POST", "path": "/projects$", "drop": drop})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        root("POST", "projects", {"name": "x"})
    assert len(root("GET", "projects").json()) == made


def test_a_body_is_dropped_halfway(simulator: Any) -> None:
    """Content-Length is that of the whole body; half of it arrives."""
    body = {"text": "x" * 3001}
    simulator.faults({"drop": "halfway", "status": 200, "body": body})
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
    connection.request("GET", "/api/v4/user")
    response = connection.getresponse()
    length = int(response.headers["Content-Length"])
    with pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    connection.close()
    assert length == len(json.dumps(body, separators=(",", ":")))
    assert len(cut.value.partial) == length // 2


def test_halfway_without_a_body_drops_the_response(
    simulator: Any, root: Callable[..., Any], agent: Any, project: Any
) -> None:
    """The work is done, but no response arrives."""
    member = f"projects/{project['id']}/cluster_agents/{agent['id']}"
    simulator.faults({"method": "DELETE", "drop": "halfway"})
    with pytest.raises(requests.ConnectionError):
        root("DELETE", member)
    assert root("GET", member).status_code == 404


def test_latency(simulator: Any, root: Callable[..., Any]) -> None:
    """The response is delayed, and other requests are served meanwhile."""
    simulator.faults({"path": "/user$", "latency": 0.4})
    start = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(root, "GET", "user")
        while len(simulator.requests()) == 0:
            time.sleep(0.01)
        assert simulator.api("GET", "version")
        assert not late.done()
        assert late.result().status_code == 200
    assert time.monotonic() - start >= 0.4


def test_latency_in_a_range(simulator: Any, root: Callable[..., Any]) -> None:
    """Each request waits for a random time, which the seed determines."""
    simulator.faults({"path": "/version$", "latency": [0.1, 0.2], "seed": 7, "times": 3})
    chance = random.Random(7)  # noqa: S311 (not for cryptography)
    for _ in range(3):
        chance.random()  # decides whether the fault applies
        expected = chance.uniform(0.1, 0.2)
        start = time.monotonic()
        root("GET", "version")
        assert time.monotonic() - start >= expected


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"colour": "red"}, "a fault has no colour; it has body, drop, "),
        ("all", "a fault must be an object"),
        ({"path": "("}, "path of a fault is not a regular expression"),
        ({"path": 1}, "path of a fault must be a regular expression"),
        ({"method": 1}, "method of a fault must be"),
        ({"method": "GET POST"}, "method of a fault must be"),
        ({"times": 0}, "times of a fault must be an integer from 1, or null"),
        ({"times": True}, "times of a fault must be"),
        ({"skip": -1}, "skip of a fault must be an integer from 0"),
        ({"skip": "1"}, "skip of a fault must be"),
        ({"share": 1.1}, "share of a fault must be a number from 0 to 1"),
        ({"latency": -1}, "latency of a fault must be"),
        ({"latency": 1e999}, "Infinity is no number"),
        ({"latency": [1]}, "latency of a fault must be"),
        ({"latency": [2, 1]}, "latency of a fault must be"),
        ({"latency": ["1", "2"]}, "latency of a fault must be"),
        ({"status": 100}, "status of a fault must be an HTTP status from 200 to 599"),
        ({"status": "500"}, "status of a fault must be"),
        ({"headers": {"A": "b"}}, "require a status"),
        ({"body": "b"}, "require a status"),
        ({"status": 200, "headers": {"A": "b\r\nC: d"}}, "headers of a fault must be"),
        ({"status": 200, "headers": {"A": " b"}}, "headers of a fault must be"),
        ({"status": 200, "headers": {"": "b"}}, "headers of a fault must be"),
        ({"status": 200, "headers": {"A": 1}}, "headers of a fault must be"),
        ({"status": 200, "headers": {"Content-Length": "1"}}, "headers of a fault must be"),
        ({"status": 200, "body": float("nan")}, "NaN is no number"),
        ({"drop": "soon"}, "drop of a fault must be 'before', 'after' or 'halfway'"),
        ({"drop": ["after"]}, "drop of a fault must be"),
        ({"drop": "after", "status": 500}, "drop 'after' of a fault cannot be combined"),
        ({"seed": 1.5}, "seed of a fault must be an integer"),
    ],
)
def test_an_invalid_fault_is_rejected(simulator: Any, fault: Any, text: str) -> None:
    """The error says what is wrong; no fault of the list is added."""
    body = json.dumps([{"status": 500}, fault])
    response = requests.post(f"{simulator.url}/-/simulator/faults", data=body, timeout=20)
    assert response.status_code == 400
    assert text in response.json()["error"]
    assert simulator.pending_faults() == []


def test_the_client_raises_the_error(simulator: Any) -> None:
    """With the status and the text."""
    with pytest.raises(SimulatorError, match=r"400 .*a fault has no colour"):
        simulator.faults({"colour": "red"})


def test_the_table_lists_every_key() -> None:
    """And no other."""
    keys = re.findall(r"^\| `(\w+)`", faults.__doc__ or "", re.MULTILINE)
    assert sorted(keys) == sorted(field.name for field in fields(faults.Fault))
