"""What a 404 means: GitLab gives it for what is gone, for what is hidden, and for what is off."""

from __future__ import annotations

from ._connection import Client
from ._managers import Collection
from .errors import FORBIDDEN, NOT_FOUND, GitLabError, NotFoundError

_DELETED = "if it was deleted, and all in it, `pulumi state delete` forgets this resource"


def what_is_missing(
    client: Client,
    things: Collection,
    project_id: int,
    project: str,
    hidden: str,
    *,
    held: bool,
) -> GitLabError | None:
    """Find out what a 404 means, on a thing or on its creation, by asking for what it belongs to.

    Args:
        client: The client to look with.
        things: The collection that the thing should be in.
        project_id: The project's id.
        project: The project as the state or the program has it, an id or a path.
        hidden: What it means when the project can be seen, but the collection cannot.
        held: Whether a state holds the thing, and could forget it.

    Returns:
        `None` when the thing, or the agent that it belongs to, is gone for certain; else an error
        that says what else is missing.

    Raises:
        GitLabError: It is not GitLab that answers, or it cannot be asked.
    """
    client.require_gitlab()
    refused = things.refusal()
    if refused is None:
        return _another_project(client, project, project_id)
    if things.parent is not None:
        agents, agent_id = things.parent
        try:
            agents.get(agent_id)
        except NotFoundError:
            if agents.readable():
                return _another_project(client, project, project_id)
    if not client.project_visible(str(project_id)):
        _looked, found = _by_path(client, project)
        if found not in {None, project_id}:
            return _another(client, project, project_id, f"has the id {found}")
        said = _project_missing(str(project_id))
        return GitLabError(f"{said}; {_DELETED}" if held else said)
    if refused == FORBIDDEN:
        said = "whether it is gone cannot be told, since the token's user may not see such things"
        return GitLabError(said, FORBIDDEN)
    return GitLabError(f"{hidden} (the project itself can be seen)")


def _another_project(client: Client, project: str, project_id: int) -> GitLabError | None:
    """Find out whether what seems gone was never there, since this is another GitLab."""
    looked, found = _by_path(client, project)
    if not looked or found == project_id:
        return None
    what = "is not there" if found is None else f"has the id {found}"
    return _another(client, project, project_id, what)


def _by_path(client: Client, project: str) -> tuple[bool, int | None]:
    """Return whether a project can be looked up by its path, and its id if it is there."""
    if project.isdecimal() or client.connection.job:
        return False, None
    try:
        return True, client.project_id(project)
    except NotFoundError:
        return True, None


def _another(client: Client, project: str, project_id: int, what: str) -> GitLabError:
    return GitLabError(
        f"it was in project {project_id}, but at {client.connection.url} {project} {what}: check "
        "baseUrl; if the project was moved, give its new path and run `pulumi up` first"
    )


def require_project(client: Client, project: str) -> int:
    """Return a project's id.

    Raises:
        GitLabError: This user does not see the project, or it cannot be asked for.
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


def agent_missing(parents: tuple[int, ...]) -> GitLabError:
    """Return the error for an agent, the last of the ids, that is not in its project."""
    return GitLabError(f"agent {parents[-1]} does not exist there: check agent_id", NOT_FOUND)
