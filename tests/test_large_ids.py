"""Ids that no state could hold: Pulumi's numbers are exact below 2^53 alone."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.web import Answer, Request, Server

from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes.errors import GitLabError


class _Renumbering(Server):
    """Passes requests on to a GitLab, and gives what is in its answers another id.

    Args:
        target: Its host and port.
        id_: The id that it has.
        shown: The id to show.
    """

    def __init__(self, target: str, id_: int, shown: int) -> None:
        super().__init__()
        self._target = target
        self._from, self._to = (f'"id":{each},'.encode() for each in (id_, shown))

    def handle(self, request: Request) -> None:
        """Answer what the GitLab answers."""
        answer = request.pass_on(self._target)
        assert self._from in answer.content
        content = answer.content.replace(self._from, self._to, 1)
        request.answer(Answer(answer.status, content, answer.headers))


def _listed(project: Project, shown: int) -> list[int]:
    target = project.simulator.url.removeprefix("http://")
    with _Renumbering(target, project.agent(), shown) as server:
        settings = {"gitlab:baseUrl": server.url, "gitlab:token": project.simulator.root_token}
        agents = Client(Connection.resolve(settings.get, environ={})).agents(project.id)
        return [each["id"] for each in agents.list()]


def test_the_largest_id_is_the_last_that_is_exact(project: Project) -> None:
    """One more is as good as no answer: it would be stored as another number."""
    assert _listed(project, 2**53 - 1) == [2**53 - 1]


@pytest.mark.parametrize("id_", [2**53, 2**53 + 1, 2**60 - 1])
def test_an_id_that_no_state_can_hold_is_not_believed(project: Project, id_: int) -> None:
    """GitLab's own begin with 1, and none is ever so large."""
    with pytest.raises(GitLabError):
        _listed(project, id_)
