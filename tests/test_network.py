"""Between this package and GitLab: TLS, proxies, redirects, two GitLabs."""

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
from tests.dynamic_host import DynamicHost, Values, plain
from tests.front import Front
from tests.gateway import Gateway
from tests.web import Answer

from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes.errors import GitLabError
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
    return Client(Connection.resolve(given.get, "gitlab", {}))


def test_a_self_managed_gitlab_with_its_own_authority_and_client_certificates(
    project: Project, tls: ssl.SSLContext, tls_files: dict[str, str]
) -> None:
    """It is trusted by `cacertFile` alone, and lets in whoever has `clientCert`."""
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(tls_files["clientCert"])
    simulator = project.simulator
    with Front(simulator.url, tls=tls) as front:
        agents = _client(front.url, simulator.root_token, **tls_files).agents(project.id)
        made = agents.create({"name": "prod"})
        assert agents.get(made["id"])["name"] == "prod"
        seen = len(front.requests)
        for missing in ({"cacertFile"}, {"clientCert", "clientKey"}):
            some = {name: path for name, path in tls_files.items() if name not in missing}
            with pytest.raises(GitLabError, match="cannot be reached"):
                _client(front.url, simulator.root_token, **some).project_visible("1")
        assert len(front.requests) == seen


def test_a_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch,
    project: Project,
    tls: ssl.SSLContext,
    tls_files: dict[str, str],
) -> None:
    """For https it sees an address and nothing more; NO_PROXY goes past it."""
    simulator, trusted = project.simulator, {"cacertFile": tls_files["cacertFile"]}
    with Front() as proxy, Front(simulator.url, tls=tls) as front:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert _client(front.url, simulator.root_token, **trusted).project_visible(project.path)
        assert proxy.requests == [("CONNECT", front.url.removeprefix("https://"))]
        assert not proxy.tokens()
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert _client(front.url, simulator.root_token, **trusted).project_visible(project.path)
        assert len(proxy.requests) == 1
        assert len(front.requests) == 2
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert _client(simulator.url, simulator.root_token).project_visible(project.path)
        assert proxy.requests[1][1].startswith(simulator.url)


