"""Members of projects and groups, and their roles.

Follows https://docs.gitlab.com/api/members/.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, entities, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.groups import find_group, group_level
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

LEVELS = (5, 10, 15, 20, 30, 40, 50)

routes = Family("https://docs.gitlab.com/api/members/")


def _member(call: Call, member: Row) -> dict[str, Any]:
    return {
        **entities.user_basic(call, call.store.fetch("users", member["user_id"])),
        "access_level": member["access_level"],
        "created_at": member["created_at"],
        "expires_at": member["expires_at"],
        "membership_state": "active",
    }


def _source(call: Call, *, write: bool = False) -> tuple[str, int]:
    """Return the column and id of the project or group in the path."""
    if "/projects/" in call.url:
        project = find_project(call)
        if write:
            auth.require(call, project, Role.MAINTAINER)
        return "project_id", project["id"]
    group = find_group(call)
    if write and group_level(call, group) < Role.OWNER:
        raise errors.forbidden()
    return "namespace_id", group["id"]


def _find(call: Call, column: str, source: int) -> Row:
    member = call.store.one(
        f"SELECT * FROM members WHERE {column} = ? AND user_id = ?", source, call.params["user_id"]
    )
    if member is None:
        raise errors.record_not_found()
    return member


def _list(call: Call) -> Any:
    column, source = _source(call)
    return paginate(
        call,
        f"SELECT * FROM members WHERE {column} = ? ORDER BY id",
        (source,),
        lambda member: _member(call, member),
    )


def _show(call: Call) -> Any:
    return _member(call, _find(call, *_source(call)))


def _create(call: Call) -> Any:
    column, source = _source(call, write=True)
    given, store = call.params, call.store
    if store.get("users", given["user_id"]) is None:
        raise errors.not_found("User")
    if store.one(
        f"SELECT 1 FROM members WHERE {column} = ? AND user_id = ?", source, given["user_id"]
    ):
        raise errors.message(409, "Member already exists")
    expires_at = given.get("expires_at")
    member = store.insert(
        "members",
        user_id=given["user_id"],
        access_level=given["access_level"],
        expires_at=expires_at and expires_at.isoformat(),
        created_at=store.timestamp(),
        **{column: source},
    )
    return _member(call, member)


def _update(call: Call) -> Any:
    member = _find(call, *_source(call, write=True))
    level = call.params["access_level"]
    return _member(call, call.store.update("members", member["id"], access_level=level))


def _delete(call: Call) -> None:
    member = _find(call, *_source(call, write=True))
    call.store.delete("members", member["id"])


for _kind in ("projects", "groups"):
    _collection, _member_path = (
        f"/{_kind}/{{id}}/members",
        f"/{_kind}/{{id}}/members/{{user_id:int}}",
    )
    _level = Param("access_level", int, required=True, allow_blank=False, values=LEVELS)
    _user = Param("user_id", int, required=True, allow_blank=False)
    _reads: dict[str, Any] = {"role": Role.GUEST, "errors": (400, 404)}
    _writes: dict[str, Any] = {"role": Role.MAINTAINER, "errors": (400, 403, 404)}
    if _kind == "groups":
        _writes["role"] = Role.OWNER
    routes.get(_collection, *PAGE_PARAMS, **_reads)(_list)
    routes.get(_member_path, **_reads)(_show)
    routes.post(
        _collection,
        _user,
        _level,
        Param("expires_at", date),
        **{**_writes, "errors": (400, 403, 404, 409)},
    )(_create)
    routes.put(_member_path, _level, **_writes)(_update)
    routes.delete(_member_path, **_writes)(_delete)
