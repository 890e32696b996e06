"""Servers that are no GitLab, and whatever is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.certificates import Pair
from tests.conftest import Calls, Project
from tests.dynamic_host import CallError, DynamicHost, plain
from tests.foreign import SERVERS, Below, Foreign, file_server
from tests.gateway import Gateway
from tests.kinds import KINDS, UPDATES, collection, make
from tests.web import Answer

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes._recognition import is_gitlabs
from pulumi_gitlab_kubernetes._session import Session
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.registry import core_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

NAMES = ("file server", *SERVERS)
NOT_GITLAB = "is not GitLab's API: check baseUrl and any proxy"
BELIEVED = (
    "state delete",
    "does not accept the token",
    "an error in GitLab",
    "does not exist",
    "the token needs",
    "it is gone",
)
"""What is only said of a GitLab."""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of all servers, by name."""
    folder = tmp_path_factory.mktemp("files")
    for path in ("user", "projects/1/environments"):  # Each is then a folder that it shows.
        (folder / "api/v4" / path).mkdir(parents=True)
    with ExitStack() as stack:
        running = {"file server": stack.enter_context(file_server(folder))}
        for name, answering in SERVERS.items():
            running[name] = stack.enter_context(Foreign(answering)).url
        yield running


@pytest.fixture(scope="module")
def lost(simulator: Simulator, addresses: dict[str, str]) -> Iterator[DynamicHost]:
    """A host with a connection to each server; the default one leads to GitLab."""
    config = {
        "gitlab:baseUrl": simulator.url,
        "gitlab:token": simulator.root_token,
        "gitlab-kubernetes:retryDeadline": "0.1",
    }
    for number, name in enumerate(NAMES):
        config[f"s{number}:baseUrl"] = addresses[name]
        config[f"s{number}:token"] = "glpat-somebodys"
    with DynamicHost(config) as running:
        yield running


