"""The simulator's own switches: the log, faults, the clock, a fresh start."""

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
    """Method, path, status, user and time; no query, no body, no header."""
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


def test_nonsense_is_refused(simulator: Any) -> None:
    """An unknown key, a bad value, a body that is no JSON, an unknown call."""
    with pytest.raises(SimulatorError, match="404"):
        simulator.on_stop_job(1, 99)
    for wrong in (1e30, "soon", [1]):
        with pytest.raises(SimulatorError, match="400"):
            simulator.clock(advance=wrong)
    for path, body, status, text in (
        ("nothing", "{}", 404, "not found: POST nothing"),
        ("clock", "{", 400, "the body is no JSON: Expecting property name"),
        ("clock", "[]", 400, "the body of clock is an object"),
        ("clock", '{"back": 1}', 400, "clock has no back; it has advance, now"),
        ("clock", '{"now": "\\ud800"}', 400, "the body has half of a surrogate pair"),
        ("environments/1/1/on_stop_job", '{"seconds": 1e300}', 400, "from 0 to ten years"),
        ("environments/1/1/on_stop_job", '{"seconds": -1}', 400, "from 0 to ten years"),
        ("job_tokens", "{}", 400, "project_id is missing, user_id is missing"),
        ("job_tokens", '{"project_id": 9, "user_id": 9}', 404, "not found: no row 9 in users"),
    ):
        url = f"{simulator.url}/-/simulator/{path}"
        answer = requests.post(url, data=body, timeout=20)
        assert answer.status_code == status
        assert text in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[" * 101 + b"]" * 101, "the body is nested more than 100 levels deep"),
        (b'{"a":' * 9**5 + b"1" + b"}" * 9**5, "the body is nested more than 100 levels deep"),
        (b'"\xff"', "the body is not UTF-8 text"),
        ('{"advance": 1}'.encode("utf-16"), "the body is not UTF-8 text"),
        (b'{"advance": NaN}', "the body is no JSON: NaN is no number"),
        (b"9" * 5000, "the body is no JSON: a number has more than 1000 digits"),
    ],
    ids=("101 levels", "59049 levels", "bytes", "UTF-16", "NaN", "5000 digits"),
)
def test_a_body_that_is_no_json_is_refused(simulator: Any, body: bytes, text: str) -> None:
    """In one line, whatever the call; the API refuses it as Ruby does."""
    for path in ("clock", "faults", "races", "seed", "reset"):
        answer = requests.post(f"{simulator.url}/-/simulator/{path}", data=body, timeout=20)
        assert (answer.status_code, answer.json()) == (400, {"error": text})
    headers = {"PRIVATE-TOKEN": simulator.root_token, "Content-Type": "application/json"}
    address = f"{simulator.url}/api/v4/projects"
    answer = requests.post(address, data=body, headers=headers, timeout=20)
    assert answer.status_code == 400
    assert "message body does not match declared format" in answer.json()["error"]


def test_values_beyond_all_bounds_are_refused(simulator: Any) -> None:
    """With the name of what is wrong, and no more of it than fits into a line."""
    for path, body, text in (
        ("clock", f'{{"advance": 1{"0" * 400}}}', "advance is invalid"),
        ("clock", '{"advance": 1e400}', "advance is invalid"),
        ("clock", f"[{'[],' * 999}[]]", "the body of clock is an object, not [[], [], "),
        ("races", f'{{"a": "{"x" * 999}"}}', "races is an object of agent_tokens and numbers, not"),
        ("faults", f'["{"x" * 999}"]', "a fault is an object, not 'xxx"),
        ("faults", f'{{"path": "{"(" * 9999}"}}', "path of a fault is no regular expression: "),
        ("faults", '{"path": "a{99999999999}"}', "path of a fault is no regular expression: "),
    ):
        answer = requests.post(f"{simulator.url}/-/simulator/{path}", data=body, timeout=20)
        said = answer.json()["error"]
        assert answer.status_code == 400
        assert said.startswith(text)
        assert len(said) < 150


@pytest.mark.parametrize("types", [("application/json", "text/plain"), ("text/plain",), ("\xff",)])
def test_no_type_of_a_body_is_asked_for(simulator: Any, types: tuple[str, ...]) -> None:
    """Switches take JSON under any name, as of `curl -d`."""
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
    connection.putrequest("POST", "/-/simulator/races")
    for each in types:
        connection.putheader("Content-Type", each)
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    assert connection.getresponse().status == 200
    connection.close()


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


def test_answers_are_dated_by_the_clock(simulator: Any, root: Callable[..., Any]) -> None:
    """Those of the API, of errors, of faults and of the switches; a fault may set its own."""
    simulator.clock(now="2031-02-03T04:05:06Z")
    simulator.faults({"status": 500}, {"status": 500, "headers": {"Date": "never"}})
    for expected in ("Mon, 03 Feb 2031", "never", "Mon, 03 Feb 2031"):
        assert root("GET", "user").headers["Date"].startswith(expected)
    assert root("GET", "nothing").headers["Date"].startswith("Mon, 03 Feb 2031 04:05:")
    url = f"{simulator.url}/-/simulator/clock"
    answer = requests.post(url, json={"advance": 86400}, timeout=20)
    assert answer.headers["Date"].startswith("Tue, 04 Feb 2031")


def test_every_switch_is_in_the_table() -> None:
    """With its method and path, and nothing else is."""
    store = Store(None)
    switches = control.Control(store, "token", on_reset=store.close)._switches
    declared = {re.sub(r"{(.*?)}", r":\1", f"{each.method} {each.path}") for each in switches}
    declared.add("POST seed")  # It calls the API, so the app itself answers it.
    assert set(re.findall(r"`((?:GET|POST|DELETE) .*?)`", control.__doc__ or "")) == declared
    store.close()
