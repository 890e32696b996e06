"""The network: TLS, proxies, redirects, and two GitLab instances."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from tests.conftest import Project
from tests.support.collections import agents_of, environments_of
from tests.support.dynamic_host import DynamicHost
from tests.support.gateway import Gateway
from tests.support.plugin_process import Values, plain
from tests.support.proxy import Proxy
from tests.support.web import Response

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def _client(url: str, token: str, **settings: str) -> Client:
    given = {"gitlab:baseUrl": url, "gitlab:token": token}
    given |= {f"gitlab:{name}": value for name, value in settings.items()}
    given["gitlab-kubernetes:retryDeadline"] = "0.001"
    return Client(resolve(given.get, "gitlab", {}))


def test_a_gitlab_with_its_own_authority_and_client_certificates(
    project: Project, tls: ssl.SSLContext, tls_files: dict[str, str]
) -> None:
    """It requires `cacertFile`, `clientCert` and `clientKey`."""
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(tls_files["clientCert"])
    simulator = project.simulator
    with Proxy(simulator.url, tls=tls) as proxy:
        agents = agents_of(_client(proxy.url, simulator.root_token, **tls_files), project.id)
        made = agents.create({"name": "prod"})
        assert agents.get(made["id"])["name"] == "prod"
        seen = len(proxy.requests)
        for missing in ({"cacertFile"}, {"clientCert", "clientKey"}):
            some = {name: path for name, path in tls_files.items() if name not in missing}
            with pytest.raises(GitLabError, match="cannot be reached"):
                _client(proxy.url, simulator.root_token, **some).project_visible("1")
        assert len(proxy.requests) == seen


def test_a_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch,
    project: Project,
    tls: ssl.SSLContext,
    tls_files: dict[str, str],
) -> None:
    """With https, the proxy only sees the address. NO_PROXY is respected."""
    simulator, trusted = project.simulator, {"cacertFile": tls_files["cacertFile"]}
    with Proxy() as proxy, Proxy(simulator.url, tls=tls) as gitlab:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert _client(gitlab.url, simulator.root_token, **trusted).project_visible(project.path)
        assert proxy.requests == [("CONNECT", gitlab.url.removeprefix("https://"))]
        assert not proxy.tokens()
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert _client(gitlab.url, simulator.root_token, **trusted).project_visible(project.path)
        assert len(proxy.requests) == 1
        assert len(gitlab.requests) == 2
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert _client(simulator.url, simulator.root_token).project_visible(project.path)
        assert proxy.requests[1][1].startswith(simulator.url)


def test_the_error_for_an_unreachable_proxy(
    monkeypatch: pytest.MonkeyPatch, simulator: Simulator
) -> None:
    """The message says to check the proxy."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(GitLabError, match=r"cannot be reached \(.*\): check baseUrl.* any proxy"):
        _client(simulator.url, simulator.root_token).project_visible("1")


