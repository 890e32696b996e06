"""What the tests share: a GitLab to talk to, the dynamic host, certificates."""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import hypothesis
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.dynamic_host import DynamicHost

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

hypothesis.settings.register_profile("steady", deadline=None)  # Other tests share the machine.
hypothesis.settings.load_profile("steady")

_COUNTER = itertools.count(1)
_ROLES = {"reporter": 20, "developer": 30, "maintainer": 40}


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


@dataclass(frozen=True)
class Project:
    """A project at the simulator that one test has for itself."""

    simulator: Simulator
    id: int
    path: str

    def api(self, method: str, path: str = "", /, **parameters: Any) -> Any:
        """Call GitLab's API below the project, as the administrator."""
        return api(self.simulator, method, f"projects/{self.id}/{path}".rstrip("/"), **parameters)

    def agent(self, name: str = "prod") -> int:
        """Register an agent and return its id."""
        return int(self.api("POST", "cluster_agents", name=name)["id"])


def api(simulator: Simulator, method: str, path: str, /, **parameters: Any) -> Any:
    """Call GitLab's API as the administrator, with parameters of any name."""
    return simulator._call(method, f"/api/v4/{path}", parameters)


class Calls:
    """The requests that reach the simulator from now on.

    Args:
        simulator: The simulator.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._before = len(simulator.requests())

    def __call__(self) -> list[str]:
        """Return methods and the last parts of paths since the last call."""
        found = self._simulator.requests()
        new, self._before = found[self._before :], len(found)
        return [f"{each['method']} {each['path'].partition('/projects/')[2]}" for each in new]


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """A GitLab with a licence, receptive agents and certificate-based clusters."""
    with Simulator() as running:
        set_up(running)
        yield running


def set_up(simulator: Simulator) -> None:
    """Switch on what the five kinds need."""
    simulator.api("POST", "license", license="ultimate")
    simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
    simulator.api("POST", "features/certificate_based_clusters", value="true")


@pytest.fixture(scope="session")
def users(simulator: Simulator) -> dict[str, tuple[int, str]]:
    """A user for each role, and one without any: id and token."""
    found = {}
    for name in (*_ROLES, "outsider"):
        mail = f"{name}@example.com"
        id_ = simulator.api(
            "POST", "users", username=name, name=name, email=mail, reset_password=True
        )["id"]
        path = f"users/{id_}/personal_access_tokens"
        token = simulator.api("POST", path, name="test", scopes=["api"])["token"]
        found[name] = (id_, token)
    return found


@pytest.fixture
def project(simulator: Simulator, users: dict[str, tuple[int, str]]) -> Iterator[Project]:
    """A new private project; each role's user is a member."""
    name = f"team-{next(_COUNTER)}"
    group = api(simulator, "POST", "groups", name=name, path=name)
    made = simulator.api("POST", "projects", name="shop", namespace_id=group["id"])
    for role, level in _ROLES.items():
        path = f"projects/{made['id']}/members"
        simulator.api("POST", path, user_id=users[role][0], access_level=level)
    yield Project(simulator, made["id"], made["path_with_namespace"])
    simulator._call("DELETE", "/-/simulator/faults")


@pytest.fixture
def calls(simulator: Simulator) -> Calls:
    """What reaches the simulator once the test begins."""
    return Calls(simulator)


@pytest.fixture(scope="session")
def host(simulator: Simulator, users: dict[str, tuple[int, str]]) -> Iterator[DynamicHost]:
    """The dynamic host with a connection for the administrator and one for each user."""
    config = {
        "gitlab:baseUrl": simulator.url,
        "gitlab:token": simulator.root_token,
        "wrong:baseUrl": simulator.url,
        "wrong:token": "glpat-wrong",
        "closed:baseUrl": "http://127.0.0.1:9",
        "closed:token": "glpat-closed",
    }
    for name, (_id, token) in users.items():
        config[f"{name}:baseUrl"] = simulator.url
        config[f"{name}:token"] = token
    with DynamicHost(config) as running:
        yield running


@pytest.fixture(scope="session")
def pair() -> Pair:
    """A certificate with its key."""
    return make_pair("agent.example.com")


@pytest.fixture(scope="session")
def other_pair() -> Pair:
    """Another certificate with its key."""
    return make_pair("other.example.com")


@pytest.fixture(scope="session")
def tls_pair() -> Pair:
    """The certificate of `tls_server`."""
    return make_pair("localhost")


@pytest.fixture(scope="session")
def tls_server(tls_pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web server with TLS that is no GitLab: it answers every GET with a page."""
    directory = tmp_path_factory.mktemp("tls")
    (directory / "index.html").write_text("<html><title>Sign in</title></html>")
    file = directory / "server.pem"
    file.write_text(tls_pair.key + tls_pair.certificate)

    class Page(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.path = "/index.html"
            super().do_GET()

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Page, directory=str(directory)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def make_pair(host_name: str) -> Pair:
    """Make a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host_name)])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(host_name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return Pair(
        certificate.public_bytes(pem).decode(),
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )
