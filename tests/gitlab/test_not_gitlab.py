"""Calls of servers that are not GitLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.foreign import SERVERS, Below, Foreign, file_server
from tests.support.gateway import Gateway
from tests.support.kinds import KINDS, UPDATES, make, remove
from tests.support.plugin_process import CallError, plain
from tests.support.web import Response

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.gitlab.recognition import is_gitlab_error
from pulumi_gitlab_kubernetes.registry import lifecycle_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

NAMES = ("file server", *SERVERS)
NOT_GITLAB = "is not GitLab's API: check baseUrl and any proxy"
BELIEVED = (
    "state delete",
    "does not accept the token",
    "an error in GitLab",
    "does not exist",
    "the token needs",
    "it no longer exists",
)
"""Texts that only appear if the server is GitLab."""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of all servers, by name."""
    folder = tmp_path_factory.mktemp("files")
    for path in ("user", "projects/1/environments"):  # The server lists these folders.
        (folder / "api/v4" / path).mkdir(parents=True)
    with ExitStack() as stack:
        running = {"file server": stack.enter_context(file_server(folder))}
        for name, responder in SERVERS.items():
            running[name] = stack.enter_context(Foreign(responder)).url
        yield running


@pytest.fixture(scope="module")
def lost(simulator: Simulator, addresses: dict[str, str]) -> Iterator[DynamicHost]:
    """A dynamic host with a connection to each server. The default connection is to GitLab."""
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
    """Return all calls for a resource in the state, by name."""
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
def test_calls_of_another_server_fail(
    lost: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """Whatever the response is, the message says so, and the state does not change."""
    id_, outputs, given = make(lost, kind, project, pair)
    wrong = []
    for number, name in enumerate(NAMES):
        way = {"connection": f"s{number}"}
        made = (id_, {**outputs, **way}, {**given, **way})
        for asked, call in calls_of(lost, kind, made).items():
            message = failure(call)
            explained = NOT_GITLAB in message and message.startswith("cannot ")
            if not explained or any(each in message for each in BELIEVED):
                wrong.append((name, asked, message))
    assert wrong == []
    assert lost.read(kind, id_, outputs)[:2] == (id_, outputs)


def failure(call: Callable[[], object]) -> str:
    """Return the error message of a call, or a text if it does not fail."""
    try:
        return f"no failure, but {call()}"
    except (CallError, ProviderError) as error:
        return str(error)


def test_get_fails_too(addresses: dict[str, str]) -> None:
    """It uses the default connection, and has no state."""
    for name in NAMES:
        config = {"gitlab:baseUrl": addresses[name], "gitlab:token": "glpat-somebodys"}
        context = CallContext(lambda name: resolve(config.get, name), Run())  # noqa: B023 (called here)
        for kind in KINDS:
            lifecycle = lifecycle_for(kind)
            id_ = ":".join("1" * len(lifecycle.kind.ids))
            message = failure(lambda: lifecycle.get(id_, {}, context))  # noqa: B023 (called here)
            assert NOT_GITLAB in message, name
            assert not any(each in message for each in BELIEVED), name


def test_an_audit_fails_too(
    addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty list does not mean that the project has no violations."""
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-somebodys")
    for name in NAMES:
        monkeypatch.setenv("GITLAB_BASE_URL", addresses[name])
        for project in ("1", "group/app"):
            status = cli.main(["audit", "--project", project])
            printed = capsys.readouterr()
            assert (status, printed.out) == (2, ""), name
            assert printed.err.startswith(f"error: {project}: http"), name
            assert NOT_GITLAB in printed.err
            assert not any(each in printed.err for each in (*BELIEVED, "the role"))


def test_the_error_contains_the_response(
    lost: DynamicHost, project: Project, addresses: Any
) -> None:
    """The status and the title of a page show which program it is."""
    number = NAMES.index("file server")
    given = {"project": project.id, "name": "a", "connection": f"s{number}"}
    with pytest.raises(CallError) as raised:
        lost.create("ClusterAgent", given)
    assert str(raised.value) == (
        f'cannot create agent "a" in project {project.id}: '
        f"{addresses['file server']} is not GitLab's API: check baseUrl and any proxy (it answered "
        "501: Error response)"
    )


def test_a_gateway_that_does_not_reach_gitlab_is_not_a_wrong_address(
    simulator: Simulator, project: Project
) -> None:
    """Its page is a temporary failure."""
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
    """Without the path, another server responds."""
    with Below(simulator.url, "/gitlab") as server:
        config = {
            "gitlab:baseUrl": f"{server.url}/gitlab",
            "wrong:baseUrl": server.url,
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
def test_a_resource_that_gitlab_does_not_have_is_gone(
    project: Project, pair: Pair, calls: Calls, kind: str, marked: bool
) -> None:
    """If GitLab's header is missing, the user is requested once."""
    simulator = project.simulator
    with Gateway(simulator.url) as gateway:
        gateway.removed_headers = set() if marked else {"x-gitlab-meta"}
        config = {"gitlab:baseUrl": gateway.url, "gitlab:token": simulator.root_token}
        with DynamicHost(config) as host:
            id_, outputs, _given = make(host, kind, project, pair)
            remove(kind, project, id_)
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
def test_gitlabs_errors_are_recognized(
    status: int, body: bytes | None, unmarked: bool, marked: bool
) -> None:
    """With and without GitLab's header."""
    assert is_gitlab_error(status, body, marked=False) == unmarked
    assert is_gitlab_error(status, body, marked=True) == marked


def test_a_firewall_that_blocks_responses(simulator: Simulator, project: Project) -> None:
    """It has forwarded the request, so GitLab may have done what was requested."""
    with Gateway(simulator.url) as gateway:

        def distort(method: str, response: Response) -> Response:
            page = Response(403, b"<html><title>Blocked</title></html>", {})
            return page if method == "POST" else response

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