def calls_of(
    host: DynamicHost, kind: str, made: tuple[str, dict[str, Any], dict[str, Any]]
) -> dict[str, Callable[[], object]]:
    """Return everything that can be asked about a thing that a state holds."""
    id_, outputs, given = made
    number = int(id_.partition(":")[0])
    state = plain(outputs)
    spelled = {**state, "project": "another/spelling"}
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: host.create(kind, given),
        "create by id": lambda: host.create(kind, {**given, "project": number}),
        "adopt": lambda: host.create(kind, {**given, "project": number, "adopt_existing": True}),
        "read": lambda: host.read(kind, id_, outputs),
        "read by id": lambda: host.read(kind, id_, {**outputs, "project": str(number)}),
        "diff": lambda: host.diff(kind, id_, state, spelled),
        "delete": lambda: host.delete(kind, id_, outputs),
        "delete by id": lambda: host.delete(kind, id_, {**outputs, "project": str(number)}),
    }
    if kind == "ClusterAgentToken":
        del calls["adopt"]
    if kind in UPDATES:
        calls["update"] = lambda: host.update(kind, id_, outputs, {**given, **UPDATES[kind]})
    return calls


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_believed_of_what_is_no_gitlab(
    lost: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """Each call fails and says so, whatever it is answered; the state stays as it is."""
    id_, outputs, given = make(lost, kind, project, pair)
    wrong = []
    for number, name in enumerate(NAMES):
        way = {"connection": f"s{number}"}
        made = (id_, {**outputs, **way}, {**given, **way})
        for asked, call in calls_of(lost, kind, made).items():
            message = failure(call)
            told = NOT_GITLAB in message and message.startswith("cannot ")
            if not told or any(each in message for each in BELIEVED):
                wrong.append((name, asked, message))
    assert wrong == []
    assert lost.read(kind, id_, outputs)[:2] == (id_, outputs)


def failure(call: Callable[[], object]) -> str:
    """Return a call's message, or that it has none."""
    try:
        return f"no failure, but {call()}"
    except (CallError, ProviderError) as error:
        return str(error)


def test_get_believes_none_of_it_either(addresses: dict[str, str]) -> None:
    """It reads with the default connection, and without a state."""
    for name in NAMES:
        config = {"gitlab:baseUrl": addresses[name], "gitlab:token": "glpat-somebodys"}
        session = Session(config.get, say=print, tell=print)
        for kind in KINDS:
            core = core_for(kind)
            id_ = ":".join("1" * len(core.ids))
            message = failure(lambda: core.read(id_, {}, session, whole=True))  # noqa: B023 (called here)
            assert NOT_GITLAB in message, name
            assert not any(each in message for each in BELIEVED), name


def test_an_audit_finds_nothing_there(
    addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It cannot be made, and no empty list is a clean project."""
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-somebodys")
    for name in NAMES:
        monkeypatch.setenv("GITLAB_BASE_URL", addresses[name])
        for project in ("1", "group/app"):
            status = cli.main(["audit", "--project", project])
            printed = capsys.readouterr()
            assert (status, printed.out) == (2, ""), name
            assert printed.err.startswith(f"error: {project}: what answers at "), name
            assert NOT_GITLAB in printed.err
            assert not any(each in printed.err for each in (*BELIEVED, "the role"))


def test_what_it_said_is_told(lost: DynamicHost, project: Project, addresses: Any) -> None:
    """Its status, and the title of a page, tell which program it is."""
    number = NAMES.index("file server")
    given = {"project": project.id, "name": "a", "connection": f"s{number}"}
    with pytest.raises(CallError) as raised:
        lost.create("ClusterAgent", given)
    assert str(raised.value) == (
        f'cannot create agent "a" in project {project.id}: what answers at '
        f"{addresses['file server']} is not GitLab's API: check baseUrl and any proxy (it answered "
        "501: Error response)"
    )


def test_a_gateway_that_does_not_reach_gitlab_is_no_wrong_address(
    simulator: Simulator, project: Project
) -> None:
    """Its page is a failure that may pass."""
    page = "<html><title>502 Bad Gateway</title></html>"
    config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
    with DynamicHost({**config, "gitlab-kubernetes:retryDeadline": "0.1"}) as host:
        id_, outputs = host.create("ClusterAgent", {"project": project.id, "name": "a"})
        simulator.faults({"status": 502, "body": page, "times": None})
        with pytest.raises(CallError) as raised:
            host.read("ClusterAgent", id_, outputs)
    assert str(raised.value) == (
        f'cannot read agent "a" ({id_}) in project {project.id}: 502 Bad Gateway; GitLab is not '
        "available, or its proxy cannot reach it: check GitLab's status or logs, then run "
        "this again"
    )


def test_gitlab_below_a_path_needs_that_path(simulator: Simulator, project: Project) -> None:
    """Without it something else answers."""
    with Below(simulator.url, "/gitlab") as front:
        config = {
            "gitlab:baseUrl": f"{front.url}/gitlab",
            "wrong:baseUrl": front.url,
            "gitlab:token": simulator.root_token,
            "wrong:token": simulator.root_token,
        }
        with DynamicHost(config) as host:
            id_, outputs = host.create("ClusterAgent", {"project": project.path, "name": "a"})
            for call in (
                lambda: host.read("ClusterAgent", id_, {**outputs, "connection": "wrong"}),
                lambda: host.delete("ClusterAgent", id_, {**outputs, "connection": "wrong"}),
                lambda: host.create(
                    "ClusterAgent", {"project": project.path, "name": "b", "connection": "wrong"}
                ),
            ):
                with pytest.raises(CallError, match=NOT_GITLAB):
                    call()
            host.delete("ClusterAgent", id_, outputs)


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_what_gitlab_lacks_is_gone(
    project: Project, pair: Pair, calls: Calls, kind: str, marked: bool
) -> None:
    """A GitLab without the header, or behind a proxy that drops it, is asked for the user once."""
    simulator = project.simulator
    with Gateway(simulator.url) as gateway:
        gateway.withheld = set() if marked else {"x-gitlab-meta"}
        config = {"gitlab:baseUrl": gateway.url, "gitlab:token": simulator.root_token}
        with DynamicHost(config) as host:
            id_, outputs, _given = make(host, kind, project, pair)
            path, own = collection(kind, id_)
            if kind == "ProjectEnvironment":
                project.api("POST", f"{path}/{own}/stop")
            project.api("DELETE", f"{path}/{own}")
            calls()
            for _each in range(2):
                assert host.read(kind, id_, outputs)[0] == ""
                host.delete(kind, id_, outputs)
            users = [each for each in calls() if each == "GET "]
    assert len(users) == (0 if marked else 1)


@pytest.mark.parametrize(
    ("status", "body", "unmarked", "marked"),
    [
        (404, b'{"message":"404 Project Not Found"}', True, True),
        (404, b'{"error":"404 Not Found"}', True, True),
        (404, b'{"message":"Not here"}', False, True),
        (404, b'{"message":"404 Not found","path":"/"}', False, True),
        (404, b"<html>404</html>", False, False),
        (404, b'"404 Not Found"', False, False),
        (404, b"", False, False),
        (404, None, False, False),
        (401, b'{"message":"401 Unauthorized"}', True, True),
        (401, b'{"error":"invalid_token","error_description":"Token was revoked."}', True, True),
        (401, b'{"error":"invalid_token"}', False, True),
        (403, b'{"message":"403 Forbidden - no"}', True, True),
        (403, b'{"error":"insufficient_scope","error_description":"x","scope":"api"}', True, True),
        (403, b'{"message":"You cannot perform write operations"}', False, True),
        (400, b'{"message":{"name":["is too long"]}}', True, True),
        (400, b'{"error":"name is missing"}', True, True),
        (400, b'{"detail":"name"}', False, False),
        (400, b'{"message":"x","trace":"y"}', False, True),
        (405, b'{"message":"Non GET methods are not allowed for moved projects"}', True, True),
        (409, b'{"message":"409 Conflict: Resource lock"}', True, True),
        (500, b'{"message":"500 Internal Server Error"}', True, True),
        (500, b"<html>", False, False),
        (501, b"", False, False),
        (304, b'{"message":"304 x"}', False, False),
        (429, b"Retry later\n", True, True),
        (502, b"<html>", True, True),
        (503, b"", True, True),
        (504, b"<html>", True, True),
        (522, b"error code: 522", True, True),
        (400, b"[" * 100_000, False, False),
    ],
)
def test_gitlabs_errors_have_their_forms(
    status: int, body: bytes | None, unmarked: bool, marked: bool
) -> None:
    """Those that far-reaching conclusions are drawn from, one more."""
    assert is_gitlabs(status, body, marked=False) == unmarked
    assert is_gitlabs(status, body, marked=True) == marked


def test_a_firewall_in_front_of_gitlab_hides_what_was_done(
    simulator: Simulator, project: Project
) -> None:
    """One that holds back an answer for what is in it has let the request pass."""
    with Gateway(simulator.url) as gateway:

        def distort(method: str, answer: Answer) -> Answer:
            page = Answer(403, b"<html><title>Blocked</title></html>", {})
            return page if method == "POST" else answer

        gateway.distort = distort
        config = {"gitlab:baseUrl": gateway.url, "gitlab:token": simulator.root_token}
        with DynamicHost(config) as host:
            id_, _outputs = host.create("ClusterAgent", {"project": project.id, "name": "a"})
            assert project.api("GET", f"cluster_agents/{id_.split(':')[1]}")["name"] == "a"
            agent = int(id_.split(":")[1])
            given = {"project": project.id, "agent_id": agent, "name": "t"}
            with pytest.raises(CallError, match=r"it answered 403: Blocked"):
                host.create("ClusterAgentToken", given)
    assert project.api("GET", f"cluster_agents/{agent}/tokens") == []
