"""A successful request for each route, including those of GitLab's documentation.

Where GitLab's documentation and source differ, the source is followed, and the example's name
says how. Pages: https://docs.gitlab.com/api/ project_clusters, cluster_agents, environments.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
from typing import Any

from tests.support.certificates import Pair, make_pair
from tests.testing.simulator.world import KUBERNETES, PROTECTION, Example, Values

from pulumi_gitlab_kubernetes.testing.simulator.auth import Role


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTITY = _keys("id description name name_with_namespace path path_with_namespace created_at")
PROJECT_DETAILS = IDENTITY | _keys(
    "default_branch tag_list topics ssh_url_to_repo http_url_to_repo web_url readme_url "
    "forks_count avatar_url star_count last_activity_at namespace"
)
USER = _keys("id username name state avatar_url web_url public_email locked")
CLUSTER = _keys(
    "id name created_at domain enabled managed provider_type platform_type environment_scope "
    "cluster_type namespace_per_environment user platform_kubernetes provider_gcp "
    "management_project"
)
AGENT = _keys("id name config_project created_at created_by_user_id is_receptive")
TOKEN = _keys("id name description agent_id status created_at created_by_user_id")
URL_CONFIGURATION = _keys("id agent_id url public_key client_cert ca_cert tls_host")
ENVIRONMENT_BASIC = _keys("id name slug external_url created_at updated_at")
ENVIRONMENT = ENVIRONMENT_BASIC | _keys(
    "tier project state auto_stop_at description auto_stop_setting"
)
WITH_AGENT = _keys("cluster_agent kubernetes_namespace flux_resource_path")
REVIEW_APPS = _keys("scheduled_entries unprocessable_entries")
PROJECT_FOR_ALL = PROJECT_DETAILS | _keys(
    "_links visibility archived empty_repo creator_id updated_at permissions import_status "
    "description_html shared_with_groups container_expiration_policy compliance_frameworks "
    "repository_object_format service_desk_enabled can_create_merge_request_in open_issues_count "
    "issues_enabled merge_requests_enabled wiki_enabled jobs_enabled snippets_enabled "
    "container_registry_enabled packages_enabled requirements_enabled "
    "security_and_compliance_enabled issues_access_level repository_access_level "
    "merge_requests_access_level forking_access_level wiki_access_level builds_access_level "
    "snippets_access_level pages_access_level analytics_access_level "
    "container_registry_access_level security_and_compliance_access_level releases_access_level "
    "environments_access_level feature_flags_access_level infrastructure_access_level "
    "monitor_access_level model_experiments_access_level model_registry_access_level "
    "requirements_access_level resolve_outdated_diff_discussions emails_disabled emails_enabled "
    "shared_runners_enabled lfs_enabled public_jobs request_access_enabled "
    "only_allow_merge_if_pipeline_succeeds only_allow_merge_if_all_discussions_are_resolved "
    "allow_merge_on_skipped_pipeline remove_source_branch_after_merge "
    "printing_merge_request_link_enabled merge_method squash_option enforce_auth_checks_on_uploads "
    "warn_about_potentially_unwanted_characters autoclose_referenced_issues "
    "suggestion_commit_message merge_commit_template squash_commit_template issue_branch_template"
)
PROJECT_OF_PLANS = _keys(  # Premium and Ultimate
    "approvals_before_merge mirror external_authorization_classification_label issues_template "
    "merge_requests_template merge_pipelines_enabled merge_trains_enabled "
    "merge_trains_skip_train_allowed allow_pipeline_trigger_approve_deployment "
    "only_allow_merge_if_all_status_checks_passed prevent_merge_without_jira_issue"
)
PROJECT_FOR_REPORTERS = (
    PROJECT_FOR_ALL | PROJECT_OF_PLANS | _keys("ci_config_path service_desk_address")
)
PROJECT = PROJECT_FOR_REPORTERS | _keys(
    "import_url import_type import_error build_git_strategy build_timeout "
    "auto_cancel_pending_pipelines auto_devops_enabled auto_devops_deploy_strategy "
    "group_runners_enabled ci_default_git_depth ci_delete_pipelines_in_seconds "
    "ci_forward_deployment_enabled ci_forward_deployment_rollback_allowed ci_separated_caches "
    "ci_allow_fork_pipelines_to_run_in_parent_project ci_id_token_sub_claim_components "
    "ci_push_repository_for_job_token_allowed ci_pipeline_variables_minimum_override_role "
    "restrict_user_defined_variables keep_latest_artifact ci_restrict_pipeline_cancellation_role "
    "ci_job_token_scope_enabled runners_token runner_token_expiration_interval"
)
BRANCH = _keys(
    "name merged protected developers_can_push developers_can_merge can_push default web_url commit"
)
MERGE_REQUEST = _keys(
    "id iid project_id title description state created_at updated_at merged_by merge_user "
    "merged_at closed_by closed_at target_branch source_branch user_notes_count upvotes downvotes "
    "author assignees assignee reviewers source_project_id target_project_id labels draft imported "
    "imported_from work_in_progress milestone merge_when_pipeline_succeeds merge_status "
    "detailed_merge_status merge_after sha merge_commit_sha squash_commit_sha discussion_locked "
    "should_remove_source_branch force_remove_source_branch prepared_at reference references "
    "web_url time_stats squash squash_on_merge task_completion_status has_conflicts "
    "blocking_discussions_resolved approvals_before_merge"
)
MERGE_REQUEST_DETAILS = MERGE_REQUEST | _keys(
    "subscribed changes_count latest_build_started_at latest_build_finished_at "
    "first_deployed_to_production_at pipeline head_pipeline diff_refs merge_error user"
)
NOTE = _keys(
    "id type body author created_at updated_at system noteable_id noteable_type project_id "
    "resolvable confidential internal imported imported_from noteable_iid commands_changes"
)
SHARE = _keys("id project_id group_id group_access expires_at")
MEMBER = USER | _keys("access_level created_at expires_at membership_state")
GROUP = _keys(
    "id web_url name path description visibility avatar_url full_name full_path created_at "
    "parent_id share_with_group_lock require_two_factor_authentication two_factor_grace_period "
    "project_creation_level auto_devops_enabled subgroup_creation_level emails_disabled "
    "emails_enabled mentions_disabled lfs_enabled math_rendering_limits_enabled "
    "lock_math_rendering_limits_enabled default_branch default_branch_protection "
    "default_branch_protection_defaults request_access_enabled shared_runners_setting "
    "max_artifacts_size membership_lock prevent_forking_outside_group wiki_access_level"
)
GROUP_DETAILS = GROUP | {"shared_with_groups"}
PERSON = USER | _keys("created_at bio location bot")
ACCESS_TOKEN = _keys(
    "id name revoked created_at description scopes user_id last_used_at active expires_at"
)
PROTECTED = _keys("name deploy_access_levels required_approval_count approval_rules")
LICENSE = _keys(
    "id plan created_at starts_at expires_at expired overage user_limit active_users licensee "
    "add_ons"
)
SETTINGS = _keys(
    "id receptive_cluster_agents_enabled allow_local_requests_from_web_hooks_and_services "
    "rate_limiting_response_text "
    "throttle_unauthenticated_api_enabled throttle_unauthenticated_api_requests_per_period "
    "throttle_unauthenticated_api_period_in_seconds "
    "throttle_authenticated_api_enabled throttle_authenticated_api_requests_per_period "
    "throttle_authenticated_api_period_in_seconds"
)

_CLUSTERS = "/projects/{id}/clusters"
_CLUSTER = "/projects/{id}/clusters/{cluster_id:int}"
_AGENTS = "/projects/{id}/cluster_agents"
_AGENT = "/projects/{id}/cluster_agents/{agent_id:int}"
_TOKENS = f"{_AGENT}/tokens"
_TOKEN = f"{_TOKENS}/{{token_id:int}}"
_URLS = f"{_AGENT}/url_configurations"
_URL = f"{_URLS}/{{url_configuration_id:int}}"
_ENVIRONMENTS = "/projects/{id}/environments"
_ENVIRONMENT = f"{_ENVIRONMENTS}/{{environment_id:int}}"
_PROTECTED = "/projects/{id}/protected_environments"
_FILE = "/projects/{id}/repository/files/{file_path}"
_REQUESTS = "/projects/{id}/merge_requests"
_REQUEST = f"{_REQUESTS}/{{merge_request_iid:int}}"
_NOTES = f"{_REQUEST}/notes"
_COMMIT = {
    "branch": "agents",
    "start_branch": "main",
    "commit_message": "Configure the agent",
    "content": "ci_access: {}",
}
"""A commit to a new branch: only Maintainers may push to the default branch."""
_RULES = "/projects/{id}/protected_branches"
_RULE = _keys("id name push_access_levels merge_access_levels allow_force_push")


@functools.cache
def pair() -> Pair:
    """Return a certificate and its key."""
    return make_pair("agent.example.com")


def base64_of(text: str) -> str:
    """Return base64 without line feeds."""
    return base64.b64encode(text.encode()).decode()


def _mutual_tls(_: Values) -> dict[str, Any]:
    return {
        "url": "grpcs://agent.example.com:4443",
        "client_cert": base64_of(pair().certificate),
        "client_key": base64_of(pair().key),
        "ca_cert": base64_of(pair().certificate),
        "tls_host": "agent.example.com",
    }


def _cluster_with_certificate(_: Values) -> dict[str, Any]:
    platform = {**KUBERNETES, "namespace": "shop", "ca_cert": pair().certificate}
    return {"name": "berlin", "platform_kubernetes_attributes": platform}


def _long_ago(_: Values) -> dict[str, Any]:
    before = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=60)
    return {"before": before.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _on_agent(values: Values) -> dict[str, Any]:
    return {
        "name": "berlin/shop",
        "tier": "production",
        "cluster_agent_id": values["agent_id"],
        "kubernetes_namespace": "shop",
        "flux_resource_path": "kustomize.toolkit.fluxcd.io/v1/namespaces/shop/kustomizations/shop",
    }


# In the order of the documentation; bodies are JSON or forms as there.
DOCUMENTED = (
    Example(f"GET {_CLUSTERS}", CLUSTER),
    Example(f"GET {_CLUSTER}", CLUSTER | {"project"}),
    Example(f"POST {_CLUSTERS}/user", CLUSTER | {"project"}, _cluster_with_certificate, twice=400),
    Example(
        f"PUT {_CLUSTER}",
        CLUSTER | {"project"},
        {"name": "hamburg", "domain": "hamburg.example.com", "api_url": "https://other.example"},
        name="api_url outside platform_kubernetes_attributes is ignored",
    ),
    Example(f"DELETE {_CLUSTER}", twice=404),
    Example(f"GET {_AGENTS}", AGENT),
    Example(f"GET {_AGENT}", AGENT),
    Example(f"POST {_AGENTS}", AGENT, {"name": "harbour"}, twice=400),
    Example(f"DELETE {_AGENT}", twice=404),
    Example(f"GET {_TOKENS}", TOKEN),
    Example(f"GET {_TOKEN}", TOKEN | {"last_used_at"}, name="tokens, not token, in the path"),
    Example(
        f"POST {_TOKENS}",
        TOKEN | {"last_used_at", "token"},
        {"name": "helm", "description": "for the chart"},
    ),
    Example(f"DELETE {_TOKEN}"),
    Example(f"GET {_URLS}", URL_CONFIGURATION),
    Example(f"GET {_URL}", URL_CONFIGURATION, name="all keys, null where unused"),
    Example(
        f"POST {_URLS}",
        URL_CONFIGURATION,
        {"url": "grpcs://agent.example.com:4443"},
        twice=400,
        name="with a key pair of GitLab's",
    ),
    Example(
        f"POST {_URLS}",
        URL_CONFIGURATION,
        _mutual_tls,
        twice=400,
        name="with a client certificate, in base64 and not in PEM",
    ),
    Example(f"DELETE {_URL}", twice=404),
    Example(
        f"GET {_ENVIRONMENTS}",
        ENVIRONMENT | WITH_AGENT,
        query="?name=review%2Fsearch-box",
        role=Role.DEVELOPER,
        name="with project, without logs_api_path",
    ),
    Example(
        f"GET {_ENVIRONMENT}",
        ENVIRONMENT - {"project"} | WITH_AGENT | {"last_deployment"},
        role=Role.DEVELOPER,
    ),
    Example(
        f"POST {_ENVIRONMENTS}",
        ENVIRONMENT,
        {"name": "shop", "external_url": "https://shop.example.com"},
        form=True,
        twice=400,
        name="without an agent no key of one",
    ),
    Example(f"POST {_ENVIRONMENTS}", ENVIRONMENT | WITH_AGENT, _on_agent, twice=400),
    Example(
        f"PUT {_ENVIRONMENT}",
        ENVIRONMENT | WITH_AGENT,
        {"external_url": "https://staging.shop.example.com"},
        form=True,
    ),
    Example(f"DELETE {_ENVIRONMENT}", twice=404),
    Example(
        f"DELETE {_ENVIRONMENTS}/review_apps", REVIEW_APPS, query="?before=2100-01-01T00:00:00Z"
    ),
    Example(f"POST {_ENVIRONMENT}/stop", ENVIRONMENT | WITH_AGENT, twice=400),
    Example(f"POST {_ENVIRONMENTS}/stop_stale", _keys("message"), _long_ago, form=True),
)

OTHERS = (
    Example(f"GET {_PROTECTED}", PROTECTED),
    Example(f"GET {_PROTECTED}/{{name}}", PROTECTED),
    Example(f"POST {_PROTECTED}", PROTECTED, PROTECTION, twice=409),
    Example(f"DELETE {_PROTECTED}/{{name}}", twice=404),
    Example(
        "GET /projects",
        PROJECT_FOR_ALL | PROJECT_OF_PLANS | {"owner", "ci_config_path"},
        name="a public one of a user",
    ),
    Example(
        "POST /projects",
        PROJECT | {"owner"},
        lambda at: {"name": f"new{at['n']}"},
        twice=400,
    ),
    Example("GET /projects/{id}", PROJECT_FOR_REPORTERS, role=Role.REPORTER),
    Example("GET /projects/{id}", PROJECT, role=Role.MAINTAINER, name="to a Maintainer"),
    Example(
        "POST /projects/{id}/share",
        SHARE,
        lambda at: {"group_id": at["group_id"], "group_access": 30, "expires_at": "2100-01-01"},
        twice=409,
    ),
    Example("DELETE /projects/{id}/share/{group_id:int}", twice=404),
    Example("PUT /projects/{id}", PROJECT, {"description": "d"}),
    Example("DELETE /projects/{id}", _keys("message"), twice=404),
    Example("POST /projects/{id}/archive", PROJECT),
    Example("POST /projects/{id}/unarchive", PROJECT),
    Example("GET /projects/{id}/members", MEMBER),
    Example("GET /projects/{id}/members/{user_id:int}", MEMBER),
    Example(
        "POST /projects/{id}/members",
        MEMBER,
        lambda at: {"user_id": at["user_id"], "access_level": 30},
        twice=409,
    ),
    Example("PUT /projects/{id}/members/{user_id:int}", MEMBER, {"access_level": 20}),
    Example("DELETE /projects/{id}/members/{user_id:int}", twice=404),
    Example("GET /groups/{id}/members", MEMBER),
    Example("GET /groups/{id}/members/{user_id:int}", MEMBER),
    Example(
        "POST /groups/{id}/members",
        MEMBER,
        lambda at: {"user_id": at["user_id"], "access_level": 30},
        twice=409,
    ),
    Example("PUT /groups/{id}/members/{user_id:int}", MEMBER, {"access_level": 20}),
    Example("DELETE /groups/{id}/members/{user_id:int}", twice=404),
    Example("GET /projects/{id}/repository/branches", BRANCH),
    Example("GET /projects/{id}/repository/branches/{branch}", BRANCH),
    Example(f"POST {_FILE}", _keys("file_path branch"), _COMMIT, twice=400),
    Example(f"PUT {_FILE}", _keys("file_path branch"), _COMMIT, twice=400),
    Example(
        f"GET {_FILE}",
        _keys(
            "file_name file_path size encoding content_sha256 ref blob_id commit_id last_commit_id "
            "execute_filemode content"
        ),
        query="?ref=main",
    ),
    Example(f"GET {_FILE}/raw", name="the file itself"),
    Example(f"DELETE {_FILE}", None, _COMMIT, twice=400),
    Example(
        "GET /projects/{id}/repository/commits",
        _keys(
            "id short_id created_at parent_ids title message author_name author_email "
            "authored_date committer_name committer_email committed_date trailers "
            "extended_trailers web_url"
        ),
    ),
    Example("GET /projects/{id}/repository/tree", _keys("id name type path mode")),
    Example(f"GET {_RULES}", _RULE),
    Example(f"GET {_RULES}/{{name}}", _RULE),
    Example(f"POST {_RULES}", _RULE, {"name": "release/*"}, twice=409),
    Example(f"DELETE {_RULES}/{{name}}", twice=404),
    Example(f"GET {_REQUESTS}", MERGE_REQUEST),
    Example(f"GET {_REQUEST}", MERGE_REQUEST_DETAILS),
    Example(
        f"POST {_REQUESTS}",
        MERGE_REQUEST_DETAILS,
        {"title": "Connect Berlin", "source_branch": "berlin", "target_branch": "main"},
        twice=409,
    ),
    Example(f"DELETE {_REQUEST}", twice=404),
    Example(f"GET {_NOTES}", NOTE),
    Example(f"GET {_NOTES}/{{note_id:int}}", NOTE),
    Example(f"POST {_NOTES}", NOTE, {"body": "4 to create"}),
    Example(f"PUT {_NOTES}/{{note_id:int}}", NOTE, {"body": "5 to create"}),
    Example(f"DELETE {_NOTES}/{{note_id:int}}", twice=404),
    Example("GET /groups", GROUP),
    Example("GET /groups/{id}", GROUP_DETAILS),
    Example(
        "POST /groups",
        GROUP_DETAILS | {"runners_token"},
        lambda at: {"name": "new", "path": f"new{at['n']}"},
        twice=400,
    ),
    Example("PUT /groups/{id}", GROUP_DETAILS | {"runners_token"}, {"description": "d"}),
    Example("DELETE /groups/{id}", _keys("message"), twice=404),
    Example("GET /user", PERSON | _keys("email external namespace_id")),
    Example("GET /users", PERSON),
    Example("GET /users/{id:int}", PERSON),
    Example(
        "POST /users",
        PERSON | _keys("email external namespace_id is_admin"),
        lambda at: {
            "name": "N",
            "username": f"new{at['n']}",
            "email": f"new{at['n']}@example.com",
            "password": "correct-horse",
        },
        twice=409,
    ),
    Example("DELETE /users/{id:int}", twice=404),
    Example(
        "POST /users/{user_id:int}/personal_access_tokens",
        ACCESS_TOKEN | {"token"},
        {"name": "t", "scopes": ["api"]},
    ),
    Example("GET /personal_access_tokens/self", ACCESS_TOKEN),
    Example("DELETE /personal_access_tokens/self", twice=401),
    Example("GET /personal_access_tokens", ACCESS_TOKEN),
    Example("DELETE /personal_access_tokens/{id:int}"),
    Example("GET /version", _keys("version revision")),
    Example("GET /metadata", _keys("version revision kas enterprise")),
    Example("GET /application/settings", SETTINGS),
    Example("PUT /application/settings", SETTINGS, {"rate_limiting_response_text": "Later"}),
    Example("GET /features", _keys("name state gates definition")),
    Example("POST /features/{name}", _keys("name state gates definition"), {"value": "true"}),
    Example("DELETE /features/{name}"),
    Example("GET /license", LICENSE),
    Example("GET /licenses", LICENSE),
    Example("POST /license", LICENSE, {"license": "ultimate"}),
    Example("DELETE /license/{id:int}", twice=404),
)

EXAMPLES: dict[str, list[Example]] = {}
for _example in (*DOCUMENTED, *OTHERS):
    EXAMPLES.setdefault(_example.route, []).append(_example)
