"""Projects: ids and paths, moves, archiving, inherited roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NOT_FOUND = {"message": "404 Project Not Found"}


def test_a_project_is_found_by_id_or_encoded_path(root: Any, project: Any) -> None:
    """A single word is never a path."""
    for name in (project["id"], "group%2Fapp", "GROUP%2Fapp"):
        assert root("GET", f"projects/{name}").json()["id"] == project["id"]
    for name in ("app", "group%2Fother", "99"):
        assert root("GET", f"projects/{name}/environments").json() == NOT_FOUND


def test_a_renamed_project_redirects(root: Any, project: Any) -> None:
    """The old path is 301 for GET and 405 for others, until another project uses it."""
    assert root("PUT", f"projects/{project['id']}", {"path": "renamed"}).ok
    token = root.session.headers["PRIVATE-TOKEN"]
    moved = root("GET", f"projects/group%2Fapp/environments?private_token={token}&page=2")
    target = f"{root.url}/projects/{project['id']}/environments?page=2"
    assert (moved.status_code, moved.headers["Location"]) == (301, target)
    assert moved.text == f"This resource has been moved permanently to {target}"
    assert moved.headers["Content-Type"] == "text/plain"
    rejected = root("POST", "projects/group%2Fapp/environments", {"name": "x"})
    assert (rejected.status_code, rejected.json()) == (
        405,
        {"message": "Non GET methods are not allowed for moved projects"},
    )
    assert root("GET", "projects/group%2Frenamed").status_code == 200
    new = root("POST", "projects", {"name": "app", "namespace_id": project["namespace"]["id"]})
    assert root("GET", "projects/group%2Fapp").json()["id"] == new.json()["id"]


def test_a_renamed_group_redirects(root: Any, project: Any) -> None:
    """Also for projects in its subgroups."""
    sub = root("POST", "groups", {"name": "S", "path": "sub", "parent_id": 2}).json()
    deep = root("POST", "projects", {"name": "deep", "namespace_id": sub["id"]}).json()
    assert deep["path_with_namespace"] == "group/sub/deep"
    assert root("PUT", "groups/2", {"path": "team"}).json()["full_path"] == "team"
    assert root("GET", "projects/group%2Fapp").status_code == 301
    assert root("GET", "projects/group%2Fsub%2Fdeep").status_code == 301
    assert root("GET", "projects/team%2Fsub%2Fdeep").json()["id"] == deep["id"]
    assert root("GET", "projects/team%2Fapp").json()["id"] == project["id"]


def test_an_archived_project_is_read_only(root: Any, project: Any) -> None:
    """Writes get 403, also for administrators, until it is unarchived."""
    path = f"projects/{project['id']}/environments"
    assert root("POST", f"projects/{project['id']}/archive").json()["archived"] is True
    assert root("GET", path).status_code == 200
    assert root("POST", path, {"name": "x"}).status_code == 403
    assert root("POST", f"projects/{project['id']}/unarchive").status_code == 201
    assert root("POST", path, {"name": "x"}).status_code == 201


def test_a_public_project_is_visible_to_all(
    root: Any, as_role: Callable[..., Any], project: Any
) -> None:
    """So are its environments, but not its agents."""
    root("PUT", f"projects/{project['id']}", {"visibility": "public"})
    stranger = as_role(0)
    assert stranger("GET", f"projects/{project['id']}/environments").status_code == 200
    agents = stranger("GET", f"projects/{project['id']}/cluster_agents")
    assert agents.json() == {"message": "404 ClusterAgents Not Found"}


def test_a_disabled_feature_rejects_every_role(
    root: Any, as_role: Callable[..., Any], project: Any
) -> None:
    """Without CI/CD there are no environments."""
    root("PUT", f"projects/{project['id']}", {"builds_access_level": "disabled"})
    assert as_role(40)("GET", f"projects/{project['id']}/environments").status_code == 403


def test_roles_are_inherited_from_groups(
    root: Any, as_role: Callable[..., Any], project: Any
) -> None:
    """A member of the group is a member of the project."""
    user = as_role(0)
    path = f"projects/{project['id']}/cluster_agents"
    assert user("POST", path, {"name": "x"}).json() == NOT_FOUND
    number = user("GET", "user").json()["id"]
    root("POST", "groups/2/members", {"user_id": number, "access_level": 40})
    assert user("POST", path, {"name": "x"}).status_code == 201


def test_a_deleted_project_is_gone(root: Any, project: Any, agent: Any) -> None:
    """With everything in it."""
    assert root("DELETE", f"projects/{project['id']}").status_code == 202
    gone = root("GET", f"projects/{project['id']}/cluster_agents/{agent['id']}")
    assert gone.json() == NOT_FOUND
