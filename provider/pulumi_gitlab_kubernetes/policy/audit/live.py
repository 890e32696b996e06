"""Read the resources of a project in GitLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.errors import (
    FORBIDDEN,
    NOT_FOUND,
    READING,
    UNAUTHORIZED,
    GitLabError,
    NotFoundError,
)
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.policy.kinds import KINDS
from pulumi_gitlab_kubernetes.policy.model import Hidden, Resource
from pulumi_gitlab_kubernetes.redaction import redact_response
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for
from pulumi_gitlab_kubernetes.text import counted

_EVERY = 100
_AGENT = "ClusterAgent"  # the only kind that others belong to
_REQUIRES = f"the scope `{READING}` and the role {{role}} or above"
_NOT_VISIBLE = f": check the project; reading it requires {_REQUIRES.format(role='Developer')}"
_HINTS = {
    UNAUTHORIZED: ": check PULUMI_GITLAB_TOKEN or GITLAB_TOKEN",
    FORBIDDEN: _NOT_VISIBLE,
    NOT_FOUND: _NOT_VISIBLE,
}


def read(client: Client, project: str, log: Callable[[str], None]) -> Iterator[Resource]:
    """Read all resources of each kind in a project.

    Args:
        client: The client for GitLab's API.
        project: The project's id or full path.
        log: Shows a line of progress.

    Returns:
        The resources. Properties that GitLab does not store are `Hidden.NOT_IN_GITLAB`.

    Raises:
        GitLabError: GitLab rejected a request.
    """
    number = 0
    try:
        for number, resource in enumerate(_resources(client, project, log), start=1):
            if number % _EVERY == 0:
                log(f"{project}: {counted(number, 'resource')} read")
            yield resource
    except GitLabError as error:
        url = client.connection.url
        message = redact_response(error.message, client.connection.secrets(), {})
        where = project if url in message else f"{project} at {url}"
        hint = _HINTS.get(error.status or 0, "")
        raise GitLabError(f"{where}: {message}{hint}", error.status) from error
    log(f"{project}: all {counted(number, 'resource')} read")


def _resources(client: Client, project: str, log: Callable[[str], None]) -> Iterator[Resource]:
    try:
        id_ = client.project_id(project)
        # First, since this fails if the token may not read the project.
        agents = list(kind_for(_AGENT).collection(client, (id_,)).list())
    except NotFoundError:
        client.require_gitlab()
        raise
    client.require_gitlab()  # From here on, empty lists and 404 responses are GitLab's own.
    of_project = {"project": project, "project_id": id_}
    for agent in agents:
        yield _resource(kind_for(_AGENT), agent, {**of_project, "agent_id": agent["id"]})
    kinds = [kind_for(name) for name in MODULES if name != _AGENT]
    for agent in agents:
        for kind in kinds:
            # Older GitLab versions do not say whether an agent is receptive.
            if kind.parent and agent.get(kind.enabled_by, True):
                found = kind.collection(client, (id_, agent["id"])).list()
                yield from _allowed(kind, found, {**of_project, "agent_id": agent["id"]}, log)
    for kind in kinds:
        if not kind.parent:
            yield from _allowed(kind, kind.collection(client, (id_,)).list(), of_project, log)


def _allowed(
    kind: Kind,
    found: Iterator[dict[str, Any]],
    known: Mapping[str, Any],
    log: Callable[[str], None],
) -> Iterator[Resource]:
    """Skip disabled features, and log what the token may not read."""
    try:
        for each in found:
            yield _resource(kind, each, known)
    except NotFoundError:
        return
    except GitLabError as error:
        if error.status != FORBIDDEN:
            raise
        requires = _REQUIRES.format(role=kind.read_role)
        log(f"{known['project']}: skipping {kind.noun}s: reading them requires {requires}")


def _resource(kind: Kind, response: Mapping[str, Any], known: Mapping[str, Any]) -> Resource:
    schema = kind.schema
    properties: list[Field | Output] = [*schema.fields, *schema.outputs]
    unseen = {each.name for each in properties if not each.response_key} - {"connection"}
    values = {
        **dict.fromkeys(unseen, Hidden.NOT_IN_GITLAB),
        **schema.from_response(response, {}, include_unmanaged=True),
        **known,
    }
    name_or_id = values.get("name") or response["id"]
    label = f"{kind.noun} {name_or_id} of {known['project']}"
    return KINDS[kind.name](label, values, protect=Hidden.NOT_IN_GITLAB)
