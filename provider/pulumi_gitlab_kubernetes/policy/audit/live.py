"""Reads the things that a project has at GitLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_gitlab_kubernetes._connection import Client
from pulumi_gitlab_kubernetes._quotes import quoted
from pulumi_gitlab_kubernetes.errors import (
    FORBIDDEN,
    NOT_FOUND,
    READING,
    UNAUTHORIZED,
    GitLabError,
    NotFoundError,
)
from pulumi_gitlab_kubernetes.policy.things import KINDS, Hidden, Thing
from pulumi_gitlab_kubernetes.policy.words import counted
from pulumi_gitlab_kubernetes.registry import core_for

_EVERY = 100
_TAKES = f"the scope `{READING}` and the role {{role}} or above"
_NOT_VISIBLE = f": check the project; reading it requires {_TAKES.format(role='Developer')}"
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
    try:
        id_ = client.project_id(project)
        agents = list(client.agents(id_).list())  # First: it tells whether the project can be read.
    except NotFoundError:
        client.require_gitlab()
        raise
    client.require_gitlab()  # From here on an empty list is believed, and a 404.
    of_project = {"project": project, "project_id": id_}
    for agent in agents:
        yield _thing("ClusterAgent", agent, {**of_project, "agent_id": agent["id"]})
    for agent in agents:
        of_agent = {**of_project, "agent_id": agent["id"]}
        tokens = client.tokens(id_, agent["id"]).list()
        yield from _allowed("ClusterAgentToken", "tokens", tokens, of_agent, say)
        if agent.get("is_receptive", True):
            found = client.url_configurations(id_, agent["id"]).list()
            kind = "ClusterAgentUrlConfiguration"
            yield from _allowed(kind, "URL configurations", found, of_agent, say)
    clusters, environments = client.clusters(id_).list(), client.environments(id_).list()
    yield from _allowed("ProjectCluster", "clusters", clusters, of_project, say)
    yield from _allowed("ProjectEnvironment", "environments", environments, of_project, say)


def _allowed(
    name: str,
    plural: str,
    found: Iterator[dict[str, Any]],
    known: Mapping[str, Any],
    say: Callable[[str], None],
) -> Iterator[Thing]:
    """Pass over a feature that is switched off, and say what the token may not read."""
    try:
        for each in found:
            yield _thing(name, each, known)
    except NotFoundError:
        return
    except GitLabError as error:
        if error.status != FORBIDDEN:
            raise
        takes = _TAKES.format(role=core_for(name).reader)
        said = f"{plural} are left out: the token may not read them, which requires {takes}"
        say(f"{known['project']}: {said}")


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
