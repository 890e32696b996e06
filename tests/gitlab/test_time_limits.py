"""The time limit of a request, from connecting to the last byte of the response."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from tests.support.collections import agents_of
from tests.support.hostile import Hostile, Speak, sends, trickles
from tests.support.proxy import Proxy

from pulumi_gitlab_kubernetes.errors import GitLabError, LostResponseError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.clock import Clock
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.retries import Deadline, Retries
from pulumi_gitlab_kubernetes.gitlab.transport import Transport

pytestmark = pytest.mark.slow

_LIMIT = 0.5
_SOON = 6.0
"""The seconds in which a request ends with the limit. Without it, the servers take 8."""

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_SLOW = {
    "status": trickles(b"", b"HTTP/1.1 200 " + b"O" * 1000),
    "headers": trickles(_HEAD, b"X-Header: value\r\n" * 90),
    "continue": trickles(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": trickles(_HEAD + b"Content-Length: 100000\r\n\r\n[", b" "),
    "body to the end": trickles(_HEAD + b"Connection: close\r\n\r\n{}", b" "),
    "chunks": trickles(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "length of a chunk": trickles(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "trailers": trickles(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"a: b\r\n"
    ),
    "error": trickles(b"HTTP/1.1 403 No\r\nContent-Length: 9999\r\n\r\n", b" "),
}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def _client(url: str, authority: str = "", *, deadline: float = 0.001) -> Client:
    connection = Connection(
        url, "glpat-x", timeout=_LIMIT, deadline=deadline, verify=authority or True
    )
    return Client(connection)


def _fails(client: Client) -> GitLabError:
    """Create an agent, which fails because of the time limit, and return the error."""
    begun = time.monotonic()
    with pytest.raises(GitLabError, match=r"cannot be reached \(no answer in time\)") as raised:
        agents_of(client, 1).create({"name": "prod"})
    assert time.monotonic() - begun < _SOON
    return raised.value


@pytest.mark.parametrize("speak", _SLOW.values(), ids=_SLOW)
def test_a_response_byte_by_byte_is_late(speak: Speak) -> None:
    """Whichever part it is. GitLab may have done what was requested, or may do it later."""
    with Hostile(speak) as server:
        error = _fails(_client(server.url))
        assert len(server.requests) == 1
    assert isinstance(error, LostResponseError), repr(error.__cause__)
    assert (error.retryable, error.late) == (True, True)


@pytest.mark.parametrize("part", ["headers", "body", "body to the end", "chunks"])
@pytest.mark.parametrize("proxied", [False, True])
def test_a_response_byte_by_byte_through_tls_is_late(
    monkeypatch: pytest.MonkeyPatch,
    tls: ssl.SSLContext,
    tls_files: dict[str, str],
    part: str,
    proxied: bool,
) -> None:
    """Also through a proxy."""
    with Hostile(_SLOW[part], tls=tls) as server, Proxy() as proxy:
        if proxied:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = _fails(_client(server.url, tls_files["cacertFile"]))
        assert len(proxy.requests) == proxied
    assert isinstance(error, LostResponseError), repr(error.__cause__)


@pytest.mark.parametrize("part", ["headers", "chunks"])
def test_a_proxys_response_byte_by_byte_is_late(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """The proxy responds instead of GitLab."""
    with Hostile(_SLOW[part]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        error = _fails(_client("http://gitlab.example.com"))
        assert proxy.requests == [
            "POST http://gitlab.example.com/api/v4/projects/1/cluster_agents HTTP/1.1"
        ]
    assert isinstance(error, LostResponseError), repr(error.__cause__)


def test_a_request_that_was_not_sent_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the TLS handshake or the proxy's connection is slow, no request is sent."""
    slow = trickles(b"\x16\x03\x03\x40\x00", b"\x00")  # The start of a record of the handshake.
    with Hostile(slow, listen=False) as server:
        error = _fails(_client(server.url.replace("http:", "https:")))
        assert not isinstance(error, LostResponseError)
    with Hostile(trickles(b"HTTP/1.1 200 Yes\r\n", b"Header: x\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = _fails(_client("https://gitlab.example.com"))
        assert not isinstance(error, LostResponseError)
        assert {each.split()[0] for each in proxy.requests} == {"CONNECT"}


def test_retries_end_with_the_deadline() -> None:
    """Each attempt has the limit of a request, and all together that of an operation."""
    begun = time.monotonic()
    with Hostile(_SLOW["body"]) as server:
        with pytest.raises(GitLabError, match="no answer in time"):
            _client(server.url, deadline=1).user_id()
        assert len(server.requests) > 1
    assert time.monotonic() - begun < _SOON


def _json(text: bytes) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n" % len(text) + text


def test_each_request_has_its_own_limit() -> None:
    """Also on the same connection."""
    respond = sends([b""], _json(b'{"id": 7, "username": "root"}'))

    def speak(connection: socket.socket) -> None:
        time.sleep(_LIMIT * 0.6)
        respond(connection)

    with Hostile(speak, keep=True) as server:
        client = _client(server.url)
        for _ in range(3):
            assert client._get_user_id() == 7
        assert (server.connections, len(server.requests)) == (1, 3)


def test_only_late_requests_are_ended() -> None:
    """On shared connections, the other requests get their responses."""
    pauses = itertools.cycle([0, 0.01, _LIMIT * 3])

    def speak(connection: socket.socket) -> None:
        time.sleep(next(pauses))
        sends(_json(b"[]"))(connection)

    begun = threading.local()
    session = requests.Session()
    retries = Retries.within(Deadline(0.001), lambda _message: None)
    session.mount("http://", Transport(retries, Clock(), _LIMIT))

    def ask(url: str) -> tuple[bool, float]:
        begun.at = time.monotonic()
        try:
            responded = session.get(url).content == b"[]"
        except requests.ConnectionError:
            responded = False
        return responded, time.monotonic() - begun.at

    with Hostile(speak, keep=True) as server, ThreadPoolExecutor(32) as threads:
        found = list(threads.map(ask, [server.url] * 200))
    took = {key: [each for responded, each in found if responded is key] for key in (True, False)}
    assert min(took[False]) >= _LIMIT
    assert len(took[True]) > 80


@pytest.mark.parametrize(("limit", "connecting"), [(60.0, 10.0), (5.0, 5.0)])
def test_connecting_has_a_shorter_limit(limit: float, connecting: float) -> None:
    """A wrong address is an error after ten seconds, not after a minute."""
    transport = Transport(Retries.within(Deadline(1), print), Clock(), limit)
    assert (transport._timeout.total, transport._timeout.connect_timeout) == (limit, connecting)
