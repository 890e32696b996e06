"""Notes on merge requests. CI/CD job tokens can only read them.

Authors can change their notes with any role; a Maintainer can change all of them.

Follows https://docs.gitlab.com/api/notes/#merge-requests.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.entities import user_basic
from pulumi_gitlab_kubernetes.testing.simulator.lookups import check_unmodified_since
from pulumi_gitlab_kubernetes.testing.simulator.merge_requests import find_merge_request
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.quick_actions import interpret
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

_NOTES = "/projects/{id}/merge_requests/{merge_request_iid:int}/notes"
_NOTE = f"{_NOTES}/{{note_id:int}}"
_LONGEST = 1_000_000

routes = Family("https://docs.gitlab.com/api/notes/", role=Role.REPORTER, errors=(400, 404))


def _note(call: Call, request: Row, note: Row, changes: dict[str, str]) -> dict[str, Any]:
    return {
        "id": note["id"],
        "type": None,
        "body": note["body"],
        "author": user_basic(call, call.store.fetch("users", note["author_id"])),
        "created_at": note["created_at"],
        "updated_at": note["updated_at"],
        "system": False,
        "noteable_id": request["id"],
        "noteable_type": "MergeRequest",
        "project_id": request["project_id"],
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": request["iid"],
        "commands_changes": changes,
    }


def _find(call: Call, request: Row) -> Row:
    note = call.store.get("merge_request_notes", call.params["note_id"])
    if note is None or note["merge_request_id"] != request["id"]:
        raise errors.record_not_found()
    return note


def _require_admin(call: Call, project: Row, note: Row) -> None:
    """Reject a change of another user's note by less than a Maintainer."""
    own = note["author_id"] == call.caller["id"]
    auth.require(call, project, Role.REPORTER if own else Role.MAINTAINER, "repository")


def _apply(call: Call, request: Row) -> tuple[str, dict[str, str]]:
    """Execute a note's quick actions, and return the rest and the changes.

    Raises:
        ApiError: 400.
    """
    found = interpret(call.params["body"] or "")
    call.store.update("merge_requests", request["id"], **found.changes)
    if not found.text.strip():
        if found.changes:
            return "", found.changes
        raise _invalid("can't be blank")
    if len(found.text) > _LONGEST:
        raise _invalid(f"is too long (maximum is {_LONGEST} characters)")
    return found.text, found.changes


def _only_actions(changes: dict[str, str]) -> dict[str, Any]:
    """Return the response to a note of quick actions alone; GitLab's status is 202."""
    return {"commands_changes": changes, "summary": []}


def _invalid(problem: str) -> errors.ApiError:
    # GitLab prints a Ruby hash.
    return errors.bad_request(f'Note {{:note=>["{problem}"]}}')


@routes.get(
    _NOTES,
    Param("order_by", default="created_at", values=("created_at", "updated_at")),
    Param("sort", default="desc", values=("asc", "desc")),
    *PAGE_PARAMS,
    job_token=True,
)
def _list(call: Call) -> Any:
    _project, request = find_merge_request(call)
    column, sort = call.params["order_by"], call.params["sort"]
    return paginate(
        call,
        "SELECT * FROM merge_request_notes WHERE merge_request_id = ? "
        f"ORDER BY {column} {sort}, id {sort}",
        (request["id"],),
        lambda note: _note(call, request, note, {}),
    )


@routes.get(_NOTE, job_token=True)
def _show(call: Call) -> Any:
    _project, request = find_merge_request(call)
    return _note(call, request, _find(call, request), {})


@routes.post(_NOTES, Param("body", required=True), errors=(400, 403, 404))
def _create(call: Call) -> Any:
    project, request = find_merge_request(call)
    auth.require(call, project, Role.REPORTER, "repository")
    text, changes = _apply(call, request)
    if not text:
        return _only_actions(changes)
    now = call.store.timestamp()
    made = call.store.insert(
        "merge_request_notes",
        merge_request_id=request["id"],
        author_id=call.caller["id"],
        body=text,
        created_at=now,
        updated_at=now,
    )
    return _note(call, request, made, changes)


@routes.put(_NOTE, Param("body", allow_blank=False), role=Role.MAINTAINER, errors=(400, 403, 404))
def _update(call: Call) -> Any:
    project, request = find_merge_request(call)
    note = _find(call, request)
    _require_admin(call, project, note)
    if "body" not in call.params:
        return _note(call, request, note, {})
    text, changes = _apply(call, request)
    if not text:
        call.store.delete("merge_request_notes", note["id"])
        return _only_actions(changes)
    changed = call.store.update(
        "merge_request_notes", note["id"], body=text, updated_at=call.store.timestamp()
    )
    return _note(call, request, changed, changes)


@routes.delete(_NOTE, role=Role.MAINTAINER, errors=(400, 403, 404, 412))
def _delete(call: Call) -> None:
    project, request = find_merge_request(call)
    note = _find(call, request)
    _require_admin(call, project, note)
    check_unmodified_since(call, note)
    call.store.delete("merge_request_notes", note["id"])
