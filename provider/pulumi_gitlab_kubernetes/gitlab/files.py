"""Files in a project's repository as a collection: each resource is one file, each write a commit.

See https://docs.gitlab.com/api/repository_files/.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

import gitlab
from gitlab.utils import EncodedId

from pulumi_gitlab_kubernetes.errors import BAD_REQUEST, GitLabError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.collection import Collection, manager_of
from pulumi_gitlab_kubernetes.gitlab.objects import require_object
from pulumi_gitlab_kubernetes.gitlab.places import BRANCHES, TREE, Ids, Place
from pulumi_gitlab_kubernetes.gitlab.responses import gitlab_errors
from pulumi_gitlab_kubernetes.gitlab.yaml_text import parse, render

_HEAD = "HEAD"
"""The default branch, for requests that read."""


@dataclass(frozen=True)
class Commit:
    """How a file is committed.

    Args:
        branch: The branch; empty for the default branch of the project.
        message: The commit message; empty for one that says what was done.
        author_name: The name of the author; empty for that of the token's user.
        author_email: The email address of the author; empty for that of the token's user.
    """

    branch: str = ""
    message: str = ""
    author_name: str = ""
    author_email: str = ""


class Content(Protocol):
    """How the content of a file becomes the response about a resource, and is changed."""

    def shown(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return the keys of a response for the content of a file."""

    def changed(self, content: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return the content of a file after a create or an update.

        Args:
            content: The content; empty for a new file.
            data: What a request sends.

        Raises:
            GitLabError: The update would undo a change that the state does not have.
        """


class FileCollection(Collection):
    """The files of one kind of resource in a repository. No other file is changed.

    Whether it can be read is the same as whether the branches of the repository can.

    Args:
        client: python-gitlab's client.
        place: Where the files are.
        ids: The project's ID.
        commit: How files are committed.
        content: What the files contain.
        default_branch: Returns the name of the project's default branch.
        lock: Held for each commit, since GitLab rejects one of two at the same time.
        ensure: Checks that the server is GitLab. Called if a response is empty.
        written: Called after each request that may have changed something.
    """

    def __init__(
        self,
        client: gitlab.Gitlab,
        place: Place,
        ids: Ids,
        *,
        commit: Commit,
        content: Content,
        default_branch: Callable[[], str],
        lock: Lock,
        ensure: Callable[[], None],
        written: Callable[[], None],
    ) -> None:
        branches = manager_of(client, BRANCHES, ids)
        super().__init__(branches, place, ensure=ensure, written=written)
        self._branches = Collection(branches, BRANCHES)
        self._tree = Collection(manager_of(client, TREE, ids), TREE)
        self._client = client
        self._files = place.path.format(*ids)
        self._commit = commit
        self._content = content
        self._default_branch = default_branch
        self._lock = lock

    def create(self, data: dict[str, Any]) -> dict[str, Any]:
        """Add a file and return its content in the form of a response."""
        id_ = data[self._place.key]
        settings = {name: value for name, value in data.items() if name != self._place.key}
        content = self._content.changed({}, settings)
        self._write("post", id_, "Add", content)
        return self._shown(id_, content)

    def get(self, id_: Any) -> dict[str, Any]:
        """Return the content of a file in the form of a response."""
        return self._shown(id_, parse(self._fetch(id_)[0]))

    def update(self, id_: Any, data: dict[str, Any]) -> dict[str, Any]:
        """Change some of the content of a file, and return all of it in the form of a response.

        The commit is only made on top of the one that was read.
        """
        data_, last = self._fetch(id_)
        content = parse(data_)
        wanted = self._content.changed(content, data)
        if wanted != content:
            try:
                self._write("put", id_, "Update", wanted, last_commit_id=last)
            except GitLabError as error:
                data_, now = self._fetch(id_)
                if parse(data_) == wanted:  # The first of two equal requests has done it.
                    return self._shown(id_, wanted)
                if now == last or error.status != BAD_REQUEST:
                    raise
                advice = ": another commit changed the file at the same time, run this again"
                raise GitLabError(error.message, error.status, advice=advice) from error
        return self._shown(id_, wanted)

    def delete(self, id_: Any) -> None:
        """Delete a file."""
        try:
            with self._committing():
                body = self._body("Delete", id_)
                self._client.http_request("delete", self._path(id_), query_data=body)
        except GitLabError as error:
            if error.status == BAD_REQUEST:
                self._fetch(id_)  # Raises an error if it does not exist, which GitLab answers so.
            raise
        self._ensure()

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Return all files, each from its own request: a list of files lacks their content."""
        before, after = self._place.file.split("{}")
        query = {"path": before.rstrip("/"), "ref": self._commit.branch or _HEAD}
        try:
            found = list(self._tree.list(**query, **filters, recursive="true"))
        except NotFoundError:
            if not self.readable():
                raise
            return  # GitLab answers so if there is no such folder, or no commit.
        for each in found:
            path = each["path"]
            id_ = path.removeprefix(before).removesuffix(after)
            if each["type"] == "blob" and path == self._place.file.format(id_) and "/" not in id_:
                with suppress(NotFoundError):
                    data, _last = self._fetch(id_)
                    try:
                        content = parse(data)
                    except GitLabError as error:
                        raise GitLabError(f"{path}: {error.message}") from error
                    yield self._shown(id_, content)

    def _fetch(self, id_: Any) -> tuple[bytes, str]:
        """Return a file, and the last commit that changed it."""
        with gitlab_errors(self._client):
            query = {"ref": self._commit.branch or _HEAD}
            found = require_object(
                self._client.http_request("get", self._path(id_), query).json(),
                "last_commit_id",
                numbered=False,
                expected={"file_path": self._place.file.format(id_), "encoding": "base64"},
            )
            return base64.b64decode(found["content"], validate=True), found["last_commit_id"]

    def _write(
        self, method: str, id_: Any, verb: str, content: dict[str, Any], **more: str
    ) -> None:
        with self._committing():
            body = {**self._body(verb, id_), "content": render(content), "encoding": "text", **more}
            response = self._client.http_request(method, self._path(id_), post_data=body)
            expected = {"file_path": self._place.file.format(id_), "branch": body["branch"]}
            require_object(response.json(), numbered=False, expected=expected)

    def _body(self, verb: str, id_: Any) -> dict[str, str]:
        commit = self._commit
        body = {
            "branch": self._branch(),
            "commit_message": commit.message or f"{verb} {self._place.file.format(id_)}",
            "author_name": commit.author_name,
            "author_email": commit.author_email,
        }
        return {name: value for name, value in body.items() if value}

    def _branch(self) -> str:
        return self._commit.branch or self._default_branch()

    @contextmanager
    def _committing(self) -> Iterator[None]:
        try:
            with self._lock, self._writing():
                yield
        except GitLabError as error:
            if error.status != BAD_REQUEST or not (advice := self._advice()):
                raise
            raise GitLabError(error.message, error.status, advice=advice) from error

    def _advice(self) -> str:
        """Return what to do about the branch if GitLab rejects a commit, if it is that."""
        name = self._branch()
        try:
            if self._branches.get(name).get("can_push") is False:
                return f': allow the token\'s user to push to branch "{name}", which is protected'
        except NotFoundError:
            if next(self._branches.list(), None):  # The first commit creates its branch.
                return f': branch "{name}" does not exist, create it or name another one'
        except GitLabError:
            pass  # GitLab's own message has to do.
        return ""

    def _path(self, id_: Any) -> str:
        return f"{self._files}/{EncodedId(self._place.file.format(id_))}"

    def _shown(self, id_: Any, content: dict[str, Any]) -> dict[str, Any]:
        own = {"id": id_, self._place.key: id_, "file_path": self._place.file.format(id_)}
        return {**own, **self._content.shown(content)}
