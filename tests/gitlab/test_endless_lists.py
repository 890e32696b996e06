"""Lists of servers that are not GitLab, which may never end."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import Project
from tests.support.collections import (
    agents_of,
    clusters_of,
    environments_of,
    tokens_of,
    url_configurations_of,
)
from tests.support.gateway import Gateway
from tests.support.proxy import Proxy
from tests.support.web import Request, Response, Server

from pulumi_gitlab_kubernetes.cli import main
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab import collection as collection_module
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.places import PROTECTED_ENVIRONMENTS

_AGAIN = "sent a list whose pages repeat, which GitLab never does: check baseUrl"
_COLLECTIONS: dict[str, Callable[[Client], Collection]] = {
    "agents": lambda client: agents_of(client, 1),
    "clusters": lambda client: clusters_of(client, 1),
    "environments": lambda client: environments_of(client, 1),
    "tokens": lambda client: tokens_of(client, 1, 7),
    "url configurations": lambda client: url_configurations_of(client, 1, 7),
    "protected environments": lambda client: client.collection(PROTECTED_ENVIRONMENTS, (1,)),
}


class _Lists(Server):
    """Respond to each request with a page of a list, and announce another page.

    Args:
        ids: Returns the IDs on a page, by its number.
        link: The link to the next page. The default is the requested page.
    """

    def __init__(self, ids: Callable[[int], Any], link: str = "") -> None:
        super().__init__()
        self.requests: list[str] = []
        self._ids, self._link = ids, link

    def handle(self, request: Request) -> None:
        """Respond with a page. After many requests, respond with an error that ends the test."""
        self.requests.append(request.path)
        if len(self.requests) > 50:
            request.respond(Response(418, b"{}", {}))
            return
        number = int(parse_qs(urlsplit(request.path).query).get("page", ["1"])[0])
        rest: dict[str, object] = {
            "environment_scope": "*",
            "state": "available",
            "url": "grpc://a",
        }
        rest |= {"created_at": "2026-01-01T00:00:00.000Z", "agent_id": 7}
        rows = [{"id": id_, "name": f"name {id_}", **rest} for id_ in self._ids(number)]
        headers = {"Content-Type": "application/json", "X-Total-Pages": "1"}
        headers["X-Next-Page"] = str(number + 1)
        headers["Link"] = f'<{self._link or self.url + request.path}>; rel="next"'
        request.respond(Response(200, json.dumps(rows).encode(), headers))


def _client(url: str) -> Client:
    return Client(Connection(url, "glpat-x", deadline=0.001))


@pytest.mark.parametrize("collection", _COLLECTIONS.values(), ids=_COLLECTIONS)
@pytest.mark.parametrize(
    ("ids", "most"),
    [(lambda _: [7, 8], 2), (lambda _: [], 1), (lambda n: [n % 3 + 1], 4)],
    ids=["the same", "none", "in circles"],
)
def test_pages_without_new_resources_are_an_error(
    collection: Callable[[Client], Collection], ids: Callable[[int], list[int]], most: int
) -> None:
    """The list may be incomplete."""
    with _Lists(ids) as server:
        with pytest.raises(GitLabError, match=_AGAIN):
            list(collection(_client(server.url)).list())
        assert len(server.requests) == most


def test_a_list_that_is_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if each page has new resources."""
    monkeypatch.setattr(collection_module, "MOST_PAGES", 20)
    with _Lists(lambda number: [number]) as server:
        with pytest.raises(GitLabError, match=r"a list of more than 2,000 resources, which GitLab"):
            list(agents_of(_client(server.url), 1).list())
        assert len(server.requests) == 20


def test_a_page_that_is_too_long_is_an_error() -> None:
    """GitLab's pages have at most 100 resources."""
    with _Lists(lambda _: range(1, 102)) as server:
        with pytest.raises(GitLabError, match="is not GitLab's API"):
            list(agents_of(_client(server.url), 1).list())
        assert len(server.requests) == 1


@pytest.mark.parametrize("path", ["/api/v4/projects/1/cluster_agents?page=2", "/elsewhere", ""])
def test_links_to_the_next_page_are_not_followed(path: str) -> None:
    """They could send the token to another server. Pages are requested by number."""
    with Proxy() as other, _Lists(lambda number: [number], link=other.url + path) as server:
        ids = agents_of(_client(server.url), 1).list()
        assert [each["id"] for each in itertools.islice(ids, 3)] == [1, 2, 3]
        assert other.connections == 0
        assert [urlsplit(each).path for each in server.requests] == [
            "/api/v4/projects/1/cluster_agents"
        ] * 3


def test_reads_do_not_wait_for_an_endless_list() -> None:
    """After the first pages, each resource is requested alone."""
    with _Lists(lambda _: [7]) as server:
        environments = environments_of(_client(server.url), 1)
        for id_ in (1, 2, 3, 4):
            with pytest.raises(GitLabError):
                environments.read(id_)
        assert len(server.requests) < 10


@contextmanager
def _endless(project: Project, part: str) -> Iterator[Gateway]:
    """A gateway that makes some of GitLab's lists endless."""
    with Gateway(project.simulator.url) as gateway:
        handle = gateway.handle

        def again(request: Request) -> None:
            gateway.distort = lambda _method, response: (
                Response(200, response.content, {**response.headers, "X-Next-Page": "2"})
                if part in request.path
                else response
            )
            request.path = request.path.replace("page=2", "page=1")
            handle(request)

        gateway.handle = again  # type: ignore[method-assign] # of this one alone
        yield gateway


@pytest.mark.parametrize("part", ["cluster_agents?", "clusters?", "environments?", "tokens?"])
def test_an_audit_of_an_endless_list_fails(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    part: str,
) -> None:
    """Whichever list it is."""
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
