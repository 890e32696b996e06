"""The settings of projects: access levels of features, their older parameters, and all others.

Follows https://docs.gitlab.com/api/projects/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, instance, settings
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call
from pulumi_gitlab_kubernetes.testing.simulator.settings import (
    PREMIUM,
    ULTIMATE,
    Setting,
    Visibility,
)
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

COLUMNS = ("repository", "builds", "environments", "infrastructure")
"""Features whose access level the simulator checks; each has a column."""

_LEVELS = ("disabled", "private", "enabled")
_PUBLIC_LEVELS = (*_LEVELS, "public")


FEATURES: Mapping[str, str] = {
    "issues": "enabled",
    "repository": "enabled",
    "merge_requests": "enabled",
    "forking": "enabled",
    "wiki": "enabled",
    "builds": "enabled",
    "snippets": "enabled",
    "pages": "private",  # but "enabled" in a new public project
    "analytics": "enabled",
    "container_registry": "enabled",
    "security_and_compliance": "private",
    "releases": "enabled",
    "environments": "enabled",
    "feature_flags": "enabled",
    "infrastructure": "enabled",
    "monitor": "enabled",
    "model_experiments": "enabled",
    "model_registry": "enabled",
    "requirements": "enabled",
    "package_registry": "enabled",
}
"""The features with an access level, and their level in a new project."""

BOOLEAN_PARAMETERS: Mapping[str, str] = {
    "issues_enabled": "issues",
    "merge_requests_enabled": "merge_requests",
    "wiki_enabled": "wiki",
    "jobs_enabled": "builds",
    "snippets_enabled": "snippets",
    "container_registry_enabled": "container_registry",
    "packages_enabled": "package_registry",
}
"""Older boolean parameters, and the features that they enable."""

_FOR_REPORTERS = {"merge_requests", "container_registry", "package_registry", "environments"}
"""Features whose level "private" requires the Reporter role, not only membership."""

_POLICY = (
    Param("cadence"),
    Param("enabled", bool),
    Param("keep_n", int),
    Param("older_than"),
    Param("name_regex"),
    Param("name_regex_keep"),
)


def _for_maintainers(name: str, default: Any, **fields: Any) -> Setting:
    return Setting(name, default, visibility=Visibility.MAINTAINERS, **fields)


SETTINGS: tuple[Setting, ...] = (
    Setting("topics", [], list),
    Setting("resolve_outdated_diff_discussions", default=False),
    Setting("emails_enabled", default=True),
    Setting("shared_runners_enabled", default=True),
    Setting("lfs_enabled", default=True),
    Setting("public_jobs", default=True),
    Setting("request_access_enabled", default=True),
    Setting("only_allow_merge_if_pipeline_succeeds", default=False),
    Setting("only_allow_merge_if_all_discussions_are_resolved", default=False),
    Setting("allow_merge_on_skipped_pipeline", None, bool),
    Setting("remove_source_branch_after_merge", default=True),
    Setting("printing_merge_request_link_enabled", default=True),
    Setting("merge_method", "merge", values=("ff", "rebase_merge", "merge")),
    Setting(
        "squash_option", "default_off", values=("never", "always", "default_on", "default_off")
    ),
    Setting("enforce_auth_checks_on_uploads", default=True),
    Setting("warn_about_potentially_unwanted_characters", default=True),
    Setting("autoclose_referenced_issues", default=True),
    Setting("suggestion_commit_message", None, str),
    Setting("merge_commit_template", None, str),
    Setting("squash_commit_template", None, str),
    Setting("issue_branch_template", None, str),
    Setting("ci_config_path", None, str, visibility=Visibility.CODE_READERS),
    _for_maintainers("build_git_strategy", "fetch", values=("fetch", "clone")),
    _for_maintainers("build_timeout", 3600),
    _for_maintainers("auto_cancel_pending_pipelines", "enabled", values=("disabled", "enabled")),
    _for_maintainers("auto_devops_enabled", default=True),
    _for_maintainers(
        "auto_devops_deploy_strategy",
        "continuous",
        values=("continuous", "manual", "timed_incremental"),
    ),
    _for_maintainers("group_runners_enabled", default=True),
    _for_maintainers("ci_default_git_depth", 20, edit_only=True),
    _for_maintainers("ci_delete_pipelines_in_seconds", None, type=int, edit_only=True),
    _for_maintainers("ci_forward_deployment_enabled", default=True, edit_only=True),
    _for_maintainers("ci_forward_deployment_rollback_allowed", default=True, edit_only=True),
    _for_maintainers("ci_separated_caches", default=True, edit_only=True),
    _for_maintainers(
        "ci_allow_fork_pipelines_to_run_in_parent_project", default=True, edit_only=True
    ),
    _for_maintainers(
        "ci_id_token_sub_claim_components", ["project_path", "ref_type", "ref"], edit_only=True
    ),
    _for_maintainers("ci_push_repository_for_job_token_allowed", default=False, edit_only=True),
    _for_maintainers(
        "ci_pipeline_variables_minimum_override_role",
        "developer",
        values=("no_one_allowed", "developer", "maintainer", "owner"),
        edit_only=True,
    ),
    _for_maintainers("restrict_user_defined_variables", default=False, edit_only=True),
    _for_maintainers("keep_latest_artifact", default=True, edit_only=True),
    _for_maintainers(
        "ci_restrict_pipeline_cancellation_role",
        "developer",
        values=("developer", "maintainer", "no_one"),
        edit_only=True,
        plans=PREMIUM,
    ),
    Setting("approvals_before_merge", 0, plans=PREMIUM),
    Setting("mirror", default=False, plans=PREMIUM),
    Setting("external_authorization_classification_label", None, str, plans=PREMIUM),
    Setting("issues_template", None, str, edit_only=True, plans=PREMIUM),
    Setting("merge_requests_template", None, str, edit_only=True, plans=PREMIUM),
    Setting("merge_pipelines_enabled", default=False, edit_only=True, plans=PREMIUM),
    Setting("merge_trains_enabled", default=False, edit_only=True, plans=PREMIUM),
    Setting("merge_trains_skip_train_allowed", default=False, edit_only=True, plans=PREMIUM),
    Setting(
        "allow_pipeline_trigger_approve_deployment", default=False, edit_only=True, plans=PREMIUM
    ),
    Setting("only_allow_merge_if_all_status_checks_passed", default=False, plans=ULTIMATE),
    Setting("prevent_merge_without_jira_issue", default=False, edit_only=True, plans=ULTIMATE),
)

_ALIASES = {"tag_list": "topics", "public_builds": "public_jobs"}
"""Older names of parameters."""


def params(*, creation: bool) -> tuple[Param, ...]:
    """Return the parameters of a create or an edit for these settings."""
    by_name = {setting.name: setting.param for setting in SETTINGS}
    return (
        *(Param(name, bool) for name in BOOLEAN_PARAMETERS),
        *(
            Param(
                f"{name}_access_level",
                values=_PUBLIC_LEVELS if name in {"pages", "package_registry"} else _LEVELS,
            )
            for name in FEATURES
        ),
        Param("emails_disabled", bool),
        *(Param(old, by_name[new].type) for old, new in _ALIASES.items()),
        *settings.params(SETTINGS, creation=creation),
        Param("container_expiration_policy_attributes", dict, fields=_POLICY),
    )


def columns(call: Call, given: Mapping[str, Any], project: Row | None = None) -> dict[str, Any]:
    """Return the columns with the new settings.

    Args:
        call: The request.
        given: The request's parameters; others are ignored.
        project: The project before; None for a new one.
    """
    levels = {
        feature: "enabled" if given[name] else "disabled"
        for name, feature in BOOLEAN_PARAMETERS.items()
        if given.get(name) is not None
    }
    levels |= {
        feature: given[f"{feature}_access_level"]
        for feature in FEATURES
        if given.get(f"{feature}_access_level") is not None
    }
    stored = {} if project is None else settings.stored(project)
    if project is None and given.get("visibility") == "public":
        stored["pages_access_level"] = "enabled"
    stored |= {f"{name}_access_level": lvl for name, lvl in levels.items() if name not in COLUMNS}
    found = {_ALIASES.get(name, name): value for name, value in given.items()}
    if given.get("emails_disabled") is not None:
        found["emails_enabled"] = not given["emails_disabled"]
    stored |= settings.to_store(call.store, SETTINGS, found)
    if policy := given.get("container_expiration_policy_attributes"):
        stored["container_expiration_policy"] = (
            stored.get("container_expiration_policy", {}) | policy
        )
    if project is None:
        levels = {name: FEATURES[name] for name in COLUMNS} | levels
    own = {f"{name}_access_level": levels[name] for name in COLUMNS if name in levels}
    return {**own, "settings": json.dumps(stored)}


def topics(project: Row) -> list[str]:
    """Return a project's topics."""
    return list(settings.stored(project).get("topics", []))


