"""A request has a limit of time from its first byte to the last byte of its answer."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from tests.front import Front
from tests.hostile import Hostile, Speak, says, trickles

from pulumi_gitlab_kubernetes._clock import Clock
from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes._retries import Deadline, Retries
from pulumi_gitlab_kubernetes._transport import Transport
from pulumi_gitlab_kubernetes.errors import GitLabError, LostAnswerError

_LIMIT = 0.5
_SOON = 6.0
"""Seconds by which all is over with the limit, and nothing without it: servers go on for 8."""

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
        "gitlab", url, "glpat-x", timeout=_LIMIT, deadline=deadline, verify=authority or True
    )
    return Client(connection)


def _fails(client: Client) -> GitLabError:
    """Ask for something that may change something, and expect no answer in time."""
    begun = time.monotonic()
    with pytest.raises(GitLabError, match=r"cannot be reached \(no answer in time\)") as raised:
        client.agents(1).create({"name": "prod"})
    assert time.monotonic() - begun < _SOON
    return raised.value


@pytest.mark.parametrize("speak", _SLOW.values(), ids=_SLOW)
def test_an_answer_that_trickles_is_late(speak: Speak) -> None:
    """Whatever part of it does; what was asked for may have been done, or may be done yet."""
    with Hostile(speak) as server:
        error = _fails(_client(server.url))
        assert len(server.requests) == 1
    assert isinstance(error, LostAnswerError), repr(error.__cause__)
    assert (error.again, error.late) == (True, True)


@pytest.mark.parametrize("part", ["headers", "body", "body to the end", "chunks"])
@pytest.mark.parametrize("proxied", [False, True])
def test_one_that_trickles_through_tls_is_late(
    monkeypatch: pytest.MonkeyPatch,
    tls: ssl.SSLContext,
    tls_files: dict[str, str],
    part: str,
    proxied: bool,
) -> None:
    """And behind a proxy."""
    with Hostile(_SLOW[part], tls=tls) as server, Front() as proxy:
        if proxied:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = _fails(_client(server.url, tls_files["cacertFile"]))
        assert len(proxy.requests) == proxied
    assert isinstance(error, LostAnswerError), repr(error.__cause__)


@pytest.mark.parametrize("part", ["headers", "chunks"])
def test_one_that_trickles_through_a_proxy_is_late(
    monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Which is asked in GitLab's place."""
    with Hostile(_SLOW[part]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        error = _fails(_client("http://gitlab.example.com"))
        assert proxy.requests == [
            "POST http://gitlab.example.com/api/v4/projects/1/cluster_agents HTTP/1.1"
        ]
    assert isinstance(error, LostAnswerError), repr(error.__cause__)


def test_what_was_never_sent_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a handshake nor a proxy's answer that trickles has let a request through."""
    slow = trickles(b"\x16\x03\x03\x40\x00", b"\x00")  # The record that is to have a ServerHello.
    with Hostile(slow, listen=False) as server:
        error = _fails(_client(server.url.replace("http:", "https:")))
        assert not isinstance(error, LostAnswerError)
    with Hostile(trickles(b"HTTP/1.1 200 Yes\r\n", b"Header: x\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = _fails(_client("https://gitlab.example.com"))
        assert not isinstance(error, LostAnswerError)
        assert {each.split()[0] for each in proxy.requests} == {"CONNECT"}


def test_repetitions_end_with_the_deadline_of_retries() -> None:
    """Each has the limit of a request, all together that of an operation."""
    begun = time.monotonic()
    with Hostile(_SLOW["body"]) as server:
        with pytest.raises(GitLabError, match="no answer in time"):
            _client(server.url, deadline=1).user_id()
        assert len(server.requests) > 1
    assert time.monotonic() - begun < _SOON


def _json(text: bytes) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n" % len(text) + text


def test_a_limit_ends_with_its_request() -> None:
    """The next request on the same connection has one of its own."""
    answers = says([b""], _json(b'{"id": 7, "username": "root"}'))

    def speak(connection: socket.socket) -> None:
        time.sleep(_LIMIT * 0.6)
        answers(connection)

    with Hostile(speak, keep=True) as server:
        client = _client(server.url)
        for _ in range(3):
            assert client._ask_user() == 7
        assert (server.connections, len(server.requests)) == (1, 3)


def test_only_the_late_are_cut() -> None:
    """Of many requests on shared connections, those that keep to the limit are answered."""
    pauses = itertools.cycle([0, 0.01, _LIMIT * 3])

    def speak(connection: socket.socket) -> None:
        time.sleep(next(pauses))
        says(_json(b"[]"))(connection)

    begun = threading.local()
    session = requests.Session()
    retries = Retries.within(Deadline(0.001), lambda _message: None)
    session.mount("http://", Transport(retries, Clock(), _LIMIT))

    def ask(url: str) -> tuple[bool, float]:
        begun.at = time.monotonic()
        try:
            answered = session.get(url).content == b"[]"
        except requests.ConnectionError:
            answered = False
        return answered, time.monotonic() - begun.at

    with Hostile(speak, keep=True) as server, ThreadPoolExecutor(32) as threads:
        found = list(threads.map(ask, [server.url] * 200))
    took = {answered: [each for yes, each in found if yes is answered] for answered, _ in found}
    assert min(took[False]) >= _LIMIT
    assert len(took[True]) > 80


@pytest.mark.parametrize(("limit", "connecting"), [(60.0, 10.0), (5.0, 5.0)])
def test_an_address_that_nobody_answers_at_is_given_up_before_a_slow_answer(
    limit: float, connecting: float
) -> None:
    """A wrong address is told after ten seconds, not after a minute."""
    transport = Transport(Retries.within(Deadline(1), print), Clock(), limit)
    assert (transport._timeout.total, transport._timeout.connect_timeout) == (limit, connecting)
