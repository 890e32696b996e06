"""Projects: made, found, renamed, archived, removed.

Follows https://docs.gitlab.com/api/projects/.
"""

from __future__ import annotations

import re
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors, fragments
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.groups import (
    PATH,
    VISIBILITIES,
    group_level,
    leave_redirect,
)
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project, full_path
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.repository_files import add_file
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

_FEATURES = (
    "repository_access_level",
    "builds_access_level",
    "environments_access_level",
    "infrastructure_access_level",
)
_OPTIONS = (
    Param("description"),
    Param("visibility", values=VISIBILITIES),
    Param("default_branch"),
    *(Param(name, values=("disabled", "private", "enabled", "public")) for name in _FEATURES),
)
_PATH_TEXT = (
    "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', "
    "end in '.git' or end in '.atom'"
)

routes = Family("https://docs.gitlab.com/api/projects/")


def _project(call: Call, project: Row) -> dict[str, Any]:
    empty = not call.store.one("SELECT 1 FROM repository_files WHERE project_id = ?", project["id"])
    level = auth.access_level(call.store, call.caller, project)
    return {
        **fragments.basic_project_details(call, project),
        "visibility": project["visibility"],
        "archived": bool(project["archived"]),
        "empty_repo": empty,
        "creator_id": project["creator_id"],
        "updated_at": project["updated_at"],
        **{name: project[name] for name in _FEATURES},
        "permissions": {
            "project_access": {"access_level": level, "notification_level": 3} if level else None,
            "group_access": None,
        },
    }


@routes.get(
    "/projects",
    Param("search"),
    Param("membership", bool),
    Param("archived", bool),
    *PAGE_PARAMS,
    errors=(400,),
)
def _list(call: Call) -> Any:
    store, given = call.store, call.params
    least = Role.GUEST if given.get("membership") else Role.NONE
    seen = [
        project["id"]
        for project in store.all("SELECT * FROM projects")
        if auth.can_see(store, call.caller, project)
        and auth.access_level(store, call.caller, project) >= least
        and given.get("archived") in (None, bool(project["archived"]))
    ]
    marks = ", ".join("?" * len(seen))
    return paginate(
        call,
        f"SELECT * FROM projects WHERE id IN ({marks}) AND instr(lower(name), lower(?)) "
        "ORDER BY created_at DESC, id DESC",
        (*seen, given.get("search") or ""),
        lambda project: _project(call, project),
    )


@routes.get("/projects/{id}", role=Role.GUEST, errors=(404,))
def _show(call: Call) -> Any:
    return _project(call, find_project(call))


@routes.post(
    "/projects",
    Param("name"),
    Param("path"),
    Param("namespace_id", int),
    Param("initialize_with_readme", bool),
    *_OPTIONS,
    errors=(400,),
)
def _create(call: Call) -> Any:
    given, store = call.params, call.store
    name, path = given.get("name"), given.get("path")
    if not name and not path:
        # The wording is inferred.
        raise errors.parameter_error(
            "name, path are missing, at least one parameter must be provided"
        )
    path = path or re.sub(r"[^a-z0-9_.-]+", "-", str(name).lower()).strip("-")
    namespace = _namespace(call, given.get("namespace_id"))
    _check_path(store, namespace, path)
    now = store.timestamp()
    project = store.insert(
        "projects",
        namespace_id=namespace["id"],
        name=name or path,
        path=path,
        description=given.get("description"),
        visibility=given.get("visibility") or "private",
        default_branch=given.get("default_branch"),
        creator_id=call.caller["id"],
        created_at=now,
        updated_at=now,
        **{feature: given.get(feature) or "enabled" for feature in _FEATURES},
    )
    # A new project takes over a path that another one moved away from.
    store.execute("DELETE FROM redirects WHERE path = ?", full_path(store, project))
    if given.get("initialize_with_readme"):
        # Its text is inferred.
        readme = f"# {project['name']}\n\n{project['description'] or ''}".encode()
        add_file(store, project, project["default_branch"] or "main", "README.md", readme)
        project = store.fetch("projects", project["id"])
    return _project(call, project)


def _namespace(call: Call, namespace_id: int | None) -> Row:
    """Return where a new project goes: a group the caller may add to, or their own namespace."""
    store, caller = call.store, call.caller
    if namespace_id is None:
        found = store.one("SELECT * FROM namespaces WHERE owner_id = ?", caller["id"])
    else:
        found = store.get("namespaces", namespace_id)
    if found is None:
        raise errors.model_errors({"namespace": ["is not valid"]})
    own = found["owner_id"] == caller["id"] or caller["admin"]
    if not own and group_level(call, found) < Role.DEVELOPER:
        raise errors.model_errors({"namespace": ["is not valid"]})
    return found


def _check_path(store: Store, namespace: Row, path: str) -> None:
    if not PATH.fullmatch(path) or path.endswith((".git", ".atom")):
        raise errors.model_errors({"path": [_PATH_TEXT]})
    if store.one(
        "SELECT 1 FROM projects WHERE namespace_id = ? AND path = ?", namespace["id"], path
    ):
        raise errors.model_errors(
            {
                "project_namespace.name": ["has already been taken"],
                "name": ["has already been taken"],
                "path": ["has already been taken"],
            }
        )


@routes.put(
    "/projects/{id}",
    Param("name", allow_blank=False),
    Param("path", allow_blank=False),
    *_OPTIONS,
    role=Role.MAINTAINER,
    errors=(400, 403, 404),
)
def _update(call: Call) -> Any:
    project, store = find_project(call), call.store
    auth.require(call, project, Role.MAINTAINER)
    changes = {name: value for name, value in call.params.items() if name != "id"}
    changes = {n: v for n, v in changes.items() if v is not None or n == "description"}
    if (path := changes.get("path", project["path"])) != project["path"]:
        namespace = store.fetch("namespaces", project["namespace_id"])
        if path.lower() != project["path"].lower():
            _check_path(store, namespace, path)
        leave_redirect(store, project)
    project = store.update("projects", project["id"], **changes, updated_at=store.timestamp())
    store.execute("DELETE FROM redirects WHERE path = ?", full_path(store, project))
    return _project(call, project)


@routes.delete("/projects/{id}", status=202, role=Role.OWNER, errors=(403, 404))
def _delete(call: Call) -> Any:
    project = find_project(call)
    if not auth.has_role(call, project, Role.OWNER):
        raise errors.forbidden()
    call.store.delete("projects", project["id"])
    return {"message": "202 Accepted"}


def _set_archived(call: Call, *, archived: bool) -> Any:
    project = find_project(call)
    if not auth.has_role(call, project, Role.OWNER):
        raise errors.forbidden()
    now = call.store.timestamp()
    project = call.store.update("projects", project["id"], archived=archived, updated_at=now)
    return _project(call, project)


@routes.post("/projects/{id}/archive", role=Role.OWNER, errors=(403, 404))
def _archive(call: Call) -> Any:
    return _set_archived(call, archived=True)


@routes.post("/projects/{id}/unarchive", role=Role.OWNER, errors=(403, 404))
def _unarchive(call: Call) -> Any:
    return _set_archived(call, archived=False)
