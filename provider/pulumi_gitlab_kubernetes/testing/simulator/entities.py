"""Entities in the responses of several families, with GitLab's names."""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, project_settings
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import full_path
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store


def user_basic(call: Call, user: Row) -> dict[str, Any]:
    """Return `UserBasic`."""
    return {
        "id": user["id"],
        "username": user["username"],
        "public_email": "",
        "name": user["name"],
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{call.base_url}/{user['username']}",
    }


def namespace_basic(call: Call, namespace: Row) -> dict[str, Any]:
    """Return `NamespaceBasic`."""
    prefix = "/groups" if namespace["kind"] == "group" else ""
    return {
        "id": namespace["id"],
        "name": namespace["name"],
        "path": namespace["path"],
        "kind": namespace["kind"],
        "full_path": namespace["full_path"],
        "parent_id": namespace["parent_id"],
        "avatar_url": None,
        "web_url": f"{call.base_url}{prefix}/{namespace['full_path']}",
    }


def full_name(store: Store, namespace_id: int | None) -> str:
    """Return the names of a namespace and of those above it, separated by slashes."""
    names: list[str] = []
    while namespace_id is not None:
        namespace = store.fetch("namespaces", namespace_id)
        names.insert(0, namespace["name"])
        namespace_id = namespace["parent_id"]
    return " / ".join(names)


def project_identity(call: Call, project: Row) -> dict[str, Any]:
    """Return `ProjectIdentity`."""
    namespace = full_name(call.store, project["namespace_id"])
    return {
        "id": project["id"],
        "description": project["description"],
        "name": project["name"],
        "name_with_namespace": f"{namespace} / {project['name']}",
        "path": project["path"],
        "path_with_namespace": full_path(call.store, project),
        "created_at": project["created_at"],
    }


def basic_project_details(call: Call, project: Row) -> dict[str, Any]:
    """Return `BasicProjectDetails`; some keys are only for users who can read the code."""
    path = full_path(call.store, project)
    namespace = call.store.fetch("namespaces", project["namespace_id"])
    reads_code = project["visibility"] != "private" or auth.has_role(
        call, project, Role.REPORTER, "repository"
    )
    host = call.base_url.partition("://")[2].partition(":")[0]
    code = {"default_branch": project["default_branch"]} if reads_code else {}
    extras: dict[str, Any] = {"readme_url": None, "forks_count": 0} if reads_code else {}
    topics = project_settings.topics(project)
    return {
        **project_identity(call, project),
        **code,
        "tag_list": topics,
        "topics": topics,
        "ssh_url_to_repo": f"git@{host}:{path}.git",
        "http_url_to_repo": f"{call.base_url}/{path}.git",
        "web_url": f"{call.base_url}/{path}",
        **extras,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": project["updated_at"],
        "namespace": namespace_basic(call, namespace),
        **({"repository_storage": "default"} if call.caller["admin"] else {}),
    }
