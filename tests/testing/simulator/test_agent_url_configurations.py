"""URL configurations of receptive agents: conditions, base64, one per agent."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.certificates import make_pair


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, bytes]:
    """A certificate and its key, both PEM."""
    made = make_pair("agent.example.com")
    return made.certificate.encode(), made.key.encode()


@pytest.fixture
def path(project: Any, agent: Any) -> str:
    """The path of the agent's URL configurations."""
    return f"projects/{project['id']}/cluster_agents/{agent['id']}/url_configurations"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_license_and_setting_are_checked_first(
    root: Callable[..., Any], as_role: Callable[..., Any], simulator: Any, path: str
) -> None:
    """Without either, every request gets 404, before parameters and roles."""
    guest = as_role(10)
    for prepare in (
        lambda: None,
        lambda: simulator.api("POST", "license", license="premium"),
        lambda: simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=True),
    ):
        prepare()
        for response in (root("GET", path), root("POST", path, {}), guest("GET", path)):
            assert (response.status_code, response.json()) == (404, {"message": "404 Not Found"})
    simulator.api("POST", "license", license="ultimate")
    assert root("GET", path).json() == []
    assert guest("GET", path).status_code == 403


@pytest.mark.usefixtures("receptive")
def test_without_a_key_the_agent_gets_one(
    root: Callable[..., Any], project: Any, agent: Any, path: str, pair: tuple[bytes, bytes]
) -> None:
    """An Ed25519 public key is returned; a certificate without key is silently ignored."""
    given = {"url": "grpcs://agent.example.com:4443", "client_cert": _base64(pair[0])}
    made = root("POST", path, given)
    assert made.status_code == 201
    body = made.json()
    assert set(body) == {
        "id", "agent_id", "url", "public_key", "client_cert", "ca_cert", "tls_host"
    }  # fmt: skip
    assert len(base64.b64decode(body["public_key"])) == 32
    assert (len(body["public_key"]), body["public_key"][-1]) == (45, "\n")
    assert body["client_cert"] is None
    assert root("GET", path).json() == [body]
    assert "X-Total" not in root("GET", path).headers
    assert root("GET", f"{path}/{body['id']}").json() == body
    agent_path = f"projects/{project['id']}/cluster_agents/{agent['id']}"
    assert root("GET", agent_path).json()["is_receptive"] is True
    assert root("DELETE", f"{path}/{body['id']}").status_code == 204
    assert root("GET", agent_path).json()["is_receptive"] is False
    gone = root("GET", f"{path}/{body['id']}")
    assert (gone.status_code, gone.json()) == (404, {"message": "404 Not Found"})


@pytest.mark.usefixtures("receptive")
def test_certificates_are_mime_base64(
    root: Callable[..., Any], path: str, pair: tuple[bytes, bytes]
) -> None:
    """Lines of 60 characters are returned, which decode to the sent value."""
    certificate, key = pair
    given = {
        "url": "grpcs://agent.example.com",
        "client_cert": _base64(certificate),
        "client_key": _base64(key),
        "ca_cert": _base64(certificate),
        "tls_host": "agent.example.com",
    }
    body = root("POST", path, given).json()
    lines = body["client_cert"].splitlines()
    assert {len(line) for line in lines[:-1]} == {60}
    assert body["client_cert"].endswith("\n")
    assert base64.b64decode(body["client_cert"]) == certificate
    assert base64.b64decode(body["ca_cert"]) == certificate
    assert body["public_key"] is None
    assert "client_key" not in body
    again = root("POST", path, given)
    text = "400 Bad request - URL configuration already exists for this agent"
    assert (again.status_code, again.json()) == (400, {"message": text})


@pytest.mark.usefixtures("receptive")
def test_invalid_values_are_rejected(
    root: Callable[..., Any], path: str, pair: tuple[bytes, bytes]
) -> None:
    """Raw PEM, a key alone, a wrong scheme and an invalid host name are reported together."""
    assert root("POST", path, {}).json() == {"error": "url is missing"}
    raw = {"client_cert": pair[0].decode(), "client_key": pair[1].decode()}
    rejected = root("POST", path, {"url": "https://x", "tls_host": "a b", **raw})
    assert rejected.status_code == 400
    for text in (
        "Url is blocked: Only allowed schemes are grpc, grpcs",
        "Client cert must be a valid PEM certificate",
        "Client key must be a valid PEM private key",
        "Tls host must be a valid hostname!",
    ):
        assert f'"{text}"' in rejected.json()["message"]
    alone = root("POST", path, {"url": "grpc://x", "client_key": _base64(pair[1])})
    assert "Client cert must be a valid PEM certificate" in alone.json()["message"]
    assert root("POST", path, {"url": "grpc://localhost"}).status_code == 201


@pytest.mark.usefixtures("receptive")
def test_certificates_and_keys_are_read_line_by_line(
    root: Callable[..., Any], path: str, pair: tuple[bytes, bytes]
) -> None:
    """As in OpenSSL, where blanks do not end a line."""
    in_one_line = [_base64(b" ".join(each.splitlines())) for each in pair]
    given = {"client_cert": in_one_line[0], "client_key": in_one_line[1], "ca_cert": in_one_line[0]}
    message = root("POST", path, {"url": "grpc://x", **given}).json()["message"]
    for text in ("Client cert", "Client key", "Ca cert"):
        assert f"{text} must be a valid PEM" in message


@pytest.mark.usefixtures("receptive")
def test_roles(as_role: Callable[..., Any], path: str) -> None:
    """Everything requires Maintainer, before the agent is looked up."""
    unknown = path.replace("cluster_agents/1/", "cluster_agents/999/")
    assert as_role(30)("GET", unknown).status_code == 403
    maintainer = as_role(40)
    assert maintainer("GET", path).status_code == 200
    assert maintainer("GET", unknown).json() == {"message": "404 Not found"}
