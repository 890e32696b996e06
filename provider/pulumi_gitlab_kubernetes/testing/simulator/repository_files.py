"""Files in a project's repository. Each change is a commit.

LFS, blame and the mode of files are not simulated.

Follows https://docs.gitlab.com/api/repository_files/.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.mime_base64 import decode
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.repository import (
    commit_file,
    find_file,
    find_ref,
    start_branch,
)
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

_PATH = "/projects/{id}/repository/files/{file_path}"
_COMMIT = (
    Param("branch", required=True, allow_blank=False),
    Param("commit_message", required=True, allow_blank=False),
    Param("start_branch"),
    Param("author_email"),
    Param("author_name"),
)
_CONTENT = (
    Param("content", required=True),
    Param("encoding", default="text", values=("text", "base64")),
    Param("last_commit_id"),
)
_REF = Param("ref", required=True, allow_blank=False)

EXISTS = "A file with this name already exists"
MISSING = "A file with this name doesn't exist"
CHANGED = "You are attempting to update a file that has changed since you started editing it."

routes = Family("https://docs.gitlab.com/api/repository_files/", role=Role.DEVELOPER)


def _check_path(call: Call) -> None:
    path = call.params["file_path"]
    if path.startswith("/") or ".." in path.split("/"):
        raise errors.parameter_error("file_path should be a valid file path")


def _content(call: Call) -> bytes:
    content = call.params["content"] or ""
    return decode(content) or b"" if call.params["encoding"] == "base64" else content.encode()


def _project_to_change(call: Call) -> Row:
    """Return the project, and create the branch of the commit if it starts from another one."""
    _check_path(call)
    project, given = find_project(call), call.params
    auth.require(call, project, Role.DEVELOPER, "repository")
    start_branch(call, project, given["branch"], given.get("start_branch") or given["branch"])
    return project


def _commit(call: Call, project: Row, content: bytes | None) -> dict[str, Any]:
    path, branch, message = (
        call.params[name] for name in ("file_path", "branch", "commit_message")
    )
    commit_file(call, project, path, content, message=message, branch=branch)
    return {"file_path": path, "branch": branch}


def _existing(call: Call, project: Row) -> Row:
    file = find_file(call.store, project, call.params["branch"], call.params["file_path"])
    if file is None:
        raise errors.message(400, MISSING)
    return file


@routes.post(_PATH, *_COMMIT, *_CONTENT, errors=(400, 403, 404))
def _create(call: Call) -> Any:
    project = _project_to_change(call)
    if find_file(call.store, project, call.params["branch"], call.params["file_path"]):
        raise errors.message(400, EXISTS)
    return _commit(call, project, _content(call))


@routes.put(_PATH, *_COMMIT, *_CONTENT, errors=(400, 403, 404))
def _update(call: Call) -> Any:
    project = _project_to_change(call)
    file = find_file(call.store, project, call.params["branch"], call.params["file_path"])
    expected = call.params.get("last_commit_id")
    if expected and (file is None or file["commit_id"] != expected):
        raise errors.message(400, CHANGED)
    _existing(call, project)
    return _commit(call, project, _content(call))


@routes.delete(_PATH, *_COMMIT, errors=(400, 403, 404))
def _delete(call: Call) -> None:
    project = _project_to_change(call)
    _existing(call, project)
    _commit(call, project, None)


def _find_file(call: Call) -> tuple[Row, Row]:
    """Return the requested file and its branch's last commit, and send metadata as headers."""
    project = find_project(call)
    auth.require(call, project, Role.REPORTER, "repository")
    head = find_ref(call, project, call.params.get("ref") or "HEAD")
    file = find_file(call.store, project, head["branch"], call.params["file_path"])
    if file is None:
        raise errors.not_found("File")
    for name, value in _blob(call, file, head).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text.isascii() and text.isprintable():  # GitLab's behaviour for others is unknown
            call.response_headers[f"X-Gitlab-{name.title().replace('_', '-')}"] = text
    return file, head


def _blob(call: Call, file: Row, head: Row) -> dict[str, Any]:
    return {
        "file_name": file["path"].rpartition("/")[2],
        "file_path": file["path"],
        "size": len(file["content"]),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(file["content"]).hexdigest(),
        "ref": call.params.get("ref") or "HEAD",
        "blob_id": hashlib.sha1(file["content"], usedforsecurity=False).hexdigest(),
        "commit_id": head["sha"],
        "last_commit_id": file["commit_id"],
        "execute_filemode": False,
    }


@routes.get(_PATH, _REF, role=Role.REPORTER, errors=(400, 403, 404))
def _show(call: Call) -> Any:
    _check_path(call)
    file, head = _find_file(call)
    content = base64.b64encode(file["content"]).decode()
    return {**_blob(call, file, head), "content": content}


@routes.get(f"{_PATH}/raw", Param("ref"), role=Role.REPORTER, errors=(403, 404))
def _show_raw(call: Call) -> bytes:
    return bytes(_find_file(call)[0]["content"])
