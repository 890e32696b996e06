"""Groups, as far as projects and members need them.

Follows https://docs.gitlab.com/api/groups/.
"""

from __future__ import annotations

import re
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import entities, errors, group_settings
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import full_path
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

VISIBILITIES = ("private", "internal", "public")
PATH = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*")

routes = Family("https://docs.gitlab.com/api/groups/")


def _group(call: Call, group: Row) -> dict[str, Any]:
    return {
        "id": group["id"],
        "web_url": f"{call.base_url}/groups/{group['full_path']}",
        "name": group["name"],
        "path": group["path"],
        "description": group["description"] or "",
        "visibility": group["visibility"],
        "avatar_url": None,
        "full_name": entities.full_name(call.store, group["id"]),
        "full_path": group["full_path"],
        "created_at": group["created_at"],
        "parent_id": group["parent_id"],
        **group_settings.visible(call.store, group, group_level(call, group)),
    }


def _details(call: Call, group: Row) -> dict[str, Any]:
    """Return a group as GET by id does."""
    entity = {**_group(call, group), "shared_with_groups": []}
    if group_level(call, group) >= Role.OWNER:
        entity["runners_token"] = None  # as with registration tokens disabled
    return entity


def find_group(call: Call) -> Row:
    """Return the group with the id or path in `:id`, if it is visible to the user.

    Raises:
        ApiError: 404.
    """
    name = str(call.given["id"])
    column = "id" if name.isdigit() else "full_path"
    group = call.store.one(f"SELECT * FROM namespaces WHERE kind = 'group' AND {column} = ?", name)
    if group is None or not can_see_group(call, group):
        raise errors.not_found("Group")
    return group


def can_see_group(call: Call, group: Row) -> bool:
    """Return whether a group is visible to the user."""
    return group["visibility"] != "private" or group_level(call, group) > Role.NONE


def group_level(call: Call, group: Row) -> int:
    """Return the user's role in a group: the highest in it and in the groups above."""
    level: int = Role.NONE
    current: Row | None = group
    if call.caller["admin"]:
        return Role.OWNER
    while current is not None:
        found = call.store.scalar(
            "SELECT access_level FROM members WHERE namespace_id = ? AND user_id = ?",
            current["id"],
            call.caller["id"],
        )
        level = max(level, found or 0)
        parent = current["parent_id"]
        current = None if parent is None else call.store.fetch("namespaces", parent)
    return level


def _require_owner(call: Call, group: Row) -> None:
    if group_level(call, group) < Role.OWNER:
        raise errors.forbidden()


@routes.get("/groups", Param("search"), *PAGE_PARAMS, errors=(400,))
def _list(call: Call) -> Any:
    visible = [
        row["id"]
        for row in call.store.all("SELECT * FROM namespaces WHERE kind = 'group'")
        if can_see_group(call, row)
    ]
    search = call.params.get("search") or ""
    marks = ", ".join("?" * len(visible))
    return paginate(
        call,
        f"SELECT * FROM namespaces WHERE id IN ({marks}) AND instr(lower(full_path), lower(?)) "
        "ORDER BY name, id",
        (*visible, search),
        lambda group: _group(call, group),
    )


@routes.get("/groups/{id}", role=Role.GUEST, errors=(404,))
def _show(call: Call) -> Any:
    return _details(call, find_group(call))


@routes.post(
    "/groups",
    Param("name", required=True, allow_blank=False),
    Param("path", required=True, allow_blank=False),
    Param("parent_id", int),
    Param("description"),
    Param("visibility", default="private", values=VISIBILITIES),
    *group_settings.params(creation=True),
    errors=(400, 403, 404),
)
def _create(call: Call) -> Any:
    given, store = call.params, call.store
    path, parent_id = given["path"], given.get("parent_id")
    if parent_id is not None:
        parent = store.get("namespaces", parent_id)
        if parent is None or parent["kind"] != "group" or not group_level(call, parent):
            raise errors.not_found("Group")
        if (
            group_level(call, parent)
            < group_settings.CREATORS[group_settings.value(parent, "subgroup_creation_level")]
        ):
            raise errors.forbidden()
        path = f"{parent['full_path']}/{path}"
    _require_free(store, path)
    group = store.insert(
        "namespaces",
        kind="group",
        name=given["name"],
        path=given["path"],
        full_path=path,
        parent_id=parent_id,
        visibility=given["visibility"],
        description=given.get("description"),
        created_at=store.timestamp(),
        **group_settings.column(store, given),
    )
    store.insert(
        "members",
        user_id=call.caller["id"],
        namespace_id=group["id"],
        access_level=Role.OWNER,
        created_at=store.timestamp(),
    )
    return _details(call, group)


def _require_free(store: Store, path: str) -> None:
    if not PATH.fullmatch(path.rpartition("/")[2]):
        raise errors.model_errors({"path": ["can only include letters, digits, '_', '-', '.'"]})
    if store.one("SELECT 1 FROM namespaces WHERE full_path = ?", path):
        # GitLab sends the list of messages as one text here.
        raise errors.message(400, 'Failed to save group {:path=>["has already been taken"]}')


@routes.put(
    "/groups/{id}",
    Param("name", allow_blank=False),
    Param("path", allow_blank=False),
    Param("description"),
    Param("visibility", values=VISIBILITIES),
    *group_settings.params(creation=False),
    role=Role.OWNER,
    errors=(400, 403, 404),
)
def _update(call: Call) -> Any:
    group, given, store = find_group(call), call.params, call.store
    _require_owner(call, group)
    own = ("name", "path", "description", "visibility")
    changes = {key: given[key] for key in own if given.get(key) is not None}
    changes |= group_settings.column(store, given, group)
    if (path := changes.get("path")) and path != group["path"]:
        changes["full_path"] = "/".join([*group["full_path"].split("/")[:-1], path])
        _require_free(store, changes["full_path"])
        _move_children(store, group, changes["full_path"])
    return _details(call, store.update("namespaces", group["id"], **changes))


def _move_children(store: Store, group: Row, path: str) -> None:
    """Add redirects and set the new paths of all groups below."""
    for project in store.all("SELECT * FROM projects WHERE namespace_id = ?", group["id"]):
        leave_redirect(store, project)
    for child in store.all("SELECT * FROM namespaces WHERE parent_id = ?", group["id"]):
        below = f"{path}/{child['path']}"
        _move_children(store, child, below)
        store.update("namespaces", child["id"], full_path=below)


def leave_redirect(store: Store, project: Row) -> None:
    """Add a redirect from a project's old path."""
    path = full_path(store, project)
    store.execute("REPLACE INTO redirects (path, project_id) VALUES (?, ?)", path, project["id"])


@routes.delete("/groups/{id}", status=202, role=Role.OWNER, errors=(403, 404))
def _delete(call: Call) -> Any:
    group = find_group(call)
    _require_owner(call, group)
    call.store.delete("namespaces", group["id"])
    return {"message": "202 Accepted"}
