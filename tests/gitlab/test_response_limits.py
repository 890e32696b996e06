"""The limits of a response: its size on the network, decompressed, and as JSON."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.collections import agents_of, environments_of
from tests.support.dynamic_host import DynamicHost
from tests.support.hostile import Hostile, Speak, sends
from tests.support.plugin_process import CallError
from tests.support.processes import Running

from pulumi_gitlab_kubernetes.errors import GitLabError, LostResponseError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.response_limits import (
    MOST_BYTES,
    MOST_LEVELS,
    MOST_TEXT,
    MOST_VALUES,
)

_MEMORY = 150
"""The maximum memory of the dynamic host, in MiB."""

_BLOCK = b" " * (1 << 16)
_HEAD = b"Content-Type: application/json\r\n"


def _blocks(megabytes: int) -> Iterable[bytes]:
    """Yield megabytes of white space, which is valid JSON anywhere."""
    for _ in range(megabytes * 16):
        yield _BLOCK


def _chunks(blocks: Iterable[bytes]) -> Iterable[bytes]:
    for block in blocks:
        yield b"%x\r\n%s\r\n" % (len(block), block)
    yield b"0\r\n\r\n"


def _response(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> Speak:
    length = b"Content-Length: %d" % len(body)
    return sends(_start(status, length, *headers), body)


def _start(status: bytes, *headers: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\n%s%s\r\n\r\n" % (status, _HEAD, b"\r\n".join(headers))


def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(level=1, wbits=31)
    return b"".join([*map(packer.compress, _blocks(megabytes)), packer.flush()])


def _full(start: bytes, text: bytes, end: bytes) -> bytes:
    """Return a start, a text repeated up to the size limit, and an end."""
    times = (MOST_BYTES - len(start) - len(end)) // len(text)
    return start + text * times + end


def _user(more: str) -> bytes:
    """Return the response for a user, with more content."""
    return b'{"id":7,"username":"x"' + more.encode() + b"}"


def _nested(levels: int) -> str:
    return "[" * levels + "]" * levels


_BOMB = _bomb(300)
_TOO_LARGE = "sent more than 4 MiB"
_TOO_MANY = "sent more than 100,000 values"
_TOO_LONG = "sent a text of more than 1 MiB"
_TOO_DEEP = "sent values nested more than 64 deep"
_ODD = "is not GitLab's API"
_CHUNKED = b"Transfer-Encoding: chunked"
_GZIP = b"Content-Encoding: gzip"
_LENGTH = b"Content-Length: 209715200"

_LARGE = {
    "length": (sends(_start(b"200 OK", _LENGTH), _blocks(200)), _TOO_LARGE),
    "no length": (sends(_start(b"200 OK", b"Connection: close"), _blocks(200)), _TOO_LARGE),
    "chunks": (sends(_start(b"200 OK", _CHUNKED), _chunks(_blocks(200))), _TOO_LARGE),
    "small chunks": (
        sends(_start(b"200 OK", _CHUNKED), [b"3e8\r\n%s\r\n" % _BLOCK[:1000]] * 200_000),
        _TOO_LARGE,
    ),
    "trailers": (
        sends(_start(b"200 OK", _CHUNKED), b"0\r\n", [b"X: %s\r\n" % _BLOCK[99:]] * 3200),
        _TOO_LARGE,
    ),
    "error": (sends(_start(b"500 No", _LENGTH), _blocks(200)), _TOO_LARGE),
    "chunks of an error": (sends(_start(b"404 No", _CHUNKED), _chunks(_blocks(200))), _TOO_LARGE),
    "redirect": (sends(_start(b"302 No", b"Location: /", _LENGTH), _blocks(200)), _TOO_LARGE),
    "bomb": (_response(_BOMB, b"200 OK", _GZIP), _TOO_LARGE),
    "bomb of an error": (_response(_BOMB, b"400 No", _GZIP), _TOO_LARGE),
    "bomb in chunks": (
        sends(_start(b"200 OK", _GZIP, _CHUNKED), _chunks([_BOMB])),
        _TOO_LARGE,
    ),
    "bomb in a bomb": (
        _response(gzip.compress(_BOMB), b"200 OK", b"Content-Encoding: gzip, gzip"),
        _ODD,
    ),
    "unknown packing": (_response(b"{}", b"200 OK", b"Content-Encoding: br"), _ODD),
    "headers": (
        sends(b"HTTP/1.1 200 OK\r\n", [b"X: %s\r\n" % _BLOCK[99:]] * 3200),
        _TOO_LARGE,
    ),
    "many headers": (sends(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 101, b"\r\n{}"), _ODD),
    "long header": (sends(b"HTTP/1.1 200 OK\r\nX: ", _blocks(200)), _ODD),
    "continue": (sends([b"HTTP/1.1 100 Continue\r\n\r\n" * 9999] * 999), _TOO_LARGE),
    "lists": (_response(_full(b"[", b"[],", b"0]")), _TOO_MANY),
    "objects": (_response(_full(b"[", b"{},", b"0]")), _TOO_MANY),
    "names": (_response(_full(b"[", b'{"a":0},', b"0]"), b"400 No"), _TOO_MANY),
    "texts": (_response(_full(b"[", b'"ab",', b"0]")), _TOO_MANY),
    "numbers": (_response(_full(b"[", b"1.5,", b"0]")), _TOO_MANY),
    "nested": (_response(_full(b"", b"[", b"")), _TOO_MANY),
    "nested objects": (_response(b'{"a":' * 15_000), _TOO_DEEP),
    "nested in an error": (_response(b'{"a":' * 15_000, b"422 No"), _TOO_DEEP),
    "wide characters": (_response(_full(b"", b"\xf0\x9f\x98\x80" + b" " * 99, b"")), _ODD),
    "a wide text": (_response(_full(b'["\xf0\x9f\x98\x80', b"a", b'"]')), _TOO_LONG),
    "wide texts": (
        _response(_full(b'{"id":7,"name":"\xf0\x9f\x98\x80"', b',"b":"%s"' % (b"a" * 9999), b"}")),
        "",
    ),
    "a wide name": (
        _response(b'{"id":7,"name":"\xf0\x9f\x98\x80%s"}' % (b"a" * (MOST_TEXT - 4))),
        "",
    ),
}


@dataclass
class _Way:
    """A dynamic host with a connection to a server for each case."""

    host: DynamicHost
    urls: dict[str, str]

    def read(self, case: str) -> str:
        """Read an agent, and return the error, if any."""
        outputs = {"project": "1", "name": "prod", "connection": _name(case)}
        try:
            self.host.read("ClusterAgent", "1:7", outputs)
        except CallError as error:
            return str(error)
        return ""

    def peak(self) -> float:
        """Return the host's maximum memory since the last call, in MiB."""
        pid = self.host._process.pid
        found = Running(pid, "").peak()
        (Path("/proc") / str(pid) / "clear_refs").write_text("5")  # Resets the peak.
        return found


