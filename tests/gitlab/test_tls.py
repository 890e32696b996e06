"""TLS problems: each has its own reason and advice."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.certificates import Key, Pair, make_pair
from tests.support.collections import agents_of
from tests.support.hostile import Hostile, Speak, sends
from tests.support.web import server_side

from pulumi_gitlab_kubernetes.errors import GitLabError, LostResponseError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import Connection

_RESPONSE = sends(
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
    return Connection("", "glpat-x", deadline=20, verify=tls_files["cacertFile"])


def _fails(connection: Connection, url: str) -> str:
    """Create an agent, which fails, and return the error's text about the connection."""
    with pytest.raises(GitLabError) as raised:
        agents_of(Client(replace(connection, url=url)), 1).create({"name": "prod"})
    message = str(raised.value)
    assert not isinstance(raised.value, LostResponseError), "no request was sent"
    assert message.startswith(f"GitLab at {url} cannot be reached (")
    return message.removeprefix(f"GitLab at {url} cannot be reached ")


def _interrupts(response: bytes) -> Speak:
    """Send a response after the first bytes of a request."""

    def speak(each: socket.socket) -> None:
        each.recv(9)
        each.sendall(response)

    return speak


def _serving(certificate: str, key: Key, folder: Path) -> ssl.SSLContext:
    return server_side(Pair(certificate, key.pem), folder)


def _trusting(connection: Connection, certificate: str, folder: Path) -> Connection:
    """Return a connection that trusts a certificate."""
    file = folder / "trusted.pem"
    file.write_text(certificate)
    return replace(connection, verify=str(file))


def test_an_unknown_authority(connection: Connection, tmp_path: Path) -> None:
    """The message names the setting, whether it is set or not."""
    tls = server_side(make_pair("localhost"), tmp_path)
    with Hostile(_RESPONSE, tls=tls) as server:
        for verify in (True, connection.verify):
            assert _fails(replace(connection, verify=verify), server.url) == (
                "(its certificate is not trusted: its authority is unknown): set "
                "cacertFile to a file with that authority's certificate"
            )


def test_a_certificate_for_another_host(connection: Connection, tmp_path: Path) -> None:
    """The message contains its hosts. `cacertFile` does not help."""
    key = Key("P-256")
    certificate = key.certificate("gitlab.example.com")
    trusting = _trusting(connection, certificate, tmp_path)
    with Hostile(_RESPONSE, tls=_serving(certificate, key, tmp_path)) as server:
        assert _fails(trusting, server.url) == (
            "(its certificate is for gitlab.example.com and 127.0.0.1, not for localhost): set "
            "baseUrl to a name in the certificate, or replace the certificate; cacertFile does not "
            "help"
        )
        assert server.requests == []


def test_a_certificate_with_only_a_common_name(connection: Connection, tmp_path: Path) -> None:
    """Clients have ignored the common name for years."""
    key = Key("P-256")
    certificate = key.certificate("localhost", hosts=False)
    trusting = _trusting(connection, certificate, tmp_path)
    with Hostile(_RESPONSE, tls=_serving(certificate, key, tmp_path)) as server:
        assert _fails(trusting, server.url) == (
            "(its certificate is not for localhost: it has no subjectAltName, and clients ignore "
            "its common name): replace it with one that has a subjectAltName; cacertFile does not "
            "help"
        )


@pytest.mark.parametrize(
    ("begins", "ends", "reason"),
    [(-9, -2, "expired on 20"), (2, 9, "is not valid before 20")],
)
def test_a_certificate_out_of_date(
    connection: Connection, tmp_path: Path, begins: float, ends: float, reason: str
) -> None:
    """The message contains the date. This machine's clock may be wrong."""
    key = Key("P-256")
    certificate = key.certificate("localhost", begins=begins, ends=ends)
    trusting = _trusting(connection, certificate, tmp_path)
    with Hostile(_RESPONSE, tls=_serving(certificate, key, tmp_path)) as server:
        message = _fails(trusting, server.url)
    assert message.startswith(f"(its certificate {reason}")
    assert message.endswith(
        "): replace it, or correct this machine's clock if that is wrong; cacertFile does not help"
    )


@pytest.mark.parametrize(
    "response",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n", b"220 mail ESMTP\r\n"],
)
def test_no_tls_at_all(connection: Connection, response: bytes) -> None:
    """A port with another protocol."""
    with Hostile(_interrupts(response), listen=False) as server:
        assert _fails(connection, server.url.replace("http:", "https:")) == (
            "(it does not speak TLS on this port): begin baseUrl with http://, or "
            "set it to the port that speaks TLS"
        )


_USE_TLS = (
    "(it speaks TLS on this port, and baseUrl begins with http://): begin baseUrl with https://"
)


