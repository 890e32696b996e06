"""The settings of projects that clients read back: keys, types and values."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

# The project's keys that Terraform's GitLab provider, and so Pulumi's, reads.
READ: dict[str, type | tuple[Any, ...]] = {
    "id": int,
    "name": str,
    "path": str,
    "path_with_namespace": str,
    "name_with_namespace": str,
    "description": str,
    "default_branch": str,
    "visibility": str,
    "archived": bool,
    "empty_repo": bool,
    "creator_id": int,
    "created_at": str,
    "updated_at": str,
    "last_activity_at": str,
    "ssh_url_to_repo": str,
    "http_url_to_repo": str,
    "web_url": str,
    "readme_url": (str, type(None)),
    "avatar_url": (str, type(None)),
    "repository_storage": str,
    "namespace": dict,
    "_links": dict,
    "permissions": dict,
    "topics": list,
    "tag_list": list,
    "shared_with_groups": list,
    "import_status": str,
    "import_url": (str, type(None)),
    "import_type": (str, type(None)),
    "import_error": (str, type(None)),
    "runners_token": (str, type(None)),
    "open_issues_count": int,
    "star_count": int,
    "forks_count": int,
    "container_expiration_policy": dict,
    "issues_enabled": bool,
    "merge_requests_enabled": bool,
    "jobs_enabled": bool,
    "wiki_enabled": bool,
    "snippets_enabled": bool,
    "container_registry_enabled": bool,
    "packages_enabled": bool,
    "service_desk_enabled": bool,
    "lfs_enabled": bool,
    "request_access_enabled": bool,
    "shared_runners_enabled": bool,
    "group_runners_enabled": bool,
    "public_jobs": bool,
    "emails_enabled": bool,
    "emails_disabled": bool,
    "printing_merge_request_link_enabled": bool,
    "remove_source_branch_after_merge": bool,
    "resolve_outdated_diff_discussions": bool,
    "only_allow_merge_if_pipeline_succeeds": bool,
    "only_allow_merge_if_all_discussions_are_resolved": bool,
    "allow_merge_on_skipped_pipeline": (bool, type(None)),
    "autoclose_referenced_issues": bool,
    "merge_method": str,
    "squash_option": str,
    "suggestion_commit_message": (str, type(None)),
    "merge_commit_template": (str, type(None)),
    "squash_commit_template": (str, type(None)),
    "ci_config_path": (str, type(None)),
    "ci_default_git_depth": int,
    "ci_forward_deployment_enabled": bool,
    "ci_forward_deployment_rollback_allowed": bool,
    "ci_separated_caches": bool,
    "ci_allow_fork_pipelines_to_run_in_parent_project": bool,
    "ci_id_token_sub_claim_components": list,
    "ci_pipeline_variables_minimum_override_role": str,
    "ci_push_repository_for_job_token_allowed": bool,
    "ci_delete_pipelines_in_seconds": (int, type(None)),
    "ci_job_token_scope_enabled": bool,
    "restrict_user_defined_variables": bool,
    "keep_latest_artifact": bool,
    "build_git_strategy": str,
    "build_timeout": int,
    "auto_cancel_pending_pipelines": str,
    "auto_devops_enabled": bool,
    "auto_devops_deploy_strategy": str,
    **{
        f"{feature}_access_level": str
        for feature in (
            *("issues", "repository", "merge_requests", "forking", "wiki", "builds", "snippets"),
            *("pages", "analytics", "container_registry", "security_and_compliance", "releases"),
            *("environments", "feature_flags", "infrastructure", "monitor", "requirements"),
            *("model_experiments", "model_registry"),
        )
    },
}
OF_PREMIUM = {
    "approvals_before_merge": int,
    "mirror": bool,
    "issues_template": (str, type(None)),
    "merge_requests_template": (str, type(None)),
    "merge_pipelines_enabled": bool,
    "merge_trains_enabled": bool,
    "allow_pipeline_trigger_approve_deployment": bool,
    "ci_restrict_pipeline_cancellation_role": str,
}

# Each setting with a value that is not its default.
SET: dict[str, Any] = {
    "description": "d",
    "issues_enabled": False,
    "merge_requests_enabled": False,
    "jobs_enabled": False,
    "wiki_enabled": False,
    "snippets_enabled": False,
    "lfs_enabled": False,
    "packages_enabled": False,
    "container_registry_enabled": False,
    "request_access_enabled": False,
    "printing_merge_request_link_enabled": False,
    "pages_access_level": "public",
    "analytics_access_level": "disabled",
    "releases_access_level": "private",
    "merge_method": "ff",
    "squash_option": "always",
    "topics": ["b", "a"],
    "shared_runners_enabled": False,
    "group_runners_enabled": False,
    "public_jobs": False,
    "emails_enabled": False,
    "remove_source_branch_after_merge": False,
    "resolve_outdated_diff_discussions": True,
    "only_allow_merge_if_pipeline_succeeds": True,
    "only_allow_merge_if_all_discussions_are_resolved": True,
    "allow_merge_on_skipped_pipeline": True,
    "autoclose_referenced_issues": False,
    "suggestion_commit_message": "s",
    "merge_commit_template": "m",
    "squash_commit_template": "q",
    "ci_config_path": "ci.yml",
    "build_git_strategy": "clone",
    "build_timeout": 600,
    "auto_cancel_pending_pipelines": "disabled",
    "auto_devops_enabled": False,
    "auto_devops_deploy_strategy": "manual",
}
# GitLab ignores these on create.
SET_LATER: dict[str, Any] = {
    "ci_default_git_depth": 0,
    "ci_forward_deployment_enabled": False,
    "ci_forward_deployment_rollback_allowed": False,
    "ci_separated_caches": False,
    "ci_delete_pipelines_in_seconds": 86400,
    "ci_id_token_sub_claim_components": ["project_path"],
    "ci_pipeline_variables_minimum_override_role": "maintainer",
    "restrict_user_defined_variables": True,
    "keep_latest_artifact": False,
}


def _assert_types(project: dict[str, Any], expected: dict[str, Any]) -> None:
    for key, kind in expected.items():
        assert key in project, key
        assert isinstance(project[key], kind), key
        if kind is int:
            assert not isinstance(project[key], bool), key


def test_every_key_has_its_type(root: Any, project: Any) -> None:
    """In every response with the project; Premium's with a license."""
    given = {"name": "new", "initialize_with_readme": True, "description": "d"}
    made = root("POST", "projects", given | {"namespace_id": project["namespace"]["id"]}).json()
    path = f"projects/{made['id']}"
    for response in (
        made,
        root("GET", path).json(),
        root("PUT", path, {"description": "d"}).json(),
        root("GET", "projects?search=new").json()[0],
        root("POST", f"{path}/archive").json(),
        root("POST", f"{path}/unarchive").json(),
    ):
        _assert_types(response, READ)
        assert not OF_PREMIUM.keys() & response.keys()
    assert made["import_status"] == "none"
    root("POST", "license", {"license": "premium"})
    _assert_types(root("GET", path).json(), READ | OF_PREMIUM)


