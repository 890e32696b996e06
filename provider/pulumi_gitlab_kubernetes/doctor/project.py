"""Checks of a project: the user's role, what will work there, and its agents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.not_found import require_project
from pulumi_gitlab_kubernetes.doctor.findings import Finding, Status
from pulumi_gitlab_kubernetes.errors import NOT_FOUND, GitLabError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.places import AGENTS
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for

ROLES = {
    10: "Guest",
    15: "Planner",
    20: "Reporter",
    25: "Security Manager",
    30: "Developer",
    40: "Maintainer",
    50: "Owner",
}
"""GitLab's roles by access level. See https://docs.gitlab.com/api/members/#roles."""
_LEVELS = {name: level for level, name in ROLES.items()}
_TOKENS = kind_for("ClusterAgentToken")
_MOST_TOKENS = 2
"""The largest number of active tokens of an agent."""


def check(client: Client, project: str) -> Iterator[Finding]:
    """Check a project.

    Args:
        client: The client.
        project: The project's ID or full path.
    """
    for found in _findings(client, project):
        yield replace(found, project=project)


def _findings(client: Client, project: str) -> Iterator[Finding]:
    try:
        id_ = require_project(client, project)
        found = {} if client.connection.job else client.get(f"/projects/{id_}")
    except GitLabError as error:
        yield Finding(Status.PROBLEM, "project", str(error))
        return
    level = _level(found)
    yield from _role(found, level)
    if found.get("archived"):
        yield Finding(
            Status.PROBLEM,
            "project",
            "it is archived, so nothing in it can change",
            "unarchive it in the project's settings",
        )
    agents: list[dict[str, Any]] = []
    if not client.connection.job:
        try:
            agents = list(client.collection(AGENTS, (id_,)).list())
        except NotFoundError:
            agents = []
    for name in MODULES:
        yield from _kind(client, kind_for(name), id_, agents, level)
    for agent in agents:
        yield from _tokens(client, id_, agent)
        yield from _configuration(client, agent)


def _level(found: dict[str, Any]) -> int | None:
    """Return the user's access level, or `None` if GitLab does not show it."""
    permissions = found.get("permissions")
    access = permissions.values() if isinstance(permissions, dict) else ()
    levels = [each.get("access_level") for each in access if isinstance(each, dict)]
    return max((each for each in levels if isinstance(each, int)), default=None)


def _role(found: dict[str, Any], level: int | None) -> Iterator[Finding]:
    if not found:
        yield Finding(
            Status.NOTE,
            "role",
            "a job token cannot read it: it is that of the user who runs the job",
        )
    elif level is None:
        yield Finding(
            Status.NOTE, "role", "GitLab shows none: the user is no member, or an administrator"
        )
    else:
        yield Finding(Status.OK, "role", ROLES.get(level, f"access level {level}"))


def _kind(
    client: Client, kind: Kind, id_: int, agents: list[dict[str, Any]], level: int | None
) -> Iterator[Finding]:
    """Check whether resources of a kind will work."""
    if client.connection.job and not kind.job_token:
        yield Finding(Status.NOTE, kind.name, "a job token cannot manage it")
        return
    if kind.parent and not agents:
        yield Finding(Status.NOTE, kind.name, "not checked: the project shows no agent yet")
        return
    parents = (id_, int(agents[0]["id"])) if kind.parent else (id_,)
    status = kind.collection(client, parents).access_status()
    needs = f"give the token's user the role {kind.write_role} or above"
    too_low = level is not None and level < _LEVELS[kind.write_role]
    if status is not None and too_low:
        yield Finding(Status.PROBLEM, kind.name, f"it needs the role {kind.write_role}", needs)
    elif status == NOT_FOUND:
        yield Finding(Status.NOTE, kind.name, kind.unavailable)
    elif status is not None:
        yield Finding(Status.PROBLEM, kind.name, "the token's user may not read it", needs)
    elif too_low:
        role = ROLES.get(level or 0, "of the user")
        yield Finding(
            Status.PROBLEM,
            kind.name,
            f"it can be read, but the role {role} cannot change it",
            needs,
        )
    else:
        yield Finding(Status.OK, kind.name, "it works")


def _tokens(client: Client, id_: int, agent: dict[str, Any]) -> Iterator[Finding]:
    """Find an agent that cannot get another token."""
    try:
        found = list(_TOKENS.collection(client, (id_, int(agent["id"]))).list())
    except NotFoundError:
        return
    if len(found) < _MOST_TOKENS:
        return
    yield Finding(
        Status.WARNING,
        "agent tokens",
        f"{agent['name']} has {len(found)} active ones, GitLab's limit: {_TOKENS.listed(found)}",
        "revoke one that is not used: otherwise no token can be created or rotated",
    )


def _configuration(client: Client, agent: dict[str, Any]) -> Iterator[Finding]:
    """Find an agent without a configuration file, which only CI/CD jobs of its project can use.

    See https://docs.gitlab.com/user/clusters/agent/install/#create-an-agent-configuration-file.
    """
    name, project = agent["name"], agent["config_project"]
    path = f".gitlab/agents/{name}/config.yaml"
    file = f"/projects/{project['id']}/repository/files/{quote(path, safe='')}"
    check_name = "agent configuration"
    try:
        client.get(file, "file_path", ref="HEAD")
    except NotFoundError:
        yield Finding(
            Status.WARNING,
            check_name,
            f"{path} is not on the default branch: only jobs of this project can use the agent",
            "for other projects and for users, commit it with `ci_access` or `user_access`",
        )
    except GitLabError as error:
        if error.status is None:
            raise
        yield Finding(Status.NOTE, check_name, f"the token's user may not read {path}")
    else:
        yield Finding(Status.OK, check_name, path)
