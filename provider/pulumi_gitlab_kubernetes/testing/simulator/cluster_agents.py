"""Agents for Kubernetes. GitLab's API cannot update one.

Follows https://docs.gitlab.com/api/cluster_agents/.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, entities, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import (
    check_unmodified_since,
    find_project,
    find_record,
)
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row
from pulumi_gitlab_kubernetes.testing.simulator.validation import (
    BLANK,
    TAKEN,
    blank,
    kubernetes_name,
    too_long,
)

_MAX_NAME = 63
NAME_CHARACTERS = (
    "can contain only lowercase letters, digits, and '-', but cannot start or end with '-'"
)
# GitLab's second check; only a project without CI/CD reaches it and fails.
NO_PIPELINES = "You have insufficient permissions to create a cluster agent for this project"

routes = Family("https://docs.gitlab.com/api/cluster_agents/")

_COLLECTION = "/projects/{id}/cluster_agents"
_MEMBER = "/projects/{id}/cluster_agents/{agent_id:int}"


def cluster_agent(call: Call, row: Row) -> dict[str, Any]:
    """Return an agent as GitLab EE does."""
    project = call.store.fetch("projects", row["project_id"])
    return {
        "id": row["id"],
        "name": row["name"],
        "config_project": entities.project_identity(call, project),
        "created_at": row["created_at"],
        "created_by_user_id": row["created_by_user_id"],
        "is_receptive": bool(row["is_receptive"]),
    }


def reads_agents(call: Call, project: Row) -> bool:
    """Return whether the user can read a project's agents."""
    return auth.has_role(call, project, Role.DEVELOPER, "infrastructure")


def require_agent_writer(call: Call, project: Row) -> None:
    """Reject users who cannot change a project's agents and what belongs to them.

    Raises:
        ApiError: 403.
    """
    auth.require(call, project, Role.MAINTAINER, "infrastructure", "repository")


def find_agent(call: Call, project: Row) -> Row:
    """Return the project's agent with the id in `:agent_id`.

    Raises:
        ApiError: 404, also if the user cannot read agents.
    """
    agent_id = call.params["agent_id"]
    agent = find_record(call, "cluster_agents", agent_id, project_id=project["id"])
    if not reads_agents(call, project):
        raise errors.record_not_found()
    return agent


@routes.get(_COLLECTION, *PAGE_PARAMS, role=Role.DEVELOPER, errors=(400, 404))
def _list(call: Call) -> Any:
    project = find_project(call)
    if not reads_agents(call, project):
        raise errors.not_found("ClusterAgents")
    return paginate(
        call,
        "SELECT * FROM cluster_agents WHERE project_id = ? ORDER BY name",
        (project["id"],),
        lambda row: cluster_agent(call, row),
    )


@routes.get(_MEMBER, role=Role.DEVELOPER, errors=(400, 404))
def _show(call: Call) -> Any:
    return cluster_agent(call, find_agent(call, find_project(call)))


@routes.post(
    _COLLECTION, Param("name", required=True), role=Role.MAINTAINER, errors=(400, 403, 404)
)
def _create(call: Call) -> Any:
    project, store = find_project(call), call.store
    require_agent_writer(call, project)
    if not auth.has_role(call, project, Role.MAINTAINER, "builds"):
        raise errors.bad_request(NO_PIPELINES)
    name = call.params.get("name")
    if messages := _name_errors(call, project, name):
        raise errors.bad_request_list([f"Name {text}" for text in messages])
    now = store.timestamp()
    agent = store.insert(
        "cluster_agents",
        project_id=project["id"],
        name=name,
        created_by_user_id=call.caller["id"],
        created_at=now,
        updated_at=now,
    )
    return cluster_agent(call, agent)


def _name_errors(call: Call, project: Row, name: str | None) -> list[str]:
    """Return the messages in GitLab's order: presence, length, uniqueness, format."""
    found = [BLANK] if blank(name) else []
    found += too_long(name, _MAX_NAME)
    if call.store.one(
        "SELECT 1 FROM cluster_agents WHERE project_id = ? AND name = ?", project["id"], name
    ):
        found.append(TAKEN)
    if not kubernetes_name(name or ""):
        found.append(NAME_CHARACTERS)
    return found


@routes.delete(_MEMBER, role=Role.MAINTAINER, errors=(400, 403, 404, 412))
def _delete(call: Call) -> None:
    project = find_project(call)
    require_agent_writer(call, project)
    agent = find_agent(call, project)
    check_unmodified_since(call, agent)
    call.store.delete("cluster_agents", agent["id"])