def test_a_proxy_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, simulator: Simulator
) -> None:
    """The message says to check it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(GitLabError, match=r"cannot be reached \(.*\): check baseUrl.* any proxy"):
        _client(simulator.url, simulator.root_token).project_visible("1")


def test_an_address_that_nobody_answers_at_is_known_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However long an answer may take; a full queue of connections drops the next one's packets."""
    monkeypatch.setattr("pulumi_gitlab_kubernetes._transport._CONNECT_TIMEOUT", 0.1)
    with socket.socket() as busy, ExitStack() as waiting:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        for _ in range(2):
            early = waiting.enter_context(socket.socket())
            early.setblocking(False)
            early.connect_ex(busy.getsockname())
        url = f"http://127.0.0.1:{busy.getsockname()[1]}"
        client = Client(Connection("gitlab", url, "glpat-x", timeout=3600, deadline=0.001))
        with pytest.raises(GitLabError, match=r"cannot be reached \(no answer in time"):
            client.user_id()


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_answers_may_be_compressed(
    project: Project, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    """As those of a GitLab are whose web server does that, and of gitlab.com."""
    simulator = project.simulator
    with Gateway(simulator.url) as gateway:
        gateway.distort = lambda _method, answer: Answer(
            answer.status,
            compress(answer.content) if answer.content else b"",
            {**answer.headers, "Content-Encoding": encoding},
        )
        client = _client(gateway.url, simulator.root_token)
        agents = client.agents(client.project_id(project.path))
        made = agents.create({"name": "prod"})
        assert agents.get(made["id"]) == made
        assert list(agents.list()) == [made]
        with pytest.raises(GitLabError, match="Name has already been taken"):
            agents.create({"name": "prod"})
        agents.delete(made["id"])
        assert list(agents.list()) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to_tls", [False, True])
def test_no_redirect_takes_a_token_to_another_address(
    project: Project, tls: ssl.SSLContext, tls_files: dict[str, str], status: int, to_tls: bool
) -> None:
    """Neither to another host nor from http to https: the message gives the address to set."""
    simulator = project.simulator
    with (
        Front(simulator.url, tls=tls if to_tls else None) as there,
        Front(redirect=there.url, status=status) as front,
    ):
        headers = json.dumps({"X-Secret": "hidden"})
        client = _client(
            front.url, simulator.root_token, cacertFile=tls_files["cacertFile"], headers=headers
        )
        agents = client.agents(project.id)
        for call in (
            lambda: agents.get(1),
            lambda: agents.create({"name": "a"}),
            lambda: agents.delete(1),
            lambda: client.environments(project.id).update(1, {"tier": "other"}),
        ):
            with pytest.raises(GitLabError, match="redirects to") as raised:
                call()
            assert there.url in str(raised.value)
        assert there.connections == 0
        assert len(front.requests) == 4


def test_a_moved_project_is_found_at_its_new_path(project: Project) -> None:
    """That redirect of GitLab's stays with the same GitLab, and is followed."""
    simulator = project.simulator
    client = _client(simulator.url, simulator.root_token)
    project.api("PUT", "", path="moved")
    assert client.project_id(project.path) == project.id


@pytest.fixture
def second(project: Project) -> Iterator[tuple[Simulator, int]]:
    """Another GitLab with a project."""
    assert project
    with Simulator(root_token="other-root") as running:
        group = running._call("POST", "/api/v4/groups", {"name": "g", "path": "g"})["id"]
        made = running.api("POST", "projects", name="depot", namespace_id=group)
        yield running, made["id"]


def test_two_gitlabs_in_one_program_never_see_each_others_token(
    project: Project, second: tuple[Simulator, int]
) -> None:
    """Each resource goes where its connection leads, and no state holds a token."""
    ours, (theirs, depot) = project.simulator, second
    with Front(ours.url) as here, Front(theirs.url) as there:
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


def test_connections_are_kept_alive(project: Project) -> None:
    """Calls share them: there are no more than there are calls at a time."""
    simulator = project.simulator
    with Front(simulator.url) as front:
        config = {"gitlab:baseUrl": front.url, "gitlab:token": simulator.root_token}

        def make(number: int) -> str:
            given = {"project": project.id, "name": f"a{number}"}
            return host.create("ClusterAgent", given)[0]

        with DynamicHost(config) as host, ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(make, range(24)))
        assert len(set(ids)) == len(front.requests) == 24
        assert front.connections <= 4


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://localhost{port}", "it with https:// in place of http://"),
        ("https://LOCALHOST/x", "it with https:// in place of http://"),
        ("https://sso.example.com/", "GitLab's own address"),
        ("http://localhost:1", "GitLab's own address"),
        ("http://[::1", "GitLab's own address"),
        ("http://x:99999", "GitLab's own address"),
    ],
)
def test_a_redirect_says_which_address_to_set(location: str, told: str) -> None:
    """One to https names that; one to no address is no crash."""
    with Front(redirect="/") as front:
        front.redirect = location.format(port=front.url.rpartition("localhost")[2])
        with pytest.raises(GitLabError) as raised:
            _client(front.url, "glpat-x").agents(1).get(1)
    assert str(raised.value).startswith(f"GitLab at {front.url} redirects to ")
    assert str(raised.value).endswith(f": set baseUrl to {told}")


def test_a_redirect_to_the_same_gitlab_in_another_spelling_is_followed() -> None:
    """Host names do not differ by their letters' case; and one in circles ends."""
    with Front(redirect="/") as front:
        front.redirect = front.url.replace("localhost", "LocalHost")
        with pytest.raises(GitLabError, match="is not GitLab's API: check baseUrl and any proxy"):
            _client(front.url, "glpat-x").agents(1).get(1)
        assert len(front.requests) == 4


def test_another_spelling_of_an_address_is_the_same_gitlab(project: Project) -> None:
    """A resource may go over to a connection that has it."""
    simulator = project.simulator
    with Front(simulator.url) as front:
        config = {"gitlab:baseUrl": front.url, "gitlab:token": simulator.root_token}
        config["same:baseUrl"] = f"{front.url.replace('localhost', 'LocalHost')}/api/v4/"
        config["same:token"] = simulator.root_token
        given = {"project": str(project.id), "name": "prod", "adopt_existing": False}
        with DynamicHost(config) as host:
            id_, outputs = host.create("ClusterAgent", given)
            found = host.diff("ClusterAgent", id_, outputs, {**given, "connection": "same"})
    assert (found.changes, found.replaces) == ("DIFF_UNKNOWN", [])
