"""Protected environments: only allowed users can deploy, change, stop and delete them.

They require a Premium or Ultimate license. Approval rules, updates of a protection and protected
environments of groups are not simulated.

Follows https://docs.gitlab.com/api/protected_environments/.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.instance import licensed_plan
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store
from pulumi_gitlab_kubernetes.testing.simulator.validation import BLANK, blank

_ADMIN = 60
_DESCRIPTIONS = {30: "Developers + Maintainers", 40: "Maintainers", _ADMIN: "Admins"}
_PLANS = ("premium", "ultimate")

ALREADY_PROTECTED = "Environment '{name}' is already protected"
# The text of the model's message is inferred.
NO_ACCESS_LEVELS = "Deploy access levels is too short (minimum is 1 character)"


def is_protected(store: Store, environment: Row) -> bool:
    """Return whether an environment is protected."""
    return _protection(store, environment["project_id"], environment["name"]) is not None


def can_deploy(store: Store, user: Row, project: Row, name: str) -> bool:
    """Return whether a user can deploy to an environment, by its protection."""
    protection = _protection(store, project["id"], name)
    if protection is None or user["admin"]:
        return True
    level = auth.access_level(store, user, project)
    return any(
        access["user_id"] == user["id"]
        if access["user_id"]
        else _in_group(store, user, access["group_id"])
        if access["group_id"]
        else level >= access["access_level"]
        for access in _access_levels(store, protection)
    )


def require_access(call: Call, environment: Row) -> None:
    """Reject users whom the environment's protection excludes.

    Raises:
        ApiError: 403.
    """
    project = call.store.fetch("projects", environment["project_id"])
    if not can_deploy(call.store, call.caller, project, environment["name"]):
        raise errors.forbidden()


def _protection(store: Store, project_id: int, name: str) -> Row | None:
    row = store.one(
        "SELECT * FROM protected_environments WHERE project_id = ? AND name = ?", project_id, name
    )
    return row if row is not None and licensed_plan(store) in _PLANS else None


def _access_levels(store: Store, protection: Row) -> list[Row]:
    return store.all(
        "SELECT * FROM deploy_access_levels WHERE protected_environment_id = ? ORDER BY id",
        protection["id"],
    )


def _in_group(store: Store, user: Row, group_id: int) -> bool:
    """Return whether a user is a direct member of a group."""
    sql = "SELECT 1 FROM members WHERE user_id = ? AND namespace_id = ?"
    return store.one(sql, user["id"], group_id) is not None


def _allowed(call: Call) -> None:
    """Reject users below Maintainer, and all without the license (403 is inferred).

    GitLab does so before it validates the parameters.
    """
    auth.require(call, find_project(call), Role.MAINTAINER)
    if licensed_plan(call.store) not in _PLANS:
        raise errors.forbidden()


routes = Family(
    "https://docs.gitlab.com/api/protected_environments/",
    before=(_allowed,),
    role=Role.MAINTAINER,
    errors=(403, 404),
)

_COLLECTION = "/projects/{id}/protected_environments"
_MEMBER = "/projects/{id}/protected_environments/{name}"


def _present(call: Call, row: Row) -> dict[str, Any]:
    return {
        "name": row["name"],
        "deploy_access_levels": [
            _access_level(call, access) for access in _access_levels(call.store, row)
        ],
        "required_approval_count": 0,
        "approval_rules": [],
    }


def _access_level(call: Call, row: Row) -> dict[str, Any]:
    if row["user_id"]:
        description = call.store.fetch("users", row["user_id"])["name"]
    elif row["group_id"]:
        description = call.store.fetch("namespaces", row["group_id"])["name"]
    else:
        description = _DESCRIPTIONS[row["access_level"]]
    names = ("id", "access_level", "user_id", "group_id", "group_inheritance_type")
    return {**{name: row[name] for name in names}, "access_level_description": description}


def _find(call: Call) -> Row:
    row = call.store.one(
        "SELECT * FROM protected_environments WHERE project_id = ? AND name = ?",
        find_project(call)["id"],
        call.params["name"],
    )
    if row is None:
        raise errors.record_not_found()
    return row


@routes.get(_COLLECTION, *PAGE_PARAMS, errors=(400, 403, 404))
def _list(call: Call) -> Any:
    return paginate(
        call,
        "SELECT * FROM protected_environments WHERE project_id = ? ORDER BY name",
        (find_project(call)["id"],),
        lambda row: _present(call, row),
    )


@routes.get(_MEMBER)
def _show(call: Call) -> Any:
    return _present(call, _find(call))


@routes.post(
    _COLLECTION,
    Param("name", required=True),
    Param(
        "deploy_access_levels",
        list,
        required=True,
        fields=(
            Param("access_level", int, values=tuple(_DESCRIPTIONS)),
            Param("user_id", int),
            Param("group_id", int),
            Param("group_inheritance_type", int, default=0, values=(0, 1)),
        ),
    ),
    errors=(400, 403, 404, 409, 422),
)
def _protect(call: Call) -> Any:
    project, store, name = find_project(call), call.store, call.params["name"]
    if store.one(
        "SELECT 1 FROM protected_environments WHERE project_id = ? AND name = ?",
        project["id"],
        name,
    ):
        raise errors.message(409, ALREADY_PROTECTED.format(name=name))
    # Users and groups without access to the project are ignored.
    levels = [
        level
        for level in call.params["deploy_access_levels"]
        if level.get("access_level") or _has_access(call, project, level)
    ]
    messages = [] if levels else [NO_ACCESS_LEVELS]
    messages += [f"Name {BLANK}"] if blank(name) else []
    if messages:
        raise errors.message(422, messages)
    row = store.insert("protected_environments", project_id=project["id"], name=name)
    for level in levels:
        store.insert("deploy_access_levels", protected_environment_id=row["id"], **level)
    return _present(call, row)


def _has_access(call: Call, project: Row, level: dict[str, Any]) -> bool:
    store = call.store
    if user_id := level.get("user_id"):
        user = store.get("users", user_id)
        return user is not None and auth.access_level(store, user, project) >= Role.DEVELOPER
    # Only a group that contains the project counts here, not one that it is shared with.
    return level.get("group_id") in auth.namespaces_above(store, project)


@routes.delete(_MEMBER)
def _unprotect(call: Call) -> None:
    call.store.delete("protected_environments", _find(call)["id"])
