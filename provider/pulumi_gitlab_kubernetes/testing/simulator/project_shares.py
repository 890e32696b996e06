"""Projects shared with groups, whose members get a role in the project.

Follows https://docs.gitlab.com/api/projects/#share-a-project-with-a-group.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors, group_settings
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.groups import can_see_group
from pulumi_gitlab_kubernetes.testing.simulator.lookups import check_unmodified_since, find_project
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

LEVELS = (10, 15, 20, 30, 40, 50)

routes = Family("https://docs.gitlab.com/api/projects/")


def shared_with_groups(call: Call, project: Row) -> list[dict[str, Any]]:
    """Return a project's shares with groups that are visible to the user."""
    found = []
    for share in call.store.all(
        "SELECT * FROM project_group_links WHERE project_id = ? ORDER BY id", project["id"]
    ):
        group = call.store.fetch("namespaces", share["group_id"])
        if _is_current(call.store, share) and can_see_group(call, group):
            found.append(
                {
                    "group_id": group["id"],
                    "group_name": group["name"],
                    "group_full_path": group["full_path"],
                    "group_access_level": share["group_access"],
                    "expires_at": share["expires_at"],
                }
            )
    return found


def _is_current(store: Store, share: Row) -> bool:
    # A share ends at the start of its expiration date.
    return share["expires_at"] is None or share["expires_at"] > store.timestamp()[:10]


def _find(call: Call, project: Row) -> Row | None:
    """Return the project's share with a group, unless it has expired."""
    share = call.store.one(
        "SELECT * FROM project_group_links WHERE project_id = ? AND group_id = ?",
        project["id"],
        call.params["group_id"],
    )
    if share is None or _is_current(call.store, share):
        return share
    call.store.delete("project_group_links", share["id"])
    return None


@routes.post(
    "/projects/{id}/share",
    Param("group_id", int, required=True, allow_blank=False),
    Param("group_access", int, required=True, allow_blank=False, values=LEVELS),
    Param("expires_at", date),
    role=Role.MAINTAINER,
    errors=(400, 403, 404, 409),
)
def _create(call: Call) -> Any:
    project, given, store = find_project(call), call.params, call.store
    auth.require(call, project, Role.MAINTAINER)
    namespace = store.fetch("namespaces", project["namespace_id"])
    if group_settings.value(namespace, "share_with_group_lock"):
        raise errors.message(400, "The project sharing with group is disabled")
    if given["group_access"] == Role.OWNER:
        auth.require(call, project, Role.OWNER)
    group = store.get("namespaces", given["group_id"])
    if group is None or group["kind"] != "group" or not can_see_group(call, group):
        raise errors.message(404, "Not Found")
    refusals = []
    if _find(call, project):
        refusals.append("Project already shared with this group")
    if group["id"] in auth.namespaces_above(store, project):
        refusals.append("Project cannot be shared with the group it is in or one of its ancestors.")
    if refusals:
        raise errors.message(409, " and ".join(refusals))
    expires_at, now = given.get("expires_at"), store.timestamp()
    share = store.insert(
        "project_group_links",
        project_id=project["id"],
        group_id=group["id"],
        group_access=given["group_access"],
        expires_at=expires_at and expires_at.isoformat(),
        created_at=now,
        updated_at=now,
    )
    return {
        key: share[key] for key in ("id", "project_id", "group_id", "group_access", "expires_at")
    }


@routes.delete(
    "/projects/{id}/share/{group_id:int}", role=Role.MAINTAINER, errors=(400, 403, 404, 412)
)
def _delete(call: Call) -> None:
    project = find_project(call)
    auth.require(call, project, Role.MAINTAINER)
    share = _find(call, project)
    if share is None:
        raise errors.not_found("Group Link")
    check_unmodified_since(call, share)
    if share["group_access"] == Role.OWNER:
        auth.require(call, project, Role.OWNER)
    call.store.delete("project_group_links", share["id"])
