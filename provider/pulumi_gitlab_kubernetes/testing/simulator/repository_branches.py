"""Branches of a repository, which its files create. Clients read whether one is protected.

Follows https://docs.gitlab.com/api/branches/.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors, group_settings
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project, full_path
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

# A branch's latest commit is that of the last written file.
_BRANCHES = """
SELECT branch, commit_id FROM repository_files f WHERE project_id = ? AND id = (
  SELECT max(id) FROM repository_files WHERE project_id = f.project_id AND branch = f.branch
)
"""

routes = Family("https://docs.gitlab.com/api/branches/", role=Role.REPORTER)


def _branch(call: Call, project: Row, branch: Row) -> dict[str, Any]:
    name, commit, default = branch["branch"], branch["commit_id"], project["default_branch"]
    web_url = f"{call.base_url}/{full_path(call.store, project)}/-"
    namespace = call.store.fetch("namespaces", project["namespace_id"])
    level = group_settings.value(namespace, "default_branch_protection")
    return {
        "name": name,
        "merged": False,
        # Only the default branch is protected, by its group's setting.
        "protected": name == default and level > 0,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": auth.has_role(call, project, Role.DEVELOPER, "repository"),
        "default": name == default,
        "web_url": f"{web_url}/tree/{quote(name)}",
        # Messages and authors are not stored.
        "commit": {
            "id": commit,
            "short_id": commit[:8],
            "created_at": project["updated_at"],
            "parent_ids": [],
            "title": "",
            "message": "",
            "web_url": f"{web_url}/commit/{commit}",
        },
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
        lambda branch: _branch(call, project, branch),
    )


@routes.get("/projects/{id}/repository/branches/{branch}", errors=(403, 404))
def _show(call: Call) -> Any:
    project = find_project(call)
    auth.require(call, project, Role.REPORTER, "repository")
    found = call.store.one(f"{_BRANCHES} AND branch = ?", project["id"], call.params["branch"])
    if found is None:
        raise errors.not_found("Branch")
    return _branch(call, project, found)
