"""IDs that are too large for the state: Pulumi's numbers are only exact below 2^53."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.support.collections import agents_of
from tests.support.web import Request, Response, Server

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client


class _Renumbering(Server):
    """Forward requests to GitLab, and replace an ID in its responses.

    Args:
        target: GitLab's host and port.
        id_: The ID.
        shown: The new ID.
    """

    def __init__(self, target: str, id_: int, shown: int) -> None:
        super().__init__()
        self._target = target
        self._from, self._to = (f'"id":{each},'.encode() for each in (id_, shown))

    def handle(self, request: Request) -> None:
        """Respond like GitLab, with the other ID."""
        response = request.pass_on(self._target)
        assert self._from in response.content
        content = response.content.replace(self._from, self._to, 1)
        request.respond(Response(response.status, content, response.headers))


def _listed(project: Project, shown: int) -> list[int]:
    target = project.simulator.url.removeprefix("http://")
    with _Renumbering(target, project.agent(), shown) as server:
        settings = {"gitlab:baseUrl": server.url, "gitlab:token": project.simulator.root_token}
        agents = agents_of(Client(resolve(settings.get, environ={})), project.id)
        return [each["id"] for each in agents.list()]


def test_the_largest_exact_id_is_accepted(project: Project) -> None:
    """A larger one might be stored as another number."""
    assert _listed(project, 2**53 - 1) == [2**53 - 1]


@pytest.mark.parametrize("id_", [2**53, 2**53 + 1, 2**60 - 1])
def test_larger_ids_are_rejected(project: Project, id_: int) -> None:
    """GitLab's IDs start at 1, and never become so large."""
    with pytest.raises(GitLabError):
        _listed(project, id_)
