"""Between this package and GitLab: TLS, proxies, redirects, two GitLabs, tokens of CI jobs."""

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
from tests.certificates import Pair
from tests.conftest import Project
from tests.dynamic_host import CallError, DynamicHost, Values, plain
from tests.front import Front
from tests.gateway import Gateway
from tests.kinds import inputs_of
from tests.web import Answer

from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes.errors import ConfigurationError, GitLabError
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
    """The dynamic host's four threads have one each."""
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


@pytest.fixture
def job(project: Project, users: dict[str, tuple[int, str]]) -> dict[str, str]:
    """The variables of a CI job of a Developer."""
    token = project.simulator.job_token(project.id, users["developer"][0])
    return {
        "CI_JOB_TOKEN": token,
        "CI_API_V4_URL": f"{project.simulator.url}/api/v4",
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_ID": str(project.id),
    }


def test_a_ci_jobs_token_does_environments(project: Project, job: dict[str, str]) -> None:
    """From creation over refresh and update to deletion, without any configuration."""
    kind, agent = "ProjectEnvironment", project.agent()
    with Front(project.simulator.url) as front:
        with DynamicHost({}, {**job, "CI_API_V4_URL": f"{front.url}/api/v4"}) as host:
            given = {"project": project.path, "name": "e", "cluster_agent_id": agent}
            id_, outputs = host.create(kind, given)
            assert host.read(kind, id_, outputs)[1] == outputs
            outputs = host.update(kind, id_, outputs, {**given, "tier": "staging"})
            assert project.api("GET", f"environments/{id_.split(':')[1]}")["tier"] == "staging"
            host.delete(kind, id_, outputs)
            assert host.read(kind, id_, outputs)[0] == ""
            with pytest.raises(CallError, match="cannot look up some/other: give the project's id"):
                host.create(kind, {**given, "project": "some/other"})
        assert front.tokens() == {("JOB-TOKEN", job["CI_JOB_TOKEN"])}


def test_a_ci_jobs_token_does_nothing_else(
    project: Project, pair: Pair, job: dict[str, str]
) -> None:
    """The preview says so in one line; a token of another sort is what to set."""
    of_agent = {"project": project.id, "agent_id": 1}
    with DynamicHost({}, job) as host:
        for kind, given in {
            "ClusterAgent": inputs_of("ClusterAgent", project, pair),
            "ClusterAgentToken": {**of_agent, "name": "t"},
            "ClusterAgentUrlConfiguration": {**of_agent, "url": "grpc://x"},
            "ProjectCluster": inputs_of("ProjectCluster", project, pair),
        }.items():
            with pytest.raises(CallError) as raised:
                host.check(kind, given)
            assert str(raised.value) == (
                "no GitLab token: a CI job token can only do environments; set gitlab:token or "
                "PULUMI_GITLAB_TOKEN for the rest"
            )


def test_a_ci_jobs_token_that_has_ended_is_told(project: Project, job: dict[str, str]) -> None:
    """The message says what else there is to set, and not that token."""
    with (
        DynamicHost({}, {**job, "CI_JOB_TOKEN": "glcbt-ended"}) as host,
        pytest.raises(CallError, match=r"PULUMI_GITLAB_TOKEN \(CI_JOB_TOKEN ends") as raised,
    ):
        host.create("ProjectEnvironment", {"project": project.id, "name": "e"})
    assert "glcbt" not in str(raised.value)


def test_a_ci_jobs_token_is_a_last_resort_and_for_its_own_gitlab_alone(
    job: dict[str, str],
) -> None:
    """Neither its token nor its address is ever combined with another one."""

    def resolve(settings: dict[str, str], name: str = "gitlab", **environ: str) -> Connection:
        return Connection.resolve(settings.get, name, {**job, **environ}, job_token=True)

    url = job["CI_API_V4_URL"].removesuffix("/api/v4")
    assert resolve({}).job == (job["CI_PROJECT_PATH"], job["CI_PROJECT_ID"])
    assert resolve({"gitlab:baseUrl": url}).url == url
    assert job["CI_JOB_TOKEN"] not in repr(resolve({}))
    for settings, environ in (
        ({"gitlab:token": "glpat-x"}, {}),
        ({}, {"GITLAB_TOKEN": "glpat-x"}),
        ({}, {"PULUMI_GITLAB_TOKEN": "glpat-x"}),
    ):
        found = resolve({**settings, "gitlab:baseUrl": "https://gitlab.com"}, **environ)
        assert (found.token, found.url, found.job) == ("glpat-x", "https://gitlab.com", None)
    for settings, name, environ in (
        ({"gitlab:baseUrl": "https://gitlab.example.com"}, "gitlab", {}),
        ({}, "gitlab", {"PULUMI_GITLAB_BASE_URL": "https://gitlab.example.com"}),
        ({}, "gitlab", {"CI_API_V4_URL": ""}),
        ({}, "gitlab", {"CI_JOB_TOKEN": ""}),
        ({"other:baseUrl": url}, "other", {}),
    ):
        with pytest.raises(ConfigurationError, match="no GitLab token"):
            resolve(settings, name, **environ)


def test_a_token_in_a_ci_job_does_not_go_to_gitlab_com_by_default(job: dict[str, str]) -> None:
    """Where the job is of another GitLab, the token is more likely of that one: both are named."""
    url = job["CI_API_V4_URL"].removesuffix("/api/v4")

    def resolve(settings: dict[str, str], **environ: str) -> str:
        return Connection.resolve(settings.get, "gitlab", {**job, **environ}).url

    for settings, environ in (
        ({"gitlab:token": "glpat-x"}, {}),
        ({}, {"GITLAB_TOKEN": "glpat-x"}),
        ({}, {"PULUMI_GITLAB_TOKEN": "glpat-x"}),
    ):
        with pytest.raises(ConfigurationError) as raised:
            resolve(settings, **environ)
        assert str(raised.value) == (
            f"no address: this is a CI job of {url}, but the token would go to https://gitlab.com, "
            "the default: set gitlab:baseUrl or PULUMI_GITLAB_BASE_URL to the GitLab that it is of"
        )
        assert resolve(settings, **environ, PULUMI_GITLAB_BASE_URL=url) == url
        assert resolve(settings, **environ, GITLAB_BASE_URL=url) == url
        for its_own in ("https://gitlab.com/api/v4", "https://GitLab.com:443/api/v4/", ""):
            assert resolve(settings, **environ, CI_API_V4_URL=its_own) == "https://gitlab.com"
    with pytest.raises(ConfigurationError, match=r"^CI_API_V4_URL must be a URL such as"):
        resolve({"gitlab:token": "glpat-x"}, CI_API_V4_URL="gitlab")


@pytest.mark.parametrize("id_", ["", "x", "²", "-1"])
def test_a_ci_job_without_its_projects_id_looks_paths_up(
    project: Project, job: dict[str, str], id_: str
) -> None:
    """Which its token may not: the message says to give the id."""
    with DynamicHost({}, {**job, "CI_PROJECT_ID": id_}) as host:
        with pytest.raises(
            CallError, match=f"cannot look up {project.path}: give the project's id"
        ):
            host.create("ProjectEnvironment", {"project": project.path, "name": "e"})
        assert host.create("ProjectEnvironment", {"project": project.id, "name": "e"})


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
