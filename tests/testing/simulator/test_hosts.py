"""Which host names the simulator accepts: not that of a website that resolves to it."""

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

pytestmark = pytest.mark.slow

PATHS = (
    ("GET", "/"),
    ("GET", "/-/simulator/dashboard.js"),
    ("GET", "/-/simulator/ping"),
    ("GET", "/-/simulator/overview"),
    ("POST", "/-/simulator/reset"),
    ("POST", "/-/simulator/faults"),
    ("POST", "/-/simulator/seed"),
    ("GET", "/api/v4/projects"),
    ("GET", "/api/v3/projects"),
)


def _send(
    simulator: Simulator, method: str, path: str, host: str, **headers: str
) -> tuple[int, str]:
    """Send a request as a browser does for a name that resolves to the simulator."""
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
    connection.putrequest(method, path, skip_host=True)
    for name, value in {"Content-Length": "0", **headers}.items():
        connection.putheader(name, value)
    connection.putheader("Host", host)
    connection.endheaders()
    response = connection.getresponse()
    found = response.status, response.read().decode()
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
def test_the_name_of_a_website_is_rejected(
    simulator: Simulator, method: str, path: str, host: str
) -> None:
    """On every route and with the same Origin; the request is neither executed nor logged."""
    simulator.api("POST", "projects", name="kept")
    port = urlsplit(simulator.url).port
    name = f"{host}:{port}" if host not in {"", ":80"} else host
    token = {"PRIVATE-TOKEN": simulator.root_token}
    status, body = _send(simulator, method, path, name, Origin=f"http://{name}", **token)
    if status == 400:  # The HTTP server rejects it.
        assert not body.startswith("{")
    else:
        assert status == 403
        assert "--allowed-host" in json.loads(body)["error"]
        assert "\n" not in json.loads(body)["error"]
    assert [each["name"] for each in simulator.api("GET", "projects")] == ["kept"]
    assert "/api/v3/projects" not in {each["path"] for each in simulator.requests()}
    assert simulator.count() == {"POST /projects": 1, "GET /projects": 1}


def test_an_error_shortens_a_long_name(simulator: Simulator) -> None:
    """Its length does not depend on the client."""
    _, body = _send(simulator, "GET", "/", f"{'x' * 5000}.example.com")
    assert len(json.loads(body)["error"]) < 300


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "localhost", "LocalHost.", "gitlab.localhost", "[::1]"]
)
def test_loopback_names_are_accepted(simulator: Simulator, host: str) -> None:
    """With any port, because it can be forwarded; pages of other origins are still rejected."""
    for name in (host, f"{host}:8080"):
        assert _send(simulator, "GET", "/-/simulator/overview", name)[0] == 200
        own, evil = {"Origin": f"http://{name}"}, {"Origin": "http://evil.example.com"}
        assert _send(simulator, "POST", "/-/simulator/reset", name, **own)[0] == 200
        assert _send(simulator, "POST", "/-/simulator/reset", name, **evil)[0] == 403


def test_a_client_without_the_header_is_accepted(simulator: Simulator) -> None:
    """It speaks HTTP/1.0, which no browser does."""
    address = urlsplit(simulator.url)
    assert address.port
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(b"GET /-/simulator/overview HTTP/1.0\r\n\r\n")
        assert b" 200 " in connection.recv(100)


def test_an_option_allows_additional_names() -> None:
    """As for a reverse proxy in a container, with or without TLS."""
    allowed = ("gitlab.Example.com", "10.0.0.1", "[fd00::1]")
    with Simulator(allowed_hosts=allowed) as simulator:
        for host in ("gitlab.example.com", "GITLAB.EXAMPLE.COM:443", "10.0.0.1", "[fd00::1]:80"):
            for scheme in ("http", "https"):
                origin = {"Origin": f"{scheme}://{host}"}
                assert _send(simulator, "POST", "/-/simulator/reset", host, **origin)[0] == 200
        for host in ("example.com", "x.gitlab.example.com", "10.0.0.2"):
            assert _send(simulator, "GET", "/", host)[0] == 403


@pytest.mark.parametrize("name", ["http://gitlab.example.com", "a.example.com:80", "", "a/b"])
def test_an_invalid_name_is_rejected(name: str) -> None:
    """It is not ignored."""
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


def test_an_idle_connection_stays_open(simulator: Simulator) -> None:
    """For 65 seconds as with GitLab's nginx, so a later POST on it still arrives."""
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
