"""The repository of a project: branches, their commits and files.

Files are stored for each branch. There are no tags, and no access to older commits.
"""

from __future__ import annotations

import secrets
from fnmatch import fnmatchcase
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors, group_settings
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import full_path
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

HEAD = "HEAD"
"""The default branch, where a request names a branch to read."""
FULL = 2
DEVELOPERS_CAN_PUSH = 1
DEVELOPERS_CAN_START = 4
"""Some values of a group's `default_branch_protection`."""

_COPIED = {
    "repository_files": "path, content, commit_id",
    "repository_commits": (
        "sha, parent, message, author_name, author_email, committer_name, committer_email, "
        "created_at"
    ),
}
"""What a new branch has of the one that it starts from: columns by table."""

NOT_ALLOWED = "You are not allowed to push into this branch"
NO_BRANCH = "You can only create or edit files when you are on a branch"
BRANCH_EXISTS = (
    "A branch called '{}' already exists. Switch to that branch in order to make changes"
)


def is_empty(store: Store, project: Row) -> bool:
    """Return whether a repository has no commit."""
    return not store.one("SELECT 1 FROM repository_commits WHERE project_id = ?", project["id"])


def last_commit(store: Store, project: Row, branch: str | None) -> Row | None:
    """Return the last commit of a branch, if the branch exists."""
    return store.one(
        "SELECT * FROM repository_commits WHERE project_id = ? AND branch = ? ORDER BY id DESC",
        project["id"],
        branch,
    )


def find_ref(call: Call, project: Row, ref: str) -> Row:
    """Return the last commit of a branch.

    Raises:
        ApiError: 404, there is no such branch, or no commit at all.
    """
    branch = project["default_branch"] if ref == HEAD else ref
    found = last_commit(call.store, project, branch)
    if found is None:
        raise errors.not_found("Commit")
    return found


def find_file(store: Store, project: Row, branch: str, path: str) -> Row | None:
    """Return a file, if it exists."""
    return store.one(
        "SELECT * FROM repository_files WHERE project_id = ? AND branch = ? AND path = ?",
        project["id"],
        branch,
        path,
    )


def commit(
    store: Store, project: Row, branch: str, message: str, *, user: Row, author: dict[str, str]
) -> str:
    """Add a commit to a branch and return its ID. The first branch becomes the default branch.

    Args:
        store: The database.
        project: The project.
        branch: The branch.
        message: The commit message.
        user: The committer.
        author: The `author_name` and `author_email`, if they are not the committer's.
    """
    parent = last_commit(store, project, branch)
    sha = secrets.token_hex(20)
    store.insert(
        "repository_commits",
        project_id=project["id"],
        branch=branch,
        sha=sha,
        parent=parent["sha"] if parent else None,
        message=message,
        author_name=author.get("author_name") or user["name"],
        author_email=author.get("author_email") or user["email"],
        committer_name=user["name"],
        committer_email=user["email"],
        created_at=store.timestamp(),
    )
    if project["default_branch"] is None:
        store.update("projects", project["id"], default_branch=branch)
    return sha


def commit_file(
    call: Call, project: Row, path: str, content: bytes | None, *, message: str, branch: str
) -> None:
    """Commit a new file, a changed file or the deletion of a file.

    Args:
        call: The request, for the committer and the author.
        project: The project.
        path: The path of the file.
        content: The new content; `None` deletes the file.
        message: The commit message.
        branch: The branch.
    """
    store = call.store
    author = {name: call.params.get(name) or "" for name in ("author_name", "author_email")}
    sha = commit(store, project, branch, message, user=call.caller, author=author)
    found = find_file(store, project, branch, path)
    if found is not None and content is None:
        store.delete("repository_files", found["id"])
    elif found is not None:
        store.update("repository_files", found["id"], content=content, commit_id=sha)
    else:
        store.insert(
            "repository_files",
            project_id=project["id"],
            branch=branch,
            path=path,
            content=content,
            commit_id=sha,
        )


def start_branch(call: Call, project: Row, branch: str, start: str) -> None:
    """Check that a commit can be added to a branch, and create the branch from another one.

    Raises:
        ApiError: 400.
    """
    store = call.store
    if not can_push(call, project, branch):
        raise errors.message(400, NOT_ALLOWED)
    if is_empty(store, project):
        return
    if last_commit(store, project, start) is None:
        raise errors.message(400, NO_BRANCH)
    if branch == start:
        return
    if last_commit(store, project, branch) is not None:
        raise errors.message(400, BRANCH_EXISTS.format(branch))
    for table, columns in _COPIED.items():
        store.execute(
            f"INSERT INTO {table} (project_id, branch, {columns}) "
            f"SELECT project_id, ?, {columns} FROM {table} "
            "WHERE project_id = ? AND branch = ? ORDER BY id",
            branch,
            project["id"],
            start,
        )


def protection(store: Store, project: Row, branch: str) -> Row | None:
    """Return the rule that protects a branch; names with `*` are patterns."""
    rules = store.all("SELECT * FROM protected_branches WHERE project_id = ?", project["id"])
    return next((each for each in rules if fnmatchcase(branch, each["name"])), None)


def protection_of_default(store: Store, project: Row) -> int:
    """Return how a project's group protects default branches."""
    namespace = store.fetch("namespaces", project["namespace_id"])
    return int(group_settings.value(namespace, "default_branch_protection"))


def can_push(call: Call, project: Row, branch: str) -> bool:
    """Return whether the user can push to a branch."""
    store, empty = call.store, is_empty(call.store, project)
    if not auth.has_role(call, project, Role.DEVELOPER, "repository") or project["archived"]:
        return False
    if (rule := protection(store, project, branch)) is not None:
        allowed = rule["push_access_level"]
        return bool(allowed) and auth.access_level(store, call.caller, project) >= allowed
    if not empty and branch != project["default_branch"]:
        return True
    level = protection_of_default(store, project)
    developers = level < FULL or (level == DEVELOPERS_CAN_START and empty)
    return auth.has_role(call, project, Role.DEVELOPER if developers else Role.MAINTAINER)


def commit_entity(call: Call, project: Row, found: Row) -> dict[str, Any]:
    """Return a commit as GitLab sends it."""
    web_url = f"{call.base_url}/{full_path(call.store, project)}/-/commit/{found['sha']}"
    return {
        "id": found["sha"],
        "short_id": found["sha"][:8],
        "created_at": found["created_at"],
        "parent_ids": [found["parent"]] if found["parent"] else [],
        "title": found["message"].partition("\n")[0],
        "message": found["message"],
        "author_name": found["author_name"],
        "author_email": found["author_email"],
        "authored_date": found["created_at"],
        "committer_name": found["committer_name"],
        "committer_email": found["committer_email"],
        "committed_date": found["created_at"],
        "trailers": {},
        "extended_trailers": {},
        "web_url": web_url,
    }
