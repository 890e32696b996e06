"""What a 404 means: GitLab gives it for what is gone, for what is hidden, and for what is off."""

from __future__ import annotations

from ._connection import Client
from ._managers import Collection
from .errors import FORBIDDEN, NOT_FOUND, GitLabError, NotFoundError

_DELETED = "if it was deleted, and all in it, `pulumi state delete` forgets this resource"


def what_is_missing(
    client: Client, things: Collection, project_id: int, hidden: str
) -> GitLabError | None:
    """Find out by looking what a 404 on one thing means.

    Args:
        client: The client to look with.
        things: The collection that the thing should be in.
        project_id: The project's id.
        hidden: What it means when the project can be seen, but the collection cannot.

    Returns:
        `None` when the thing, or the agent that it belongs to, is gone for certain; else an error
        that says what else is missing.
    """
    refused = things.refusal()
    if refused is None:
        return None
    if things.parent is not None:
        agents, agent_id = things.parent
        try:
            agents.get(agent_id)
        except NotFoundError:
            if agents.readable():
                return None
    if not client.project_visible(str(project_id)):
        return GitLabError(f"{project_missing(str(project_id), None).said}; {_DELETED}")
    if refused == FORBIDDEN:
        said = "whether it is gone cannot be told, since the token's user may not see such things"
        return GitLabError(said, FORBIDDEN)
    return GitLabError(f"{hidden} (the project itself can be seen)")


def another_project(client: Client, project: str, project_id: int) -> GitLabError | None:
    """Find out whether what seems gone was never there, since this is another GitLab.

    Args:
        client: The client to look with.
        project: The project as the state has it, an id or a path.
        project_id: The project's id in the state.

    Returns:
        `None` when the path leads to that id, or when there is nothing to look with.
    """
    if project.isdecimal() or client.connection.job:
        return None
    try:
        found = client.project_id(project)
    except NotFoundError:
        what = "is not there"
    else:
        if found == project_id:
            return None
        what = f"has the id {found}"
    return GitLabError(
        f"it was in project {project_id}, but at {client.connection.url} {project} {what}: check "
        "baseUrl; if the project was moved, give its new path and run `pulumi up` first"
    )


def project_missing(project: str, status: int | None) -> GitLabError:
    """Return the error for a project that this user does not see."""
    return GitLabError(
        f"project {project} does not exist, or the token's user cannot see it: check `project`, "
        "baseUrl and the user's membership",
        status,
    )


def agent_missing(parents: tuple[int, ...]) -> GitLabError:
    """Return the error for an agent, the last of the ids, that is not in its project."""
    return GitLabError(f"agent {parents[-1]} does not exist there: check agent_id", NOT_FOUND)