def test_a_set_value_is_returned(root: Any) -> None:
    """As given, after create and edit, and nothing else changes."""
    made = root("POST", "projects", {"name": "a", **SET, **SET_LATER}).json()
    plain = root("POST", "projects", {"name": "b"}).json()
    assert {key: made[key] for key in SET} == SET
    for key in (*SET, *SET_LATER):
        assert plain[key] != (SET | SET_LATER)[key], key
    assert {key: made[key] for key in SET_LATER} == {key: plain[key] for key in SET_LATER}
    edited = root("PUT", f"projects/{plain['id']}", {**SET, **SET_LATER}).json()
    assert {key: edited[key] for key in SET | SET_LATER} == SET | SET_LATER
    again = root("PUT", f"projects/{plain['id']}", {"merge_method": "merge"}).json()
    volatile = {"updated_at", "last_activity_at"}
    changed = {key for key in edited if edited[key] != again[key]} - volatile
    assert changed == {"merge_method"}
    assert root("GET", f"projects/{plain['id']}").json() == again


def test_boolean_parameters_set_access_levels(root: Any) -> None:
    """The older boolean shows and sets the level; if both are given, the level wins."""
    made = root("POST", "projects", {"name": "a", "wiki_enabled": False}).json()
    path = f"projects/{made['id']}"
    assert made["wiki_access_level"] == "disabled"
    levels = {"issues_access_level": "disabled", "builds_access_level": "private"}
    edited = root("PUT", path, {**levels, "wiki_enabled": True, "jobs_enabled": False}).json()
    assert (edited["wiki_access_level"], edited["issues_enabled"]) == ("enabled", False)
    assert (edited["builds_access_level"], edited["jobs_enabled"]) == ("private", True)
    assert "open_issues_count" not in edited
    packages = root("PUT", path, {"package_registry_access_level": "disabled"}).json()
    assert packages["packages_enabled"] is False
    mails = root("PUT", path, {"emails_disabled": True}).json()
    assert (mails["emails_enabled"], mails["emails_disabled"]) == (False, True)
    old = root("PUT", path, {"tag_list": "x,y", "public_builds": False}).json()
    assert (old["topics"], old["tag_list"], old["public_jobs"]) == (["x", "y"], ["x", "y"], False)
    assert root("GET", f"{path}/environments").status_code == 200
    root("PUT", path, {"jobs_enabled": False})
    assert root("GET", f"{path}/environments").status_code == 403