def _name(case: str) -> str:
    return case.replace(" ", "-")


@pytest.fixture(scope="module")
def way() -> Iterator[_Way]:
    """Start the servers and the host."""
    with ExitStack() as all_:
        urls = {
            case: all_.enter_context(Hostile(speak)).url for case, (speak, _limit) in _LARGE.items()
        }
        config = {"gitlab-kubernetes:retryDeadline": "0.001"}
        for case, url in urls.items():
            config |= {f"{_name(case)}:baseUrl": url, f"{_name(case)}:token": "glpat-x"}
        yield _Way(all_.enter_context(DynamicHost(config)), urls)


@pytest.mark.parametrize("case", _LARGE)
def test_a_response_that_is_too_large_takes_no_memory(way: _Way, case: str) -> None:
    """The message names the server and the limit."""
    limit = _LARGE[case][1]
    way.peak()
    message = way.read(case)
    peak = way.peak()
    assert limit in message
    if limit.startswith("sent"):
        assert f"{way.urls[case]} {limit}, which GitLab never does: " in message
    print(case, round(peak))
    assert 10 < peak < _MEMORY


def test_a_response_that_is_too_large_is_a_lost_response() -> None:
    """The request is not repeated, since the next response would be as large."""
    with Hostile(_response(_bomb(30), b"201 Created", _GZIP)) as server:
        client = Client(Connection(server.url, "glpat-x", deadline=3))
        with pytest.raises(LostResponseError, match=_TOO_LARGE) as raised:
            agents_of(client, 1).create({"name": "prod"})
        assert not raised.value.retryable
        with pytest.raises(GitLabError, match=_TOO_LARGE):
            agents_of(client, 1).get(7)
        assert len(server.requests) == 2


def test_the_largest_page_of_gitlab_is_accepted() -> None:
    """It has 100 environments with the maximum content."""
    text = '"{[\\' * 2500
    rest = {f"key{number}": {"a": [1, 2], "b": text[:9]} for number in range(25)}
    page = [{"id": i, "name": "x", "state": "stopped", "d": text, **rest} for i in range(1, 101)]
    assert len(json.dumps(page)) < MOST_BYTES
    with Hostile(_response(json.dumps(page, ensure_ascii=False).encode())) as server:
        client = Client(Connection(server.url, "glpat-x", deadline=0.001))
        assert list(environments_of(client, 1).list()) == page


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (
            lambda more: f',"a":{"[" * (MOST_LEVELS - 1 + more)}{"]" * (MOST_LEVELS - 1 + more)}',
            _TOO_DEEP,
        ),
        (lambda more: f',"a":[1{",1" * (MOST_VALUES - 4 + more)}]', _TOO_MANY),
        (lambda more: f',"a":"{"b" * (MOST_TEXT + more)}"', _TOO_LONG),
        (lambda more: " " * (MOST_BYTES - len(_user("")) + more), _TOO_LARGE),
    ],
)
def test_the_limits_are_exact(text: Callable[[int], str], limit: str, more: int) -> None:
    """A response at the limit is accepted, and one above it is not."""
    with Hostile(_response(_user(text(more)))) as server:
        client = Client(Connection(server.url, "glpat-x", deadline=0.001))
        if more:
            with pytest.raises(GitLabError, match=limit):
                client._get_user_id()
        else:
            assert client._get_user_id() == 7
