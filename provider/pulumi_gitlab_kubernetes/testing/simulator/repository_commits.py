"""Commits of a branch, the latest one first.

Follows https://docs.gitlab.com/api/commits/.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.repository import commit_entity, last_commit
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family

routes = Family("https://docs.gitlab.com/api/commits/", role=Role.REPORTER)


@routes.get(
    "/projects/{id}/repository/commits",
    Param("ref_name"),
    *PAGE_PARAMS,
    errors=(400, 403, 404),
)
def _list(call: Call) -> Any:
    project = find_project(call)
    auth.require(call, project, Role.REPORTER, "repository")
    branch = call.params.get("ref_name") or project["default_branch"]
    if call.params.get("ref_name") and last_commit(call.store, project, branch) is None:
        raise errors.not_found("Commit")
    return paginate(
        call,
        "SELECT * FROM repository_commits WHERE project_id = ? AND branch = ? ORDER BY id DESC",
        (project["id"], branch),
        lambda found: commit_entity(call, project, found),
    )
