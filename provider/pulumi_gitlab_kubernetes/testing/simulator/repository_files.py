"""Files in a project's repository; a commit to a new branch creates it.

Follows https://docs.gitlab.com/api/repository_files/.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.mime_base64 import decode
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

_PATH = "/projects/{id}/repository/files/{file_path}"
_COMMIT = (
    Param("branch", required=True, allow_blank=False),
    Param("commit_message", required=True, allow_blank=False),
)
_CONTENT = (
    Param("content", required=True),
    Param("encoding", default="text", values=("text", "base64")),
)

routes = Family("https://docs.gitlab.com/api/repository_files/", role=Role.DEVELOPER)


def _content(call: Call) -> bytes:
    content = call.params["content"] or ""
    return decode(content) or b"" if call.params["encoding"] == "base64" else content.encode()


def _file(call: Call, project: Row, branch: str) -> Row | None:
    return call.store.one(
        "SELECT * FROM repository_files WHERE project_id = ? AND branch = ? AND path = ?",
        project["id"],
        branch,
        call.params["file_path"],
    )


def _commit(call: Call) -> dict[str, Any]:
    return {"file_path": call.params["file_path"], "branch": call.params["branch"]}


@routes.post(_PATH, *_COMMIT, *_CONTENT, errors=(400, 403, 404))
def _create(call: Call) -> Any:
    project, given = find_project(call), call.params
    auth.require(call, project, Role.DEVELOPER, "repository")
    if _file(call, project, given["branch"]):
        raise errors.message(400, "A file with this name already exists")
    add_file(call.store, project, given["branch"], given["file_path"], _content(call))
    return _commit(call)


def add_file(store: Store, project: Row, branch: str, path: str, content: bytes) -> None:
    """Add a file; the first branch of a repository becomes the default branch."""
    store.insert(
        "repository_files",
        project_id=project["id"],
        branch=branch,
        path=path,
        content=content,
        commit_id=secrets.token_hex(20),
    )
    if project["default_branch"] is None:
        store.update("projects", project["id"], default_branch=branch)


@routes.put(_PATH, *_COMMIT, *_CONTENT, errors=(400, 403, 404))
def _update(call: Call) -> Any:
    project = find_project(call)
    auth.require(call, project, Role.DEVELOPER, "repository")
    file = _file(call, project, call.params["branch"])
    if file is None:
        raise errors.message(400, "A file with this name doesn't exist")
    call.store.update(
        "repository_files", file["id"], content=_content(call), commit_id=secrets.token_hex(20)
    )
    return _commit(call)


def _find_file(call: Call) -> Row:
    """Return the requested file, and send its metadata as headers too."""
    project = find_project(call)
    auth.require(call, project, Role.REPORTER, "repository")
    ref = call.params.get("ref") or "HEAD"
    file = _file(call, project, project["default_branch"] if ref == "HEAD" else ref)
    if file is None:
        raise errors.not_found("File")
    for name, value in _blob(file, ref).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text.isascii() and text.isprintable():  # GitLab's behaviour for others is unknown
            call.response_headers[f"X-Gitlab-{name.title().replace('_', '-')}"] = text
    return file


def _blob(file: Row, ref: str) -> dict[str, Any]:
    return {
        "file_name": file["path"].rpartition("/")[2],
        "file_path": file["path"],
        "size": len(file["content"]),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(file["content"]).hexdigest(),
        "ref": ref,
        "blob_id": hashlib.sha1(file["content"], usedforsecurity=False).hexdigest(),
        "commit_id": file["commit_id"],
        "last_commit_id": file["commit_id"],
        "execute_filemode": False,
    }


@routes.get(_PATH, Param("ref", required=True), role=Role.REPORTER, errors=(400, 403, 404))
def _show(call: Call) -> Any:
    file = _find_file(call)
    content = base64.b64encode(file["content"]).decode()
    return {**_blob(file, call.params["ref"]), "content": content}


@routes.get(f"{_PATH}/raw", Param("ref"), role=Role.REPORTER, errors=(403, 404))
def _show_raw(call: Call) -> bytes:
    return bytes(_find_file(call)["content"])


@routes.delete(_PATH, *_COMMIT, errors=(400, 403, 404))
def _delete(call: Call) -> None:
    project = find_project(call)
    auth.require(call, project, Role.DEVELOPER, "repository")
    file = _file(call, project, call.params["branch"])
    if file is None:
        raise errors.message(400, "A file with this name doesn't exist")
    call.store.delete("repository_files", file["id"])