def visible(call: Call, project: Row) -> dict[str, Any]:
    """Return the settings that are visible to the user, and keys derived from them."""
    stored = settings.stored(project)
    level = auth.access_level(call.store, call.caller, project)
    plan = instance.licensed_plan(call.store)
    reads_code = project["visibility"] != "private" or level >= Role.REPORTER
    levels = {name: _level(project, stored, name) for name in FEATURES}
    available = {name: _is_available(level, name, levels[name]) for name in FEATURES}
    result: dict[str, Any] = {
        **{name: available[feature] for name, feature in BOOLEAN_PARAMETERS.items()},
        "packages_enabled": levels["package_registry"] != "disabled",
        "requirements_enabled": available["requirements"] and plan in ULTIMATE,
        "security_and_compliance_enabled": available["security_and_compliance"],
        "service_desk_enabled": False,  # requires incoming email
        "can_create_merge_request_in": available["merge_requests"]
        and reads_code
        and not project["archived"],
        **{f"{name}_access_level": levels[name] for name in FEATURES if name != "package_registry"},
        "repository_object_format": "sha1",
        "compliance_frameworks": [],
        "container_expiration_policy": _expiration_policy(project, stored),
    }
    result |= settings.visible(call.store, SETTINGS, stored, level, reads_code=reads_code)
    result["emails_disabled"] = not result["emails_enabled"]
    if available["issues"]:
        result["open_issues_count"] = 0
    if level >= Role.REPORTER:
        result["service_desk_address"] = None
    if level >= Role.MAINTAINER:
        result |= {
            "import_url": None,
            "import_type": None,
            "import_error": None,
            "ci_job_token_scope_enabled": False,
            "runners_token": None,  # as with registration tokens disabled
            "runner_token_expiration_interval": None,
        }
    return result


def _level(project: Row, stored: Mapping[str, Any], feature: str) -> str:
    name = f"{feature}_access_level"
    return str(project[name] if feature in COLUMNS else stored.get(name, FEATURES[feature]))


def _is_available(level: int, feature: str, access: str) -> bool:
    """Return whether a feature is available to a role."""
    if access == "private":
        return level >= (Role.REPORTER if feature in _FOR_REPORTERS else Role.GUEST)
    return access != "disabled"


def _expiration_policy(project: Row, stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cadence": "1d",
        "enabled": False,
        "keep_n": 10,
        "older_than": "90d",
        "name_regex": ".*",
        "name_regex_keep": None,
        **stored.get("container_expiration_policy", {}),
        "next_run_at": project["created_at"],
    }
