"""Trouble with TLS is told apart: each kind has a reason and a remedy of its own."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from tests.certificates import Key, Pair, make_pair
from tests.hostile import Hostile, Speak, says
from tests.web import server_side

from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes.errors import GitLabError, LostAnswerError

_ANSWER = says(
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 23\r\n\r\n",
    b'{"id":7,"username":"x"}',
)
_NGINX = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n"
    b"<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<hr><center>nginx</center>\r\n"
    b"</body>\r\n</html>\r\n"
)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def connection(tls_files: dict[str, str]) -> Connection:
    """A connection that trusts the certificate of the fixture `tls`."""
    return Connection("gitlab", "", "glpat-x", deadline=20, verify=tls_files["cacertFile"])


def _fails(connection: Connection, url: str) -> str:
    """Ask for something to be made, which fails; return what the error says of the connection."""
    with pytest.raises(GitLabError) as raised:
        Client(replace(connection, url=url)).agents(1).create({"name": "prod"})
    message = str(raised.value)
    assert not isinstance(raised.value, LostAnswerError), "nothing was sent"
    assert message.startswith(f"GitLab at {url} cannot be reached (")
    return message.removeprefix(f"GitLab at {url} cannot be reached ")


def _interrupts(said: bytes) -> Speak:
    """Return what says something once it has heard the first bytes of anything."""

    def speak(each: socket.socket) -> None:
        each.recv(9)
        each.sendall(said)

    return speak


def _serving(certificate: str, key: Key, folder: Path) -> ssl.SSLContext:
    return server_side(Pair(certificate, key.pem), folder)


def _trusting(connection: Connection, certificate: str, folder: Path) -> Connection:
    """Return one that trusts a certificate."""
    file = folder / "trusted.pem"
    file.write_text(certificate)
    return replace(connection, verify=str(file))


def test_an_unknown_authority(connection: Connection, tmp_path: Path) -> None:
    """The setting for it is named, whatever it is set to."""
    tls = server_side(make_pair("localhost"), tmp_path)
    with Hostile(_ANSWER, tls=tls) as server:
        for verify in (True, connection.verify):
            assert _fails(replace(connection, verify=verify), server.url) == (
                "(its certificate is not trusted: its authority is not known here): set "
                "cacertFile to a file with that authority's certificate"
            )


def test_a_certificate_for_another_host(connection: Connection, tmp_path: Path) -> None:
    """The names that it has are told; no authority helps."""
    key = Key("P-256")
    certificate = key.certificate("gitlab.example.com")
    trusting = _trusting(connection, certificate, tmp_path)
    with Hostile(_ANSWER, tls=_serving(certificate, key, tmp_path)) as server:
        assert _fails(trusting, server.url) == (
            "(its certificate is for gitlab.example.com and 127.0.0.1, not for localhost): set "
            "baseUrl to a name that the certificate has, or have that replaced; cacertFile does "
            "not help"
        )
        assert server.requests == []


def test_a_certificate_with_a_common_name_alone(connection: Connection, tmp_path: Path) -> None:
    """It shows the right name to whoever looks, which no client has taken for years."""
    key = Key("P-256")
    certificate = key.certificate("localhost", hosts=False)
    trusting = _trusting(connection, certificate, tmp_path)
    with Hostile(_ANSWER, tls=_serving(certificate, key, tmp_path)) as server:
        assert _fails(trusting, server.url) == (
            "(its certificate is not for localhost: it has no subjectAltName, and its common name "
            "does not count): have it replaced by one with a subjectAltName; cacertFile does not "
            "help"
        )


@pytest.mark.parametrize(
    ("begins", "ends", "told"),
    [(-9, -2, "expired on 20"), (2, 9, "is not valid before 20")],
)
def test_a_certificate_out_of_date(
    connection: Connection, tmp_path: Path, begins: float, ends: float, told: str
) -> None:
    """With the day; the clock that says so may be wrong."""
    key = Key("P-256")
    certificate = key.certificate("localhost", begins=begins, ends=ends)
    trusting = _trusting(connection, certificate, tmp_path)
    with Hostile(_ANSWER, tls=_serving(certificate, key, tmp_path)) as server:
        message = _fails(trusting, server.url)
    assert message.startswith(f"(its certificate {told}")
    assert message.endswith(
        "): have it replaced, or set this machine's clock if that is wrong; cacertFile does not "
        "help"
    )


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n", b"220 mail ESMTP\r\n"],
)
def test_no_tls_at_all(connection: Connection, said: bytes) -> None:
    """A port that speaks something else says no version number."""
    with Hostile(_interrupts(said), listen=False) as server:
        assert _fails(connection, server.url.replace("http:", "https:")) == (
            "(it does not speak TLS on this port): begin baseUrl with http://, or "
            "set it to the port that speaks TLS"
        )


_USE_TLS = (
    "(it speaks TLS on this port, and baseUrl begins with http://): begin baseUrl with https://"
)


@pytest.mark.parametrize(
    "said",
    [
        b"\x15\x03\x01\x00\x02\x02\x46",
        _NGINX,
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    ],
    ids=["alert", "nginx", "go"],
)
def test_http_to_a_port_that_speaks_tls(connection: Connection, said: bytes) -> None:
    """Each program says so in its own way."""
    with Hostile(says(said)) as server:
        assert _fails(connection, server.url) == _USE_TLS
        assert len(server.requests) == 1


@pytest.fixture(params=["TLSv1_2", "TLSv1_3"])
def demanding(
    request: pytest.FixtureRequest, tls: ssl.SSLContext, tls_files: dict[str, str]
) -> ssl.SSLContext:
    """TLS of one version that lets in whoever has the certificate of `tls_files` alone."""
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion[request.param]
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(tls_files["clientCert"])
    return tls


def test_a_client_certificate_is_wanted(
    connection: Connection, demanding: ssl.SSLContext, tls_files: dict[str, str]
) -> None:
    """TLS 1.2 says so in the handshake, for any reason, and 1.3 only when it is over."""
    own = (tls_files["clientCert"], tls_files["clientKey"])
    with Hostile(_ANSWER, tls=demanding) as server:
        for _ in range(5):
            message = _fails(connection, server.url)
            if demanding.maximum_version is ssl.TLSVersion.TLSv1_3:
                assert message == "(it requires a client certificate): set clientCert and clientKey"
            else:
                assert message == (
                    "(it ended the TLS handshake): set clientCert and clientKey if it requires "
                    "a client certificate; else no cipher is common to both"
                )
        assert server.requests == []
        client = Client(replace(connection, url=server.url, certificate=own))
        assert client.user_id() == 7


def test_the_client_certificate_is_refused(
    connection: Connection, demanding: ssl.SSLContext, tmp_path: Path
) -> None:
    """With the reason that the server gives."""
    other = make_pair("somebody.example.com")
    file = tmp_path / "own.pem"
    file.write_text(other.certificate + other.key)
    own = (str(file), str(file))
    with Hostile(_ANSWER, tls=demanding) as server:
        assert _fails(replace(connection, certificate=own), server.url) == (
            "(it refuses the certificate of clientCert: its authority is not known there): set "
            "clientCert and clientKey to a pair that it accepts"
        )
        assert server.requests == []


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("No required SSL certificate was sent", "it requires a client certificate"),
        ("The SSL certificate error", "it refuses the certificate of clientCert: it is not"),
    ],
)
def test_nginx_tells_of_a_client_certificate_by_a_page(
    connection: Connection, tls: ssl.SSLContext, tls_files: dict[str, str], title: str, told: str
) -> None:
    """After a handshake that went well."""
    page = f"<html><head><title>400 {title}</title></head><body>nginx</body></html>".encode()
    answer = says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page))
    own = (tls_files["clientCert"], tls_files["clientKey"])
    with Hostile(answer, tls=tls) as server:
        assert f"({told}" in _fails(replace(connection, certificate=own), server.url)


def test_no_version_in_common(connection: Connection) -> None:
    """As with a server that is old."""
    with Hostile(says(b"\x15\x03\x01\x00\x02\x02\x46"), listen=False) as server:
        assert _fails(connection, server.url.replace("http:", "https:")) == (
            "(no version of TLS is common to both): enable TLS 1.2 or newer on that server"
        )


def test_own_files_that_are_wrong(
    connection: Connection, tls: ssl.SSLContext, tls_files: dict[str, str]
) -> None:
    """Each by its setting."""
    wrong = (tls_files["clientCert"], str(Path(tls_files["clientKey"]).with_name("server.pem")))
    with Hostile(_ANSWER, tls=tls) as server:
        assert _fails(replace(connection, certificate=wrong), server.url) == (
            "(the key in clientKey is not that of clientCert): set both to one pair"
        )
        assert _fails(replace(connection, verify=tls_files["clientKey"]), server.url) == (
            "(there is no certificate in cacertFile): set cacertFile to a file with certificates "
            "in PEM"
        )


def test_a_broken_connection_is_no_trouble_with_tls(
    connection: Connection, tls: ssl.SSLContext
) -> None:
    """What was sent on it may have been done."""

    def speak(each: socket.socket) -> None:
        each.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n")
        with socket.socket(fileno=each.detach()) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))  # No record of this connection's.
            raw.recv(1 << 16)

    with Hostile(speak, tls=tls) as server:
        client = Client(replace(connection, url=server.url))
        with pytest.raises(LostAnswerError, match=r"cannot be reached \(connection lost\)"):
            client.agents(1).create({"name": "prod"})


def test_a_proxy_that_speaks_no_tls(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the proxy's address that is wrong."""
    with Hostile(
        lambda each: (each.recv(9), each.sendall(b"HTTP/1.1 400 No\r\n\r\n"))[1], listen=False
    ) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http:", "https:"))
        message = _fails(connection, "https://gitlab.example.com")
    assert message == "(the proxy: it does not speak TLS on this port): check HTTPS_PROXY"