@pytest.mark.parametrize(
    "response",
    [
        b"\x15\x03\x01\x00\x02\x02\x46",
        _NGINX,
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    ],
    ids=["alert", "nginx", "go"],
)
def test_http_to_a_port_that_speaks_tls(connection: Connection, response: bytes) -> None:
    """Each program has its own response."""
    with Hostile(sends(response)) as server:
        assert _fails(connection, server.url) == _USE_TLS
        assert len(server.requests) == 1


@pytest.fixture(params=["TLSv1_2", "TLSv1_3"])
def demanding(
    request: pytest.FixtureRequest, tls: ssl.SSLContext, tls_files: dict[str, str]
) -> ssl.SSLContext:
    """TLS of one version, which requires the client certificate of `tls_files`."""
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion[request.param]
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(tls_files["clientCert"])
    return tls


def test_a_client_certificate_is_required(
    connection: Connection, demanding: ssl.SSLContext, tls_files: dict[str, str]
) -> None:
    """With TLS 1.2, the handshake fails without a reason. With 1.3, it fails afterwards."""
    own = (tls_files["clientCert"], tls_files["clientKey"])
    with Hostile(_RESPONSE, tls=demanding) as server:
        for _ in range(5):
            message = _fails(connection, server.url)
            if demanding.maximum_version is ssl.TLSVersion.TLSv1_3:
                assert message == "(it requires a client certificate): set clientCert and clientKey"
            else:
                assert message == (
                    "(it ended the TLS handshake): set clientCert and clientKey if it requires "
                    "a client certificate; otherwise no cipher is shared"
                )
        assert server.requests == []
        client = Client(replace(connection, url=server.url, certificate=own))
        assert client.user_id() == 7


def test_the_client_certificate_is_rejected(
    connection: Connection, demanding: ssl.SSLContext, tmp_path: Path
) -> None:
    """The message contains the server's reason."""
    other = make_pair("somebody.example.com")
    file = tmp_path / "own.pem"
    file.write_text(other.certificate + other.key)
    own = (str(file), str(file))
    with Hostile(_RESPONSE, tls=demanding) as server:
        assert _fails(replace(connection, certificate=own), server.url) == (
            "(it rejects clientCert: the certificate's authority is unknown): set clientCert and "
            "clientKey to a pair that it accepts"
        )
        assert server.requests == []


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("No required SSL certificate was sent", "it requires a client certificate"),
        ("The SSL certificate error", "it rejects clientCert: the certificate is not accepted"),
    ],
)
def test_nginx_rejects_client_certificates_with_a_page(
    connection: Connection, tls: ssl.SSLContext, tls_files: dict[str, str], title: str, reason: str
) -> None:
    """The handshake succeeds before."""
    page = f"<html><head><title>400 {title}</title></head><body>nginx</body></html>".encode()
    speak = sends(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page))
    own = (tls_files["clientCert"], tls_files["clientKey"])
    with Hostile(speak, tls=tls) as server:
        assert f"({reason}" in _fails(replace(connection, certificate=own), server.url)


def test_no_common_version(connection: Connection) -> None:
    """With an old server."""
    with Hostile(sends(b"\x15\x03\x01\x00\x02\x02\x46"), listen=False) as server:
        assert _fails(connection, server.url.replace("http:", "https:")) == (
            "(there is no common TLS version): enable TLS 1.2 or newer on that server"
        )


def test_wrong_files_of_our_own(
    connection: Connection, tls: ssl.SSLContext, tls_files: dict[str, str]
) -> None:
    """The message names the setting."""
    wrong = (tls_files["clientCert"], str(Path(tls_files["clientKey"]).with_name("server.pem")))
    with Hostile(_RESPONSE, tls=tls) as server:
        assert _fails(replace(connection, certificate=wrong), server.url) == (
            "(the key in clientKey does not belong to the certificate in clientCert): set both to "
            "a matching pair"
        )
        assert _fails(replace(connection, verify=tls_files["clientKey"]), server.url) == (
            "(there is no certificate in cacertFile): set cacertFile to a file with certificates "
            "in PEM"
        )


def test_a_broken_connection_is_not_a_tls_problem(
    connection: Connection, tls: ssl.SSLContext
) -> None:
    """GitLab may have done what was requested."""

    def speak(each: socket.socket) -> None:
        each.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n")
        with socket.socket(fileno=each.detach()) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))  # Not a valid record.
            raw.recv(1 << 16)

    with Hostile(speak, tls=tls) as server:
        client = Client(replace(connection, url=server.url))
        with pytest.raises(LostResponseError, match=r"cannot be reached \(connection lost\)"):
            agents_of(client, 1).create({"name": "prod"})


def test_a_proxy_without_tls(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy's address is wrong."""

    def speak(each: socket.socket) -> None:
        each.recv(9)
        each.sendall(b"HTTP/1.1 400 No\r\n\r\n")

    with Hostile(speak, listen=False) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http:", "https:"))
        message = _fails(connection, "https://gitlab.example.com")
    assert message == "(the proxy: it does not speak TLS on this port): check HTTPS_PROXY"