def test_levels_follow_visibility_and_role(
    root: Any, as_role: Callable[..., Any], project: Any
) -> None:
    """Pages of a public project are enabled; a private feature is hidden from non-members."""
    assert root("POST", "projects", {"name": "a"}).json()["pages_access_level"] == "private"
    made = root("POST", "projects", {"name": "b", "visibility": "public"}).json()
    assert made["pages_access_level"] == "enabled"
    path = f"projects/{project['id']}"
    levels = {f"{name}_access_level": "private" for name in ("issues", "merge_requests")}
    root("PUT", path, {"visibility": "public", **levels})
    for role, issues, merge_requests in ((0, False, False), (10, True, False), (20, True, True)):
        seen = as_role(role)("GET", path).json()
        assert (seen["issues_enabled"], seen["merge_requests_enabled"]) == (issues, merge_requests)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"merge_method": "x"}, "merge_method does not have a valid value"),
        ({"squash_option": ""}, "squash_option does not have a valid value"),
        ({"issues_access_level": "public"}, "issues_access_level does not have a valid value"),
        ({"lfs_enabled": "maybe"}, "lfs_enabled is invalid"),
        ({"build_timeout": "1h"}, "build_timeout is invalid"),
        (
            {"container_expiration_policy_attributes": {"keep_n": "x"}},
            "container_expiration_policy_attributes[keep_n] is invalid",
        ),
    ],
)
def test_an_invalid_value_is_rejected(root: Any, project: Any, given: Any, text: str) -> None:
    """By its type and by the allowed values."""
    for method, path in (("POST", "projects"), ("PUT", f"projects/{project['id']}")):
        rejected = root(method, path, {"name": "x", **given})
        assert (rejected.status_code, rejected.json()) == (400, {"error": text})


def test_null_clears_settings_without_a_default(root: Any) -> None:
    """Others stay."""
    made = root("POST", "projects", {"name": "a", **SET}).json()
    nothing = dict.fromkeys(("merge_commit_template", "ci_config_path", "lfs_enabled", "topics"))
    edited = root("PUT", f"projects/{made['id']}", nothing).json()
    assert (edited["merge_commit_template"], edited["ci_config_path"]) == (None, None)
    assert (edited["lfs_enabled"], edited["topics"]) == (False, ["b", "a"])


