"""The settings of groups that clients read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_a_group_is_returned_as_set(root: Any) -> None:
    """With GitLab's defaults for the rest."""
    plain = root("POST", "groups", {"name": "A", "path": "a"}).json()
    defaults = {
        "lfs_enabled": True,
        "request_access_enabled": True,
        "share_with_group_lock": False,
        "require_two_factor_authentication": False,
        "two_factor_grace_period": 48,
        "project_creation_level": "developer",
        "subgroup_creation_level": "maintainer",
        "default_branch_protection": 2,
        "emails_disabled": False,
        "emails_enabled": True,
        "mentions_disabled": None,
        "auto_devops_enabled": None,
        "shared_with_groups": [],
    }
    assert {key: plain[key] for key in defaults} == defaults
    given = {
        "lfs_enabled": False,
        "request_access_enabled": False,
        "share_with_group_lock": True,
        "two_factor_grace_period": 1,
        "project_creation_level": "maintainer",
        "subgroup_creation_level": "owner",
        "default_branch_protection": 0,
        "emails_enabled": False,
        "mentions_disabled": True,
        "description": "d",
    }
    made = root("POST", "groups", {"name": "B", "path": "b", **given}).json()
    assert {key: made[key] for key in given} == given
    edited = root("PUT", f"groups/{plain['id']}", given).json()
    assert {key: edited[key] for key in given} == given
    assert root("GET", f"groups/{plain['id']}").json() == edited
    assert root("PUT", f"groups/{plain['id']}", {"name": "C"}).json() == {
        **edited, "name": "C", "full_name": "C",
    }  # fmt: skip


def test_a_group_limits_who_creates_in_it(root: Any, as_role: Callable[..., Any]) -> None:
    """Projects and subgroups."""
    group = root("POST", "groups", {"name": "A", "path": "a"}).json()["id"]
    user = as_role(0)
    number = user("GET", "user").json()["id"]
    members = f"groups/{group}/members"
    root("POST", members, {"user_id": number, "access_level": 30})
    assert user("POST", "projects", {"name": "p", "namespace_id": group}).status_code == 201
    below = {"name": "s", "path": "s", "parent_id": group}
    assert user("POST", "groups", below).status_code == 403
    root("PUT", f"{members}/{number}", {"access_level": 40})
    assert user("POST", "groups", below).status_code == 201
    root("PUT", f"groups/{group}", {"project_creation_level": "owner"})
    root("PUT", f"groups/{group}", {"subgroup_creation_level": "owner"})
    rejected = user("POST", "projects", {"name": "q", "namespace_id": group})
    assert rejected.json() == {"message": {"namespace": ["is not valid"]}}
    assert user("POST", "groups", {**below, "path": "t"}).status_code == 403


def test_a_group_protects_default_branches(root: Any, project: Any) -> None:
    """Clients that create a project with a file wait for that."""
    path = f"projects/{project['id']}/repository"
    missing = root("GET", f"{path}/branches/main")
    assert (missing.status_code, missing.json()) == (404, {"message": "404 Branch Not Found"})
    commit = {"commit_message": "m", "content": "text"}
    for branch in ("main", "feature/x"):
        start = {"branch": branch, "start_branch": "main"}
        root("POST", f"{path}/files/{branch.replace('/', '-')}.md", {**commit, **start})
    branches = {each["name"]: each for each in root("GET", f"{path}/branches").json()}
    assert branches.keys() == {"main", "feature/x"}
    assert branches["main"] == root("GET", f"{path}/branches/main").json()
    assert branches["feature/x"] == root("GET", f"{path}/branches/feature%2Fx").json()
    for name, is_default in (("main", True), ("feature/x", False)):
        assert branches[name]["default"] is branches[name]["protected"] is is_default
    root("PUT", f"groups/{project['namespace']['id']}", {"default_branch_protection": 0})
    assert root("GET", f"{path}/branches/main").json()["protected"] is False
