"""Under which names the simulator answers: not under that of a website that leads here."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

PATHS = (
    ("GET", "/"),
    ("GET", "/-/simulator/page.js"),
    ("GET", "/-/simulator/ping"),
    ("GET", "/-/simulator/overview"),
    ("POST", "/-/simulator/reset"),
    ("POST", "/-/simulator/faults"),
    ("POST", "/-/simulator/seed"),
    ("GET", "/api/v4/projects"),
    ("GET", "/api/v3/projects"),
)


def _ask(
    simulator: Simulator, method: str, path: str, host: str, **headers: str
) -> tuple[int, str]:
    """Send a request as a browser does under whose name `host` leads to the simulator."""
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
    connection.putrequest(method, path, skip_host=True)
    for name, value in {"Content-Length": "0", **headers}.items():
        connection.putheader(name, value)
    connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "127.0.0.1.evil.example.com",
        "localhost.evil.example.com",
        "notlocalhost",
        "evil.example.com@127.0.0.1.example.com",
        "10.0.0.1",
        "[::2]",
        "[::1",
        "",
        ":80",
        "<b>\x7f",
    ],
)
def test_a_name_of_a_website_is_refused(
    simulator: Simulator, method: str, path: str, host: str
) -> None:
    """For every route and with the same Origin; nothing is done and nothing is logged."""
    simulator.api("POST", "projects", name="kept")
    port = urlsplit(simulator.url).port
    name = f"{host}:{port}" if host not in {"", ":80"} else host
    token = {"PRIVATE-TOKEN": simulator.root_token}
    status, body = _ask(simulator, method, path, name, Origin=f"http://{name}", **token)
    if status == 400:  # The server itself knows that this is no name.
        assert not body.startswith("{")
    else:
        assert status == 403
        assert "--allowed-host" in json.loads(body)["error"]
        assert "\n" not in json.loads(body)["error"]
    assert [each["name"] for each in simulator.api("GET", "projects")] == ["kept"]
    assert "/api/v3/projects" not in {each["path"] for each in simulator.requests()}
    assert simulator.count() == {"POST /projects": 1, "GET /projects": 1}


def test_a_refusal_repeats_no_more_than_a_line_of_a_name(simulator: Simulator) -> None:
    """It is of whoever made the name."""
    _, body = _ask(simulator, "GET", "/", f"{'x' * 5000}.example.com")
    assert len(json.loads(body)["error"]) < 300


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "localhost", "LocalHost.", "gitlab.localhost", "[::1]"]
)
def test_names_of_this_machine_are_answered(simulator: Simulator, host: str) -> None:
    """With any port, since one may be forwarded; pages of other sites still have no say."""
    for name in (host, f"{host}:8080"):
        assert _ask(simulator, "GET", "/-/simulator/overview", name)[0] == 200
        own, evil = {"Origin": f"http://{name}"}, {"Origin": "http://evil.example.com"}
        assert _ask(simulator, "POST", "/-/simulator/reset", name, **own)[0] == 200
        assert _ask(simulator, "POST", "/-/simulator/reset", name, **evil)[0] == 403


def test_a_client_without_the_header_is_answered(simulator: Simulator) -> None:
    """It speaks HTTP/1.0, as no browser does."""
    address = urlsplit(simulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(b"GET /-/simulator/overview HTTP/1.0\r\n\r\n")
        assert b" 200 " in connection.recv(100)


def test_further_names_are_allowed_by_an_option() -> None:
    """As for a front server in a container, with TLS or without."""
    allowed = ("gitlab.Example.com", "10.0.0.1", "[fd00::1]")
    with Simulator(allowed_hosts=allowed) as simulator:
        for host in ("gitlab.example.com", "GITLAB.EXAMPLE.COM:443", "10.0.0.1", "[fd00::1]:80"):
            for scheme in ("http", "https"):
                origin = {"Origin": f"{scheme}://{host}"}
                assert _ask(simulator, "POST", "/-/simulator/reset", host, **origin)[0] == 200
        for host in ("example.com", "x.gitlab.example.com", "10.0.0.2"):
            assert _ask(simulator, "GET", "/", host)[0] == 403


@pytest.mark.parametrize("name", ["http://gitlab.example.com", "a.example.com:80", "", "a/b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """Rather than being ignored."""
    command = [sys.executable, "-m", "pulumi_gitlab_kubernetes.testing.simulator"]
    ended = subprocess.run(
        [*command, f"--allowed-host={name}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "is not a host name" in ended.stderr


def test_an_idle_connection_is_kept(simulator: Simulator) -> None:
    """As by GitLab's nginx, 65 seconds: a POST on it arrives, though its client waited."""
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
    headers: dict[str, Any] = {"PRIVATE-TOKEN": simulator.root_token}
    connection.request("GET", "/api/v4/user", headers=headers)
    connection.getresponse().read()
    before = connection.sock
    time.sleep(6)
    connection.request("POST", "/api/v4/projects?name=late", headers=headers)
    assert connection.getresponse().status == 201
    assert connection.sock is before
    connection.close()
