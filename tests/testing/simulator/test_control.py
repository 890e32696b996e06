"""The control routes: the request log, faults, the clock, reset."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from pulumi_gitlab_kubernetes.testing.simulator import control
from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError
from pulumi_gitlab_kubernetes.testing.simulator.store import Store


def test_requests_are_logged_without_secrets(
    simulator: Any, root: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    """An entry has method, path, status, user and time, but no query, body or header."""
    root("POST", f"projects?private_token={simulator.root_token}", {"name": "s3cret"})
    connect("wrong-token")("GET", "user")
    first, second = simulator.requests()
    assert {**first, "time": None} == {
        "method": "POST", "path": "/api/v4/projects", "route": "/projects",
        "status": 201, "user": "root", "time": None,
    }  # fmt: skip
    assert (second["status"], second["user"]) == (401, None)
    for secret in (simulator.root_token, "s3cret", "wrong-token"):
        assert secret not in str((first, second))


def test_invalid_requests_are_rejected(simulator: Any) -> None:
    """An unknown key, an invalid value, a body that is not JSON, an unknown route."""
    with pytest.raises(SimulatorError, match="404"):
        simulator.on_stop_job(1, 99)
    for wrong in (1e30, "soon", [1]):
        with pytest.raises(SimulatorError, match="400"):
            simulator.clock(advance=wrong)
    for path, body, status, text in (
        ("nothing", "{}", 404, "not found: POST nothing"),
        ("clock", "{", 400, "the body is not JSON: Expecting property name"),
        ("clock", "[]", 400, "the body of clock must be an object"),
        ("clock", '{"back": 1}', 400, "clock has no back; it has advance, now"),
        ("clock", '{"now": "\\ud800"}', 400, "the body has an incomplete surrogate pair"),
        ("environments/1/1/on_stop_job", '{"seconds": 1e300}', 400, "must be from 0 to ten years"),
        ("environments/1/1/on_stop_job", '{"seconds": -1}', 400, "must be from 0 to ten years"),
        ("job_tokens", "{}", 400, "project_id is missing, user_id is missing"),
        ("job_tokens", '{"project_id": 9, "user_id": 9}', 404, "not found: no row 9 in users"),
    ):
        url = f"{simulator.url}/-/simulator/{path}"
        response = requests.post(url, data=body, timeout=20)
        assert response.status_code == status
        assert text in response.json()["error"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[" * 101 + b"]" * 101, "the body is nested more than 100 levels deep"),
        (b'{"a":' * 9**5 + b"1" + b"}" * 9**5, "the body is nested more than 100 levels deep"),
        (b'"\xff"', "the body is not UTF-8 text"),
        ('{"advance": 1}'.encode("utf-16"), "the body is not UTF-8 text"),
        (b'{"advance": NaN}', "the body is not JSON: NaN is no number"),
        (b"9" * 5000, "the body is not JSON: a number has more than 1000 digits"),
    ],
    ids=("101 levels", "59049 levels", "bytes", "UTF-16", "NaN", "5000 digits"),
)
def test_a_body_that_is_not_json_is_rejected(simulator: Any, body: bytes, text: str) -> None:
    """Every control route responds with one line; the API responds as Ruby does."""
    for path in ("clock", "faults", "races", "seed", "reset"):
        response = requests.post(f"{simulator.url}/-/simulator/{path}", data=body, timeout=20)
        assert (response.status_code, response.json()) == (400, {"error": text})
    headers = {"PRIVATE-TOKEN": simulator.root_token, "Content-Type": "application/json"}
    address = f"{simulator.url}/api/v4/projects"
    response = requests.post(address, data=body, headers=headers, timeout=20)
    assert response.status_code == 400
    assert "message body does not match declared format" in response.json()["error"]


def test_huge_values_are_rejected(simulator: Any) -> None:
    """The error names the parameter and repeats only the beginning of its value."""
    for path, body, text in (
        ("clock", f'{{"advance": 1{"0" * 400}}}', "advance is invalid"),
        ("clock", '{"advance": 1e400}', "advance is invalid"),
        ("clock", f"[{'[],' * 999}[]]", "the body of clock must be an object, not [[], [], "),
        (
            "races",
            f'{{"a": "{"x" * 999}"}}',
            "races must be an object of agent_tokens and numbers, not",
        ),
        ("faults", f'["{"x" * 999}"]', "a fault must be an object, not 'xxx"),
        ("faults", f'{{"path": "{"(" * 9999}"}}', "path of a fault is not a regular expression: "),
        ("faults", '{"path": "a{99999999999}"}', "path of a fault is not a regular expression: "),
    ):
        response = requests.post(f"{simulator.url}/-/simulator/{path}", data=body, timeout=20)
        message = response.json()["error"]
        assert response.status_code == 400
        assert message.startswith(text)
        assert len(message) < 150


@pytest.mark.parametrize("types", [("application/json", "text/plain"), ("text/plain",), ("\xff",)])
def test_any_content_type_is_accepted(simulator: Any, types: tuple[str, ...]) -> None:
    """The control routes accept JSON with any content type, such as that of `curl -d`."""
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
    connection.putrequest("POST", "/-/simulator/races")
    for each in types:
        connection.putheader("Content-Type", each)
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    assert connection.getresponse().status == 200
    connection.close()


def test_the_clock_moves(simulator: Any, root: Callable[..., Any]) -> None:
    """To a time or by seconds; new objects have the new time."""
    assert simulator.clock(now="2031-02-03T04:05:06Z").startswith("2031-02-03T04:05:0")
    assert simulator.clock(advance=3600).startswith("2031-02-03T05:05:")
    made = root("POST", "projects", {"name": "x"}).json()
    assert made["created_at"].startswith("2031-02-03T05:05:")
    simulator.reset()
    assert not simulator.clock(advance=0).startswith("2031")


def test_reset_is_complete_and_fast(simulator: Any, root: Callable[..., Any]) -> None:
    """Only the administrator remains; ids start at 1 again."""
    made = root("POST", "projects", {"name": "x"}).json()
    simulator.faults({"status": 500})
    start = time.monotonic()
    simulator.reset()
    assert time.monotonic() - start < 0.5
    assert simulator.requests() == []
    assert root("GET", "projects").json() == []
    assert root("POST", "projects", {"name": "y"}).json()["id"] == made["id"]


def test_the_date_header_follows_the_clock(simulator: Any, root: Callable[..., Any]) -> None:
    """Responses of the API, errors, faults and control routes; a fault may set its own."""
    simulator.clock(now="2031-02-03T04:05:06Z")
    simulator.faults({"status": 500}, {"status": 500, "headers": {"Date": "never"}})
    for expected in ("Mon, 03 Feb 2031", "never", "Mon, 03 Feb 2031"):
        assert root("GET", "user").headers["Date"].startswith(expected)
    assert root("GET", "nothing").headers["Date"].startswith("Mon, 03 Feb 2031 04:05:")
    url = f"{simulator.url}/-/simulator/clock"
    response = requests.post(url, json={"advance": 86400}, timeout=20)
    assert response.headers["Date"].startswith("Tue, 04 Feb 2031")


def test_the_table_lists_every_control_route() -> None:
    """With its method and path, and no other."""
    store = Store(None)
    routes = control.Control(store, "token", on_reset=store.close).routes
    declared = {re.sub(r"{(.*?)}", r":\1", f"{each.method} {each.path}") for each in routes}
    declared.add("POST seed")  # It calls the API, so the app itself serves it.
    assert set(re.findall(r"`((?:GET|POST|DELETE) .*?)`", control.__doc__ or "")) == declared
    store.close()