def test_an_expiration_policy_is_updated_partially(root: Any, project: Any) -> None:
    """Absent values stay."""
    path = f"projects/{project['id']}"
    for given in ({"cadence": "7d", "enabled": True}, {"keep_n": 5}):
        root("PUT", path, {"container_expiration_policy_attributes": given})
    policy = root("GET", path).json()["container_expiration_policy"]
    expected = {"cadence": "7d", "enabled": True, "keep_n": 5, "older_than": "90d"}
    assert {key: policy[key] for key in expected} == expected


def test_licensed_settings_are_ignored_without_the_license(root: Any, project: Any) -> None:
    """As in GitLab."""
    path = f"projects/{project['id']}"
    given = {"approvals_before_merge": 2, "merge_pipelines_enabled": True, "name": "App"}
    assert "approvals_before_merge" not in root("PUT", path, given).json()
    root("POST", "license", {"license": "premium"})
    assert root("GET", path).json()["approvals_before_merge"] == 0
    edited = root("PUT", path, given).json()
    assert (edited["approvals_before_merge"], edited["merge_pipelines_enabled"]) == (2, True)


def test_ci_settings_are_for_maintainers(as_role: Callable[..., Any], project: Any) -> None:
    """They are hidden from Developers."""
    path = f"projects/{project['id']}"
    assert "build_timeout" not in as_role(30)("GET", path).json()
    assert as_role(40)("GET", path).json()["build_timeout"] == 3600


def test_owned_projects_require_the_owner_role(
    root: Any, as_role: Callable[..., Any], project: Any
) -> None:
    """An administrator is not a member of every project."""
    maintainer = as_role(40)
    maintainer("POST", "projects", {"name": "mine"})
    for query, names in (
        ("owned=true", ["mine"]),
        ("owned=false", ["mine", "App"]),
        ("membership=true", ["mine", "App"]),
        ("min_access_level=40", ["mine", "App"]),
        ("min_access_level=50", ["mine"]),
        ("owned=true&visibility=public", []),
        ("order_by=name&sort=asc", ["App", "mine"]),
        ("order_by=id&sort=desc", ["mine", "App"]),
        ("updated_after=2100-01-01", []),
        ("updated_before=2100-01-01", ["mine", "App"]),
        ("last_activity_after=2100-01-01", []),
    ):
        found = maintainer("GET", f"projects?{query}")
        assert [each["name"] for each in found.json()] == names, query
        assert found.headers["X-Total"] == str(len(names))
    root("DELETE", f"groups/{project['namespace']['id']}/members/1")
    assert root("GET", "projects?owned=true").json() == []
    assert root("GET", "projects?membership=true").json() == []
    assert len(root("GET", "projects").json()) == 2


@pytest.mark.slow
def test_a_file_of_an_older_version_still_opens(tmp_path: Path) -> None:
    """Its projects and groups have the defaults, and can be changed and shared."""
    data = tmp_path / "gitlab.db"
    with Simulator(data) as simulator:
        group = simulator.api("POST", "groups", name="Group", path="group")
        simulator.api("POST", "projects", name="App", namespace_id=group["id"])
        other = simulator.api("POST", "groups", name="Other", path="other")["id"]
        before = simulator.api("GET", "projects/1")
    with closing(sqlite3.connect(data)) as database:
        database.execute("DROP TABLE project_group_links")
        for table in ("projects", "namespaces"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN settings")
        database.commit()
    with Simulator(data) as simulator:
        found = simulator.api("GET", "projects/1")
        volatile = ("web_url", "http_url_to_repo", "_links", "namespace")
        assert {k: v for k, v in found.items() if k not in volatile} == {
            k: v for k, v in before.items() if k not in volatile
        }
        assert simulator.api("PUT", "projects/1", merge_method="ff")["merge_method"] == "ff"
        simulator.api("POST", "projects/1/share", group_id=other, group_access=30)
        assert simulator.api("GET", f"groups/{other}")["lfs_enabled"] is True
