"""The fixtures of all tests: the simulator, the dynamic host, certificates."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from tests.support.certificates import Pair, make_pair
from tests.support.commands.server import Commands
from tests.support.dynamic_host import DynamicHost
from tests.support.installation import Recorder, make_index
from tests.support.web import Request, Response, Server, server_side

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_CLI = shutil.which("pulumi")
RUN_ALL = bool(_CLI or os.environ.get("FULL"))
"""Whether tests with the marker `full` run too."""
hypothesis.settings.register_profile("steady", deadline=None)  # Other tests share the machine.
hypothesis.settings.load_profile("steady")
pytest.register_assert_rewrite("tests.lifecycle.engines", "tests.lifecycle.fields")

# In a background job, a shell lets this process and all that it starts ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
_COUNTER = itertools.count(1)
_ROLES = {"reporter": 20, "developer": 30, "maintainer": 40}


def pytest_xdist_auto_num_workers() -> int:
    """Run two workers on each core: a good part of a test's time is waiting."""
    return (os.cpu_count() or 1) * 2


@pytest.hookimpl(tryfirst=True)  # Before `-m` selects by markers.
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the engine and the browser that they use; skip those without a Pulumi CLI.

    Without it, the tests with the marker `full` are left out too, unless `FULL` is set.
    """
    for item in items:
        assert isinstance(item, pytest.Function)
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        engine = parameters.get("engine") or parameters.get("checkout")
        if engine:  # They deploy whole stacks.
            item.add_marker("slow")
        if engine == "cli":
            item.add_marker("cli")
        if "chromium" in item.fixturenames:
            item.add_marker("browser")
        if not _CLI and item.get_closest_marker("cli"):
            item.add_marker(pytest.mark.skip("no `pulumi` on PATH"))
    if not RUN_ALL:
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


def pytest_collection_finish() -> None:
    """Take what the collection made out of the garbage collection, which then takes less time."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Project:
    """A project in the simulator that only one test uses."""

    simulator: Simulator
    id: int
    path: str

    def api(self, method: str, path: str = "", /, **parameters: Any) -> Any:
        """Call GitLab's API below the project, as the administrator."""
        return api(self.simulator, method, f"projects/{self.id}/{path}".rstrip("/"), **parameters)

    def agent(self, name: str = "prod") -> int:
        """Register an agent and return its ID."""
        return int(self.api("POST", "cluster_agents", name=name)["id"])


def api(simulator: Simulator, method: str, path: str, /, **parameters: Any) -> Any:
    """Call GitLab's API as the administrator. Parameters may have any name."""
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
        """Return the methods and the last parts of the paths since the last call."""
        found = self._simulator.requests()
        new, self._before = found[self._before :], len(found)
        return [f"{each['method']} {each['path'].partition('/projects/')[2]}" for each in new]


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """A GitLab with a license, receptive agents and certificate-based clusters."""
    with Simulator() as running:
        set_up(running)
        yield running


def set_up(simulator: Simulator) -> None:
    """Enable the features that the five kinds need."""
    simulator.api("POST", "license", license="ultimate")
    simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
    simulator.api("POST", "features/certificate_based_clusters", value="true")


@pytest.fixture(scope="session")
def users(simulator: Simulator) -> dict[str, tuple[int, str]]:
    """The ID and token of a user for each role, and of one without a role."""
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
    """A new private project, with the user of each role as a member."""
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
    """The requests that reach the simulator during the test."""
    return Calls(simulator)


@pytest.fixture(scope="session")
def connections(simulator: Simulator, users: dict[str, tuple[int, str]]) -> dict[str, str]:
    """The settings of a connection for the administrator, one for each user, and wrong ones.

    `small` has a token without the scope that GitLab's API for projects needs.
    """
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
    path = f"users/{users['maintainer'][0]}/personal_access_tokens"
    config["small:baseUrl"] = simulator.url
    config["small:token"] = simulator.api("POST", path, name="small", scopes=["read_user"])["token"]
    return config


@pytest.fixture(scope="session")
def host(connections: dict[str, str]) -> Iterator[DynamicHost]:
    """The dynamic host with these connections."""
    with DynamicHost(connections) as running:
        yield running


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """The command `gitlab-kubernetes` for shells, with forked processes."""
    with closing(Commands()) as running:
        yield running


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This package's wheel, built from the current source."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", str(ROOT), "--wheel-dir", str(folder)),
            *("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check"),
        ],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def index(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of wheels for installations."""
    folder = tmp_path_factory.mktemp("index")
    make_index(wheel, folder)
    return folder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """The recorder that all proxy variables of a machine point to."""
    with Recorder() as running:
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
    """The address of a server with TLS that is not GitLab, and always returns a page."""
    tls = server_side(tls_pair, tmp_path_factory.mktemp("tls"))
    with _SignIn(tls=tls) as server:
        yield server.url


class _SignIn(Server):
    """A sign-in page."""

    def handle(self, request: Request) -> None:
        """Respond with a page."""
        page = b"<html><title>Sign in</title></html>"
        request.respond(Response(200, page, {"Content-Type": "text/html"}))


@pytest.fixture
def tls_files(tmp_path: Path, tls_pair: Pair) -> dict[str, str]:
    """The files of GitLab's own authority, a client certificate and its key."""
    mine = make_pair("client.example.com")
    texts = {
        "cacertFile": tls_pair.certificate,
        "clientCert": mine.certificate,
        "clientKey": mine.key,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in texts}


@pytest.fixture
def tls(tmp_path: Path, tls_pair: Pair) -> ssl.SSLContext:
    """The TLS context of a server on `localhost`."""
    return server_side(tls_pair, tmp_path)
