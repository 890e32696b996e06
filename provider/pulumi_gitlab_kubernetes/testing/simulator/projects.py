"""Projects.

Follows https://docs.gitlab.com/api/projects/.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import (
    auth,
    entities,
    errors,
    group_settings,
    project_settings,
    repository,
)
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
from pulumi_gitlab_kubernetes.testing.simulator.project_shares import LEVELS, shared_with_groups
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, from_timestamp

_OPTIONS = (
    Param("description"),
    Param("visibility", values=VISIBILITIES),
    Param("default_branch"),
)
_ORDERS = ("id", "name", "path", "created_at", "updated_at", "last_activity_at")
_PATH_TEXT = (
    "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', "
    "end in '.git' or end in '.atom'"
)

routes = Family("https://docs.gitlab.com/api/projects/")


def _project(call: Call, project: Row) -> dict[str, Any]:
    level = auth.access_level(call.store, call.caller, project)
    return {
        **entities.basic_project_details(call, project),
        **_links(call, project),
        "visibility": project["visibility"],
        "archived": bool(project["archived"]),
        "empty_repo": repository.is_empty(call.store, project),
        "creator_id": project["creator_id"],
        "import_status": "none",
        "description_html": _html(project["description"]),
        "updated_at": project["updated_at"],
        **project_settings.visible(call, project),
        "shared_with_groups": shared_with_groups(call, project),
        "permissions": {
            "project_access": {"access_level": level, "notification_level": 3} if level else None,
            "group_access": None,
        },
    }


def _links(call: Call, project: Row) -> dict[str, Any]:
    """Return the links of a project, and the owner of a personal project."""
    own = f"{call.base_url}/api/v4/projects/{project['id']}"
    below = {
        "issues": "issues",
        "merge_requests": "merge_requests",
        "repo_branches": "repository/branches",
        "labels": "labels",
        "events": "events",
        "members": "members",
        "cluster_agents": "cluster_agents",
    }
    owner = call.store.fetch("namespaces", project["namespace_id"])["owner_id"]
    links = {"self": own, **{name: f"{own}/{path}" for name, path in below.items()}}
    if owner is None:
        return {"_links": links}
    return {
        "_links": links,
        "owner": entities.user_basic(call, call.store.fetch("users", owner)),
    }


def _html(description: str | None) -> str:
    # Markdown is not rendered.
    return f'<p dir="auto">{html.escape(description)}</p>' if description else ""


@routes.get(
    "/projects",
    Param("search"),
    Param("membership", bool),
    Param("owned", bool),
    Param("archived", bool),
    Param("visibility", values=VISIBILITIES),
    Param("min_access_level", int, values=LEVELS),
    Param("updated_after", datetime),
    Param("updated_before", datetime),
    Param("last_activity_after", datetime),
    Param("last_activity_before", datetime),
    Param("order_by", default="created_at", values=_ORDERS),
    Param("sort", default="desc", values=("asc", "desc")),
    *PAGE_PARAMS,
    errors=(400,),
)
def _list(call: Call) -> Any:
    given = call.params
    seen = [
        project["id"]
        for project in call.store.all("SELECT * FROM projects")
        if auth.can_see(call.store, call.caller, project) and _is_meant(call, project)
    ]
    marks = ", ".join("?" * len(seen))
    # The last activity is the last change of the project itself.
    order = given["order_by"].replace("last_activity_at", "updated_at")
    return paginate(
        call,
        f"SELECT * FROM projects WHERE id IN ({marks}) AND instr(lower(name), lower(?)) "
        f"ORDER BY {order} {given['sort']}, id {given['sort']}",
        (*seen, given.get("search") or ""),
        lambda project: _project(call, project),
    )


def _is_meant(call: Call, project: Row) -> bool:
    """Return whether a project matches the filters of a list."""
    given, updated_at = call.params, from_timestamp(project["updated_at"])
    least = max(
        Role.OWNER if given.get("owned") else Role.NONE,
        Role.GUEST if given.get("membership") else Role.NONE,
        given.get("min_access_level") or Role.NONE,
    )
    # Administrators are not members of every project.
    if least and auth.membership_level(call.store, call.caller, project) < least:
        return False
    after = [given[key] for key in ("updated_after", "last_activity_after") if given.get(key)]
    before = [given[key] for key in ("updated_before", "last_activity_before") if given.get(key)]
    return (
        given.get("archived") in (None, bool(project["archived"]))
        and given.get("visibility") in (None, project["visibility"])
        and all(updated_at > moment for moment in after)
        and all(updated_at < moment for moment in before)
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
    *project_settings.params(creation=True),
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
        **project_settings.columns(call, given),
    )
    # A new project replaces a redirect from its path.
    store.execute("DELETE FROM redirects WHERE path = ?", full_path(store, project))
    if given.get("initialize_with_readme"):
        # The text is inferred.
        readme = f"# {project['name']}\n\n{project['description'] or ''}".encode()
        repository.commit_file(
            call,
            project,
            "README.md",
            readme,
            message="Initial commit",
            branch=project["default_branch"] or "main",
        )
        project = store.fetch("projects", project["id"])
    return _project(call, project)


def _namespace(call: Call, namespace_id: int | None) -> Row:
    """Return a new project's namespace: a group the user can create projects in, or their own."""
    store, caller = call.store, call.caller
    if namespace_id is None:
        found = store.one("SELECT * FROM namespaces WHERE owner_id = ?", caller["id"])
    else:
        found = store.get("namespaces", namespace_id)
    if found is None:
        raise errors.model_errors({"namespace": ["is not valid"]})
    own = found["owner_id"] == caller["id"] or caller["admin"]
    least = group_settings.CREATORS[group_settings.value(found, "project_creation_level")]
    if not own and group_level(call, found) < least:
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
    *project_settings.params(creation=False),
    role=Role.MAINTAINER,
    errors=(400, 403, 404),
)
def _update(call: Call) -> Any:
    project, store = find_project(call), call.store
    auth.require(call, project, Role.MAINTAINER)
    own = ("name", "path", *(option.name for option in _OPTIONS))
    changes = {name: value for name, value in call.params.items() if name in own}
    changes = {n: v for n, v in changes.items() if v is not None or n == "description"}
    changes |= project_settings.columns(call, call.params, project)
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
