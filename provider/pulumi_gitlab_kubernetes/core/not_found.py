"""What a 404 means: a resource that does not exist, or is not visible, or a disabled feature."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.errors import FORBIDDEN, NOT_FOUND, GitLabError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.collection import Collection

AGENTS_UNAVAILABLE = (
    "the token's user may not see agents there: it needs the role Developer or above"
)
"""Why GitLab may show no agent in a project that can be seen."""

_DELETED = "if it was deleted with everything in it, run `pulumi state delete` for this resource"


def what_is_missing(
    client: Client,
    collection: Collection,
    project_id: int,
    project: str,
    unavailable: str,
    *,
    in_state: bool,
) -> GitLabError | None:
    """Find out what a 404 for a resource means by requesting its parents.

    Args:
        client: The client to use.
        collection: The collection of the resource.
        project_id: The project's ID.
        project: The project's ID or path in the state or the program.
        unavailable: Why the collection may be unavailable in a visible project.
        in_state: Whether the resource is in a state.

    Returns:
        `None` if the resource, or the agent that it belongs to, certainly does not exist; otherwise
        an error that says what else is missing.

    Raises:
        GitLabError: The server is not GitLab, or does not respond.
    """
    client.require_gitlab()
    status = collection.access_status()
    if status is None:
        return _another_project(client, project, project_id)
    if collection.parent is not None:
        agents, agent_id = collection.parent
        try:
            agents.get(agent_id)
        except NotFoundError:
            if agents.readable():
                return _another_project(client, project, project_id)
    if not client.project_visible(str(project_id)):
        _looked, found = _by_path(client, project)
        if found not in {None, project_id}:
            return _another(client, project, project_id, f"has the id {found}")
        missing = _project_missing(str(project_id))
        return GitLabError(f"{missing}; {_DELETED}" if in_state else missing)
    if status == FORBIDDEN:
        message = (
            "whether it still exists is unknown, as the token's user may not see such resources"
        )
        return GitLabError(message, FORBIDDEN)
    return GitLabError(f"{unavailable} (the project itself is visible)")


def _another_project(client: Client, project: str, project_id: int) -> GitLabError | None:
    """Return an error if this GitLab is not the one that the resource was created in."""
    looked, found = _by_path(client, project)
    if not looked or found == project_id:
        return None
    what = "does not exist" if found is None else f"has the id {found}"
    return _another(client, project, project_id, what)


def _by_path(client: Client, project: str) -> tuple[bool, int | None]:
    """Return whether a project can be looked up by its path, and its ID if it exists."""
    if project.isdecimal() or client.connection.job:
        return False, None
    try:
        return True, client.project_id(project)
    except NotFoundError:
        return True, None


def _another(client: Client, project: str, project_id: int, what: str) -> GitLabError:
    return GitLabError(
        f"it was in project {project_id}, but at {client.connection.url} {project} {what}: check "
        "baseUrl; if the project was moved, set its new path and run `pulumi up` first"
    )


def require_project(client: Client, project: str) -> int:
    """Return a project's ID.

    Raises:
        GitLabError: The project does not exist or is not visible, or GitLab does not respond.
    """
    try:
        return client.project_id(project)
    except NotFoundError as error:
        client.require_gitlab()
        raise GitLabError(_project_missing(project), error.status) from error


def _project_missing(project: str) -> str:
    return (
        f"project {project} does not exist, or the token's user cannot see it: check `project`, "
        "baseUrl and the user's membership"
    )


def parent_missing(name: str, id_: int, spelling: Spelling) -> GitLabError:
    """Return the error for a parent, such as an agent, that is not in its project.

    Args:
        name: The input that has the parent's ID, such as `agent_id`.
        id_: The parent's ID.
        spelling: How the user writes names.
    """
    noun = name.removesuffix("_id").replace("_", " ")
    return GitLabError(f"{noun} {id_} does not exist there: check {spelling[name]}", NOT_FOUND)
