"""Reads the things that a project has at GitLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_gitlab_kubernetes._connection import Client
from pulumi_gitlab_kubernetes._quotes import quoted
from pulumi_gitlab_kubernetes.errors import (
    FORBIDDEN,
    NOT_FOUND,
    UNAUTHORIZED,
    GitLabError,
    NotFoundError,
)
from pulumi_gitlab_kubernetes.policy.things import KINDS, Hidden, Thing
from pulumi_gitlab_kubernetes.policy.words import counted
from pulumi_gitlab_kubernetes.registry import core_for

_EVERY = 100
_NOT_VISIBLE = ": check the project; reading it takes the role Developer or above"
_HINTS = {
    UNAUTHORIZED: ": check PULUMI_GITLAB_TOKEN or GITLAB_TOKEN",
    FORBIDDEN: _NOT_VISIBLE,
    NOT_FOUND: _NOT_VISIBLE,
}


def things(client: Client, project: str, say: Callable[[str], None]) -> Iterator[Thing]:
    """Read all clusters, agents, tokens, URL configurations and environments of a project.

    Args:
        client: Talks to GitLab.
        project: The project's id or full path.
        say: Shows a line about what is going on.

    Returns:
        The things; what only a program knows of them is `Hidden.PROGRAM`.

    Raises:
        GitLabError: GitLab refused.
    """
    number = 0
    try:
        for number, thing in enumerate(_things(client, project, say), start=1):
            if number % _EVERY == 0:
                say(f"{project}: {counted(number, 'thing')} read")
            yield thing
    except GitLabError as error:
        said, url = quoted(error.said, client.connection.secrets(), {}), client.connection.url
        where = project if url in said else f"{project} at {url}"
        hint = _HINTS.get(error.status or 0, "")
        raise GitLabError(f"{where}: {said}{hint}", error.status) from error
    say(f"{project}: all {counted(number, 'thing')} read")


def _things(client: Client, project: str, say: Callable[[str], None]) -> Iterator[Thing]:
    id_ = client.project_id(project)
    of_project = {"project": project, "project_id": id_}
    agents = list(client.agents(id_).list())  # First: it tells whether the project can be read.
    for agent in agents:
        yield _thing("ClusterAgent", agent, {**of_project, "agent_id": agent["id"]})
    for agent in agents:
        of_agent = {**of_project, "agent_id": agent["id"]}
        tokens = client.tokens(id_, agent["id"]).list()
        for token in _allowed(tokens, f"{project}: tokens", say):
            yield _thing("ClusterAgentToken", token, of_agent)
        if agent.get("is_receptive", True):
            found = client.url_configurations(id_, agent["id"]).list()
            for each in _allowed(found, f"{project}: URL configurations", say):
                yield _thing("ClusterAgentUrlConfiguration", each, of_agent)
    for cluster in _allowed(client.clusters(id_).list(), f"{project}: clusters", say):
        yield _thing("ProjectCluster", cluster, of_project)
    for environment in _allowed(client.environments(id_).list(), f"{project}: environments", say):
        yield _thing("ProjectEnvironment", environment, of_project)


def _allowed(
    found: Iterator[dict[str, Any]], what: str, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Pass over a feature that is switched off, and say what the token may not read."""
    try:
        yield from found
    except NotFoundError:
        return
    except GitLabError as error:
        if error.status != FORBIDDEN:
            raise
        say(f"{what} are left out: the token may not read them")


def _thing(name: str, answer: Mapping[str, Any], known: Mapping[str, Any]) -> Thing:
    core = core_for(name)
    unseen = {field.name for field in core.schema.fields if not field.shown} - {"connection"}
    values = {
        **dict.fromkeys(unseen, Hidden.PROGRAM),
        **core.schema.live(answer, {}, whole=True),
        **known,
    }
    called = values.get("name") or answer["id"]
    label = f"{core.noun} {called} of {known['project']}"
    return KINDS[name](label, values, protect=Hidden.PROGRAM)
