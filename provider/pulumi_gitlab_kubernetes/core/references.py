"""References to resources by names: `acme/shop:production` instead of `42:7`.

The parts are those of an ID. Each one is a number, or what GitLab keeps unique: the path of the
project, the name of the agent, the scope of the cluster.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.core.identity import NotUnique, Singleton, Unique
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.not_found import (
    AGENTS_UNAVAILABLE,
    require_project,
    what_is_missing,
)
from pulumi_gitlab_kubernetes.errors import InvalidInputError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.places import AGENTS, Ids


def is_id(reference: str) -> bool:
    """Return whether a reference consists of numbers only, so that GitLab need not be asked."""
    return all(part.isascii() and part.isdecimal() for part in reference.split(":"))


def resolve(kind: Kind, client: Client, reference: str) -> Ids:
    """Return the IDs of the resource that a reference means.

    Args:
        kind: The kind of the resource.
        client: The client to use.
        reference: The resource's ID, or its parts by name.

    Returns:
        Its IDs, outermost first.

    Raises:
        InvalidInputError: It has another form, or there is no such resource.
        GitLabError: GitLab rejected a request, or did not respond.
    """
    parts = reference.split(":")
    singleton = isinstance(kind.identity, Singleton) and len(parts) == len(kind.ids) - 1
    if not all(parts) or not (singleton or len(parts) == len(kind.ids)):
        raise InvalidInputError("id", f'"{reference}" must have the form {form(kind)}')
    ids: Ids = (require_project(client, parts[0]),)
    for part in parts[1 : len(kind.ids) - 1]:  # The agent, if it belongs to one.
        agent_id = int(part) if is_id(part) else find_agent(client, ids[0], parts[0], part)
        if agent_id is None:
            raise InvalidInputError("id", f'"{reference}": the project has no agent "{part}"')
        ids += (agent_id,)
    own = None if singleton else kind.id_part(kind.ids[-1], parts[-1])
    if own is not None:
        return (*ids, own)
    return (*ids, _find(kind, client, ids, "" if singleton else parts[-1], reference))


def find_agent(client: Client, project_id: int, project: str, name: str) -> int | None:
    """Return the ID of the agent with a name; `None` if there is none.

    Args:
        client: The client to use.
        project_id: The project's ID.
        project: The project's ID or path, for errors.
        name: The agent's name.

    Raises:
        GitLabError: GitLab shows no agents, rejected a request, or did not respond.
    """
    agents = client.collection(AGENTS, (project_id,))
    try:
        return next((int(found["id"]) for found in agents.list() if found["name"] == name), None)
    except NotFoundError as error:
        missing = what_is_missing(
            client, agents, project_id, project, AGENTS_UNAVAILABLE, in_state=False
        )
        raise missing or error from error


def _find(kind: Kind, client: Client, ids: Ids, value: str, reference: str) -> Any:
    if isinstance(kind.identity, NotUnique):
        raise InvalidInputError(
            "id", f'"{reference}" must end with a number: GitLab does not keep names unique'
        )
    collection, project = kind.collection(client, ids, {}), reference.partition(":")[0]
    try:
        found = kind.find(collection, {kind.unique_input: value})
    except NotFoundError as error:
        missing = what_is_missing(
            client, collection, ids[0], project, kind.unavailable, in_state=False
        )
        if missing is None and kind.parent:
            reason = f'"{reference}": the project has no agent {ids[-1]}'
            raise InvalidInputError("id", reason) from error
        raise missing or error from error
    if found is None:
        raise InvalidInputError("id", f'"{reference}": GitLab has no such {kind.noun}')
    return found["id"]


def form(kind: Kind) -> str:
    """Return the forms of references to a kind, for messages."""
    numbers = ":".join(f"<{name.replace('_', '-')}>" for name in kind.ids)
    parents = [f"<{name.removesuffix('_id')}>" for name in kind.ids[1:-1]]
    match kind.identity:
        case Unique(name):
            own = [f"<{name.replace('_', '-')}>"]
        case Singleton():
            own = []
        case NotUnique():
            own = [f"<{kind.ids[-1].replace('_', '-')}>"]
    return f"{numbers} or {':'.join(('<project-path>', *parents, *own))}"