def test_an_unreachable_address_is_found_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the request's timeout. A full queue of connections does not accept another one."""
    monkeypatch.setattr("pulumi_gitlab_kubernetes.gitlab.transport._CONNECT_TIMEOUT", 0.1)
    with socket.socket() as busy, ExitStack() as waiting:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        for _ in range(2):
            early = waiting.enter_context(socket.socket())
            early.setblocking(False)
            early.connect_ex(busy.getsockname())
        url = f"http://127.0.0.1:{busy.getsockname()[1]}"
        client = Client(Connection(url, "glpat-x", timeout=3600, deadline=0.001))
        with pytest.raises(GitLabError, match=r"cannot be reached \(no answer in time"):
            client.user_id()


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_responses_may_be_compressed(
    project: Project, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    """As those of gitlab.com are."""
    simulator = project.simulator
    with Gateway(simulator.url) as gateway:
        gateway.distort = lambda _method, response: Response(
            response.status,
            compress(response.content) if response.content else b"",
            {**response.headers, "Content-Encoding": encoding},
        )
        client = _client(gateway.url, simulator.root_token)
        agents = agents_of(client, client.project_id(project.path))
        made = agents.create({"name": "prod"})
        assert agents.get(made["id"]) == made
        assert list(agents.list()) == [made]
        with pytest.raises(GitLabError, match="Name has already been taken"):
            agents.create({"name": "prod"})
        agents.delete(made["id"])
        assert list(agents.list()) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to_tls", [False, True])
def test_redirects_to_another_address_do_not_get_the_token(
    project: Project, tls: ssl.SSLContext, tls_files: dict[str, str], status: int, to_tls: bool
) -> None:
    """To another host or from http to https. The message contains the address to set."""
    simulator = project.simulator
    with (
        Proxy(simulator.url, tls=tls if to_tls else None) as there,
        Proxy(redirect=there.url, status=status) as proxy,
    ):
        headers = json.dumps({"X-Secret": "hidden"})
        client = _client(
            proxy.url, simulator.root_token, cacertFile=tls_files["cacertFile"], headers=headers
        )
        agents = agents_of(client, project.id)
        for call in (
            lambda: agents.get(1),
            lambda: agents.create({"name": "a"}),
            lambda: agents.delete(1),
            lambda: environments_of(client, project.id).update(1, {"tier": "other"}),
        ):
            with pytest.raises(GitLabError, match="redirects to") as raised:
                call()
            assert there.url in str(raised.value)
        assert there.connections == 0
        assert len(proxy.requests) == 4


def test_a_moved_project_is_found_by_its_old_path(project: Project) -> None:
    """GitLab's redirect to the new path is followed."""
    simulator = project.simulator
    client = _client(simulator.url, simulator.root_token)
    project.api("PUT", "", path="moved")
    assert client.project_id(project.path) == project.id


@pytest.fixture
def second() -> Iterator[tuple[Simulator, int]]:
    """Another GitLab instance with a project."""
    with Simulator(root_token="other-root") as running:
        group = running._call("POST", "/api/v4/groups", {"name": "g", "path": "g"})["id"]
        made = running.api("POST", "projects", name="depot", namespace_id=group)
        yield running, made["id"]


@pytest.mark.slow
def test_two_gitlabs_in_one_program_do_not_get_each_others_token(
    project: Project, second: tuple[Simulator, int]
) -> None:
    """Each resource uses its connection, and the state contains no token."""
    ours, (theirs, depot) = project.simulator, second
    with Proxy(ours.url) as here, Proxy(theirs.url) as there:
        config = {
            "gitlab:baseUrl": here.url,
            "gitlab:token": ours.root_token,
            "depot:baseUrl": there.url,
            "depot:token": theirs.root_token,
            "depot:headers": json.dumps({"X-Depot": "hidden"}),
        }
        agents: list[tuple[str, Values]] = []
        with DynamicHost(config) as host:
            for given in (
                {"project": project.id, "name": "a"},
                {"project": depot, "name": "a", "connection": "depot"},
            ):
                id_, outputs = host.create("ClusterAgent", given)
                agents.append((id_, outputs))
                assert host.read("ClusterAgent", id_, outputs)[1] == outputs
                bound = {**given, "name": "e", "cluster_agent_id": int(id_.split(":")[1])}
                made, values = host.create("ProjectEnvironment", bound)
                values = host.update("ProjectEnvironment", made, values, {**bound, "tier": "other"})
                host.delete("ProjectEnvironment", made, values)
            for id_, outputs in agents:
                host.delete("ClusterAgent", id_, outputs)
        assert here.tokens() == {("PRIVATE-TOKEN", ours.root_token)}
        assert there.tokens() == {("PRIVATE-TOKEN", theirs.root_token)}
        assert {"X-Depot" in each for each in here.headers} == {False}
        assert {each["X-Depot"] for each in there.headers} == {"hidden"}
        assert len(here.requests) == len(there.requests) > 5
        assert {path.split("/")[4] for _method, path in there.requests} == {str(depot)}
        state = json.dumps([plain(outputs) for _id, outputs in agents])
        assert not {token for token in ("other-root", "hidden") if token in state}
        assert theirs.api("GET", f"projects/{depot}/cluster_agents") == []


@pytest.mark.slow
def test_connections_are_kept_alive(project: Project) -> None:
    """Calls share them, so there are at most as many as parallel calls."""
    simulator = project.simulator
    with Proxy(simulator.url) as proxy:
        config = {"gitlab:baseUrl": proxy.url, "gitlab:token": simulator.root_token}

        def make(number: int) -> str:
            given = {"project": project.id, "name": f"a{number}"}
            return host.create("ClusterAgent", given)[0]

        with DynamicHost(config) as host, ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(make, range(24)))
        assert len(set(ids)) == len(proxy.requests) == 24
        assert proxy.connections <= 4


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("https://localhost{port}", "it with https:// in place of http://"),
        ("https://LOCALHOST/x", "it with https:// in place of http://"),
        ("https://sso.example.com/", "GitLab's own address"),
        ("http://localhost:1", "GitLab's own address"),
        ("http://[::1", "GitLab's own address"),
        ("http://x:99999", "GitLab's own address"),
    ],
)
def test_the_error_for_a_redirect_names_the_address_to_set(location: str, address: str) -> None:
    """Also if the new address is invalid."""
    with Proxy(redirect="/") as proxy:
        proxy.redirect = location.format(port=proxy.url.rpartition("localhost")[2])
        with pytest.raises(GitLabError) as raised:
            agents_of(_client(proxy.url, "glpat-x"), 1).get(1)
    assert str(raised.value).startswith(f"GitLab at {proxy.url} redirects to ")
    assert str(raised.value).endswith(f": set baseUrl to {address}")


def test_a_redirect_to_the_same_address_is_followed() -> None:
    """Host names are case-insensitive. A loop of redirects is an error."""
    with Proxy(redirect="/") as proxy:
        proxy.redirect = proxy.url.replace("localhost", "LocalHost")
        with pytest.raises(GitLabError, match="is not GitLab's API: check baseUrl and any proxy"):
            agents_of(_client(proxy.url, "glpat-x"), 1).get(1)
        assert len(proxy.requests) == 4


@pytest.mark.slow
def test_another_form_of_an_address_is_the_same_gitlab(project: Project) -> None:
    """A resource can change to a connection with it."""
    simulator = project.simulator
    with Proxy(simulator.url) as proxy:
        config = {"gitlab:baseUrl": proxy.url, "gitlab:token": simulator.root_token}
        config["same:baseUrl"] = f"{proxy.url.replace('localhost', 'LocalHost')}/api/v4/"
        config["same:token"] = simulator.root_token
        given = {"project": str(project.id), "name": "prod", "adopt_existing": False}
        with DynamicHost(config) as host:
            id_, outputs = host.create("ClusterAgent", given)
            found = host.diff("ClusterAgent", id_, outputs, {**given, "connection": "same"})
    assert (found.changes, found.replaces) == ("DIFF_UNKNOWN", [])
