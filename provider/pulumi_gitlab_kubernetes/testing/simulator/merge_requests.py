"""Merge requests, to which CI/CD jobs add notes. The simulator does not merge.

Follows https://docs.gitlab.com/api/merge_requests/.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.entities import user_basic
from pulumi_gitlab_kubernetes.testing.simulator.lookups import (
    check_unmodified_since,
    find_project,
    full_path,
)
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

_LONGEST_TITLE = 255
_LONGEST_DESCRIPTION = 1_048_576
_STATES = ("opened", "closed", "locked", "merged", "all")
_OF_REQUEST = (
    *("id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at"),
    *("source_branch", "target_branch"),
)
# Never merged, scheduled, assigned, labeled or reviewed.
_NULL = dict.fromkeys(
    (
        *("merged_by", "merge_user", "merged_at", "closed_by", "closed_at", "assignee"),
        *("milestone", "merge_after", "merge_commit_sha", "squash_commit_sha"),
        *("discussion_locked", "should_remove_source_branch", "force_remove_source_branch"),
        "approvals_before_merge",
    )
)
_NULL_IN_DETAILS = dict.fromkeys(
    (
        *("latest_build_started_at", "latest_build_finished_at"),
        *("first_deployed_to_production_at", "pipeline", "head_pipeline", "merge_error"),
    )
)

routes = Family(
    "https://docs.gitlab.com/api/merge_requests/", role=Role.REPORTER, errors=(400, 403, 404)
)


def find_merge_request(call: Call) -> tuple[Row, Row]:
    """Return the project and the merge request of a request, if its user can see them.

    Raises:
        ApiError: 404.
    """
    project = find_project(call)
    found = call.store.one(
        "SELECT * FROM merge_requests WHERE project_id = ? AND iid = ?",
        project["id"],
        call.params["merge_request_iid"],
    )
    if found is None or not auth.has_role(call, project, Role.REPORTER, "repository"):
        raise errors.record_not_found()
    return project, found


def _basic(call: Call, project: Row, request: Row) -> dict[str, Any]:
    store, path = call.store, full_path(call.store, project)
    notes = store.scalar(
        "SELECT count(*) FROM merge_request_notes WHERE merge_request_id = ?", request["id"]
    )
    draft = request["title"].lower().startswith(("draft:", "[draft]", "(draft)"))
    opened, local = request["state"] == "opened", f"!{request['iid']}"
    return {
        **_NULL,
        **{key: request[key] for key in _OF_REQUEST},
        "user_notes_count": notes,
        "upvotes": 0,
        "downvotes": 0,
        "author": user_basic(call, store.fetch("users", request["author_id"])),
        "assignees": [],
        "reviewers": [],
        "source_project_id": project["id"],
        "target_project_id": project["id"],
        "labels": [],
        "draft": draft,
        "imported": False,
        "imported_from": "none",
        "work_in_progress": draft,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "can_be_merged" if opened else "unchecked",
        "detailed_merge_status": "mergeable" if opened else "not_open",
        "sha": _commit(call, project, request["source_branch"]),
        "prepared_at": request["created_at"],
        "reference": local,
        "references": {"short": local, "relative": local, "full": f"{path}{local}"},
        "web_url": f"{call.base_url}/{path}/-/merge_requests/{request['iid']}",
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": None,
            "human_total_time_spent": None,
        },
        "squash": False,
        "squash_on_merge": False,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": False,
        "blocking_discussions_resolved": True,
    }


def _details(call: Call, project: Row, request: Row) -> dict[str, Any]:
    head = _commit(call, project, request["source_branch"])
    base = _commit(call, project, request["target_branch"])
    return {
        **_basic(call, project, request),
        **_NULL_IN_DETAILS,
        "subscribed": request["author_id"] == call.caller["id"],
        "changes_count": None,
        "diff_refs": {"base_sha": base, "head_sha": head, "start_sha": base},
        "user": {"can_merge": auth.has_role(call, project, Role.DEVELOPER, "repository")},
    }


def _commit(call: Call, project: Row, branch: str) -> str | None:
    """Return the latest commit of a branch, which need not exist."""
    found: str | None = call.store.scalar(
        "SELECT commit_id FROM repository_files WHERE project_id = ? AND branch = ? "
        "ORDER BY id DESC",
        project["id"],
        branch,
    )
    return found


@routes.get(
    "/projects/{id}/merge_requests",
    Param("state", default="all", values=_STATES),
    Param("source_branch"),
    *PAGE_PARAMS,
    job_token=True,
)
def _list(call: Call) -> Any:
    project, given = find_project(call), call.params
    auth.require(call, project, Role.REPORTER, "repository")
    return paginate(
        call,
        "SELECT * FROM merge_requests WHERE project_id = ? AND (? = 'all' OR state = ?) "
        "AND source_branch = coalesce(?, source_branch) ORDER BY id DESC",
        (project["id"], given["state"], given["state"], given.get("source_branch")),
        lambda request: _basic(call, project, request),
    )


@routes.get(
    "/projects/{id}/merge_requests/{merge_request_iid:int}", errors=(400, 404), job_token=True
)
def _show(call: Call) -> Any:
    return _details(call, *find_merge_request(call))


@routes.post(
    "/projects/{id}/merge_requests",
    Param("title", required=True),
    Param("source_branch", required=True),
    Param("target_branch", required=True),
    Param("description"),
    role=Role.DEVELOPER,
    errors=(400, 403, 404, 409, 422),
)
def _create(call: Call) -> Any:
    project, given, store = find_project(call), call.params, call.store
    auth.require(call, project, Role.DEVELOPER, "repository")
    _check(call, project)
    last = store.scalar("SELECT max(iid) FROM merge_requests WHERE project_id = ?", project["id"])
    now = store.timestamp()
    made = store.insert(
        "merge_requests",
        project_id=project["id"],
        iid=(last or 0) + 1,
        title=given["title"],
        description=given.get("description"),
        source_branch=given["source_branch"],
        target_branch=given["target_branch"],
        author_id=call.caller["id"],
        created_at=now,
        updated_at=now,
    )
    return _details(call, project, made)


def _check(call: Call, project: Row) -> None:
    given = call.params
    if given["source_branch"] == given["target_branch"]:
        text = "You can't use same project/branch for source and target"
        raise errors.ApiError(422, {"error": [text]})
    open_one = call.store.one(
        "SELECT iid FROM merge_requests WHERE project_id = ? AND state = 'opened' "
        "AND source_branch = ? AND target_branch = ?",
        project["id"],
        given["source_branch"],
        given["target_branch"],
    )
    if open_one:
        text = f"Another open merge request already exists for this source branch: !{open_one[0]}"
        raise errors.message(409, [text])
    wrong: dict[str, list[str]] = {}
    for name in ("title", "source_branch", "target_branch"):
        if not (given[name] or "").strip():
            wrong[name] = ["can't be blank"]
    for name, longest in (("title", _LONGEST_TITLE), ("description", _LONGEST_DESCRIPTION)):
        if len(given.get(name) or "") > longest:
            wrong[name] = [f"is too long (maximum is {longest} characters)"]
    if wrong:
        raise errors.model_errors(wrong)


@routes.delete(
    "/projects/{id}/merge_requests/{merge_request_iid:int}",
    role=Role.OWNER,
    errors=(400, 403, 404, 412),
)
def _delete(call: Call) -> None:
    project, request = find_merge_request(call)
    auth.require(call, project, Role.OWNER, "repository")
    check_unmodified_since(call, request)
    call.store.delete("merge_requests", request["id"])
