"""Protected branches: rules of a project about who can push to which branches.

The protection of the default branch by its group is not among the rules, but a rule can replace it.
Users and groups as access levels, and unprotecting by role, are not simulated.

Follows https://docs.gitlab.com/api/protected_branches/.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

_RULES = "/projects/{id}/protected_branches"
_ADMIN = 60
_LEVELS = {
    0: "No one",
    30: "Developers + Maintainers",
    40: "Maintainers",
    _ADMIN: "Administrators",
}
_ACCESS = (
    Param("push_access_level", int, default=40, values=tuple(_LEVELS)),
    Param("merge_access_level", int, default=40, values=tuple(_LEVELS)),
)

routes = Family("https://docs.gitlab.com/api/protected_branches/", role=Role.MAINTAINER)


def _rule(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "push_access_levels": [_level(row, "push_access_level")],
        "merge_access_levels": [_level(row, "merge_access_level")],
        "allow_force_push": False,
    }


def _level(row: Row, name: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "access_level": row[name],
        "access_level_description": _LEVELS[row[name]],
    }


def _find(call: Call, project: Row, name: str) -> Row | None:
    return call.store.one(
        "SELECT * FROM protected_branches WHERE project_id = ? AND name = ?", project["id"], name
    )


def _find_rule(call: Call) -> Row:
    project = find_project(call)
    auth.require(call, project, Role.MAINTAINER, "repository")
    found = _find(call, project, call.params["name"])
    if found is None:
        raise errors.not_found()
    return found


@routes.get(_RULES, *PAGE_PARAMS, errors=(400, 403, 404))
def _list(call: Call) -> Any:
    project = find_project(call)
    auth.require(call, project, Role.MAINTAINER, "repository")
    sql = "SELECT * FROM protected_branches WHERE project_id = ? ORDER BY name"
    return paginate(call, sql, (project["id"],), _rule)


@routes.get(f"{_RULES}/{{name}}", errors=(403, 404))
def _show(call: Call) -> Any:
    return _rule(_find_rule(call))


@routes.post(
    _RULES,
    Param("name", required=True),
    *_ACCESS,
    errors=(400, 403, 404, 409),
)
def _create(call: Call) -> Any:
    project, given = find_project(call), call.params
    auth.require(call, project, Role.MAINTAINER, "repository")
    name = given["name"] or ""
    if _find(call, project, name):
        raise errors.message(409, f"Protected branch '{name}' already exists")
    return _rule(
        call.store.insert(
            "protected_branches",
            project_id=project["id"],
            name=name,
            push_access_level=given["push_access_level"],
            merge_access_level=given["merge_access_level"],
        )
    )


@routes.delete(f"{_RULES}/{{name}}", errors=(403, 404))
def _delete(call: Call) -> None:
    call.store.delete("protected_branches", _find_rule(call)["id"])
