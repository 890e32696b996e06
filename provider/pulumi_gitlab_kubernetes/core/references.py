"""References to resources by names: `acme/shop:production` instead of `42:7`.

The parts are those of an ID. Each one is a number, or what GitLab keeps unique: the path of the
project, the name of the agent, the scope of the cluster.
"""

from __future__ import annotations

from pulumi_gitlab_kubernetes.core.identity import NotUnique, Singleton, Unique
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.not_found import require_project
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.places import AGENTS


def is_id(reference: str) -> bool:
    """Return whether a reference consists of numbers only, so that GitLab need not be asked."""
    return all(part.isascii() and part.isdecimal() for part in reference.split(":"))


def resolve(kind: Kind, client: Client, reference: str) -> tuple[int, ...]:
    """Return the IDs of the resource that a reference means.

    Args:
        kind: The kind of the resource.
        client: The client to use.
        reference: The resource's ID, or its parts by name.

    Returns:
        Its IDs, outermost first.

    Raises:
        InvalidInputError: It has another form, or there is no such resource.
        GitLabError: GitLab could not be asked.
    """
    parts = reference.split(":", len(kind.ids) - 1)
    singleton = isinstance(kind.identity, Singleton) and len(parts) == len(kind.ids) - 1
    if not all(parts) or not (singleton or len(parts) == len(kind.ids)):
        raise InvalidInputError("id", f'"{reference}" must have the form {form(kind)}')
    ids: tuple[int, ...] = (require_project(client, parts[0]),)
    for part in parts[1 : len(kind.ids) - 1]:  # The agent, if it belongs to one.
        ids += (_number(part) or _agent(client, ids, part, reference),)
    own = None if singleton else _number(parts[-1])
    return (*ids, own or _unique(kind, client, ids, "" if singleton else parts[-1], reference))


def _number(part: str) -> int | None:
    return int(part) if is_id(part) else None


def _agent(client: Client, ids: tuple[int, ...], name: str, reference: str) -> int:
    for found in client.collection(AGENTS, ids).list():
        if found["name"] == name:
            return int(found["id"])
    raise InvalidInputError("id", f'"{reference}": the project has no agent "{name}"')


def _unique(kind: Kind, client: Client, ids: tuple[int, ...], value: str, reference: str) -> int:
    if isinstance(kind.identity, NotUnique):
        raise InvalidInputError(
            "id", f'"{reference}" must end with a number: GitLab does not keep names unique'
        )
    found = kind.find(kind.collection(client, ids), {kind.unique_input: value})
    if found is None:
        raise InvalidInputError("id", f'"{reference}": GitLab has no such {kind.noun}')
    return int(found["id"])


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
