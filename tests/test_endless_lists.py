"""Lists end, whatever answers: GitLab's do."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import Project
from tests.front import Front
from tests.gateway import Gateway
from tests.web import Answer, Request, Server

from pulumi_gitlab_kubernetes import _managers
from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes._managers import Collection
from pulumi_gitlab_kubernetes.cli import main
from pulumi_gitlab_kubernetes.errors import GitLabError

_AGAIN = "sent a list whose pages lead back to themselves, which GitLab never does: check baseUrl"
_COLLECTIONS: dict[str, Callable[[Client], Collection]] = {
    "agents": lambda client: client.agents(1),
    "clusters": lambda client: client.clusters(1),
    "environments": lambda client: client.environments(1),
    "tokens": lambda client: client.tokens(1, 7),
    "url configurations": lambda client: client.url_configurations(1, 7),
    "protected environments": lambda client: client.protected_environments(1),
}


class _Lists(Server):
    """Answers each request with a page of a list, and says that there is one after it.

    Args:
        ids: Returns the ids on a page, by its number.
        link: Where the next page is said to be; the page that was asked for by default.
    """

    def __init__(self, ids: Callable[[int], Any], link: str = "") -> None:
        super().__init__()
        self.requests: list[str] = []
        self._ids, self._link = ids, link

    def handle(self, request: Request) -> None:
        """Answer a page, or, of many, a failure that ends the test."""
        self.requests.append(request.path)
        if len(self.requests) > 50:
            request.answer(Answer(418, b"{}", {}))
            return
        number = int(parse_qs(urlsplit(request.path).query).get("page", ["1"])[0])
        rest: dict[str, object] = {
            "environment_scope": "*",
            "state": "available",
            "url": "grpc://a",
        }
        rest |= {"created_at": "2026-01-01T00:00:00.000Z", "agent_id": 7}
        rows = [{"id": id_, "name": f"thing {id_}", **rest} for id_ in self._ids(number)]
        headers = {"Content-Type": "application/json", "X-Total-Pages": "1"}
        headers["X-Next-Page"] = str(number + 1)
        headers["Link"] = f'<{self._link or self.url + request.path}>; rel="next"'
        request.answer(Answer(200, json.dumps(rows).encode(), headers))


def _client(url: str) -> Client:
    return Client(Connection("gitlab", url, "glpat-x", deadline=0.001))


@pytest.mark.parametrize("things", _COLLECTIONS.values(), ids=_COLLECTIONS)
@pytest.mark.parametrize(
    ("ids", "most"),
    [(lambda _: [7, 8], 2), (lambda _: [], 1), (lambda n: [n % 3 + 1], 4)],
    ids=["the same", "none", "in circles"],
)
def test_pages_that_bring_nothing_new_end_a_list(
    things: Callable[[Client], Collection], ids: Callable[[int], list[int]], most: int
) -> None:
    """With an error: what was listed may not be all."""
    with _Lists(ids) as server:
        with pytest.raises(GitLabError, match=_AGAIN):
            list(things(_client(server.url)).list())
        assert len(server.requests) == most


def test_there_is_an_end_of_what_gitlab_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of pages that always bring something."""
    monkeypatch.setattr(_managers, "MOST_PAGES", 20)
    with _Lists(lambda number: [number]) as server:
        with pytest.raises(GitLabError, match=r"a list of more than 2,000 things, which GitLab"):
            list(_client(server.url).agents(1).list())
        assert len(server.requests) == 20


def test_no_page_has_more_than_was_asked_for() -> None:
    """GitLab gives a hundred at most."""
    with _Lists(lambda _: range(1, 102)) as server:
        with pytest.raises(GitLabError, match="is not GitLab's API"):
            list(_client(server.url).agents(1).list())
        assert len(server.requests) == 1


@pytest.mark.parametrize("path", ["/api/v4/projects/1/cluster_agents?page=2", "/elsewhere", ""])
def test_no_link_takes_a_token_to_another_address(path: str) -> None:
    """Nor does it lead anywhere else: the next page has the number after this one's."""
    with Front() as other, _Lists(lambda number: [number], link=other.url + path) as server:
        ids = _client(server.url).agents(1).list()
        assert [each["id"] for each in itertools.islice(ids, 3)] == [1, 2, 3]
        assert other.connections == 0
        assert [urlsplit(each).path for each in server.requests] == [
            "/api/v4/projects/1/cluster_agents"
        ] * 3


def test_one_of_many_reads_is_not_waited_for_in_an_endless_list() -> None:
    """The list is given up, and each thing asked for alone."""
    with _Lists(lambda _: [7]) as server:
        things = _client(server.url).environments(1)
        for id_ in (1, 2, 3, 4):
            with pytest.raises(GitLabError):
                things.read(id_)
        assert len(server.requests) < 10


@contextmanager
def _endless(project: Project, part: str) -> Iterator[Gateway]:
    """Stand before a GitLab whose lists of something never end."""
    with Gateway(project.simulator.url) as gateway:
        handle = gateway.handle

        def again(request: Request) -> None:
            gateway.distort = lambda _method, answer: (
                Answer(200, answer.content, {**answer.headers, "X-Next-Page": "2"})
                if part in request.path
                else answer
            )
            request.path = request.path.replace("page=2", "page=1")
            handle(request)

        gateway.handle = again  # type: ignore[method-assign] # of this one alone
        yield gateway


@pytest.mark.parametrize("part", ["cluster_agents?", "clusters?", "environments?", "tokens?"])
def test_an_audit_of_a_project_ends(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    part: str,
) -> None:
    """Whichever of its lists does not."""
    agent = project.agent()
    project.api("POST", f"cluster_agents/{agent}/tokens", name="helm")
    project.api("POST", "environments", name="prod")
    attributes = {"api_url": "https://k8s.example.com", "token": "x"}
    project.api("POST", "clusters/user", name="old", platform_kubernetes_attributes=attributes)
    with _endless(project, part) as gateway:
        monkeypatch.setenv("PULUMI_GITLAB_BASE_URL", gateway.url)
        monkeypatch.setenv("PULUMI_GITLAB_TOKEN", project.simulator.root_token)
        assert main(["audit", "--project", project.path]) != 0
    assert _AGAIN in capsys.readouterr().err
