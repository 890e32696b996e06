"""Branches of a repository, which commits create. Clients read whether one is protected.

Follows https://docs.gitlab.com/api/branches/.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project, full_path
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.repository import (
    can_push,
    commit_entity,
    last_commit,
    protection,
    protection_of_default,
)
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

_BRANCHES = """
SELECT * FROM repository_commits c WHERE project_id = ? AND id = (
  SELECT max(id) FROM repository_commits WHERE project_id = c.project_id AND branch = c.branch
)
"""

routes = Family("https://docs.gitlab.com/api/branches/", role=Role.REPORTER)


def _branch(call: Call, project: Row, head: Row) -> dict[str, Any]:
    name, default = head["branch"], head["branch"] == project["default_branch"]
    web_url = f"{call.base_url}/{full_path(call.store, project)}/-"
    rule = protection(call.store, project, name)
    return {
        "name": name,
        "merged": False,
        # Its group's setting protects the default branch, unless the project has a rule for it.
        "protected": rule is not None
        or (default and protection_of_default(call.store, project) > 0),
        "developers_can_push": rule is not None and rule["push_access_level"] == Role.DEVELOPER,
        "developers_can_merge": rule is not None and rule["merge_access_level"] == Role.DEVELOPER,
        "can_push": can_push(call, project, name),
        "default": default,
        "web_url": f"{web_url}/tree/{quote(name)}",
        "commit": commit_entity(call, project, head),
    }


@routes.get(
    "/projects/{id}/repository/branches",
    Param("search"),
    *PAGE_PARAMS,
    errors=(400, 403, 404),
)
def _list(call: Call) -> Any:
    project = find_project(call)
    auth.require(call, project, Role.REPORTER, "repository")
    return paginate(
        call,
        f"{_BRANCHES} AND instr(lower(branch), lower(?)) ORDER BY branch",
        (project["id"], call.params.get("search") or ""),
        lambda head: _branch(call, project, head),
    )


@routes.get("/projects/{id}/repository/branches/{branch}", errors=(403, 404))
def _show(call: Call) -> Any:
    project = find_project(call)
    auth.require(call, project, Role.REPORTER, "repository")
    head = last_commit(call.store, project, call.params["branch"])
    if head is None:
        raise errors.not_found("Branch")
    return _branch(call, project, head)
