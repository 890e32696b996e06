"""Requests to one GitLab instance. All requests start here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import Any

from gitlab.utils import EncodedId

from pulumi_gitlab_kubernetes.errors import GitLabError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.clock import Clock
from pulumi_gitlab_kubernetes.gitlab.collection import Collection, manager_of
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.files import Commit, Content, FileCollection
from pulumi_gitlab_kubernetes.gitlab.objects import require_object
from pulumi_gitlab_kubernetes.gitlab.places import Ids, Listing, Place
from pulumi_gitlab_kubernetes.gitlab.responses import GitLab, gitlab_errors, not_gitlab
from pulumi_gitlab_kubernetes.gitlab.retries import Deadline, Retries
from pulumi_gitlab_kubernetes.gitlab.shared import Shared
from pulumi_gitlab_kubernetes.gitlab.transport import Transport

_REDIRECTS = 3  # GitLab redirects once, from the old path of a project.
_FIRST_BRANCH = "main"  # GitLab's default.
_USER = "/user"  # Differs from any project's path, which has no leading slash.


@cache
def _user_agent() -> str:
    """Return how requests name this package. Finding its version takes longer than the rest."""
    return f"pulumi-gitlab-kubernetes/{version('pulumi-gitlab-kubernetes')}"


class Client:
    """Send requests to one GitLab instance, from one thread.

    Args:
        connection: The URL, the token and the other settings.
        shared: What it shares with the other clients of a run.
    """

    def __init__(self, connection: Connection, shared: Shared | None = None) -> None:
        self.connection = connection
        self._shared = shared or Shared()
        self.log_status: Callable[[str], None] = lambda _message: None
        self.clock = Clock()
        self.deadline = Deadline(connection.deadline, self._shared.cancelled)
        self._retries = Retries.within(
            self.deadline, self._log_status, self._shared.concurrency.slow_down
        )
        self._gitlab = GitLab(
            connection.url,
            private_token=None if connection.job else connection.token,
            job_token=connection.token if connection.job else None,
            ssl_verify=connection.verify,
            timeout=connection.timeout,
            user_agent=_user_agent(),
            keep_base_url=True,
        )
        self._gitlab.headers.update(connection.headers)
        self._gitlab.session.max_redirects = _REDIRECTS
        if connection.certificate:
            self._gitlab.session.cert = connection.certificate
        self.transport = Transport(self._retries, self.clock, connection.timeout)
        for scheme in ("http://", "https://"):
            self._gitlab.session.mount(scheme, self.transport)

    def _log_status(self, message: str) -> None:
        self.log_status(message)

    def attempts(self, *reason: str) -> Iterator[None]:
        """Yield for each attempt of an operation that is not repeated by itself.

        Args:
            reason: Why to wait between attempts; by default that GitLab does not answer.
        """
        return self._retries.attempts(*reason)

    @contextmanager
    def not_repeated(self) -> Iterator[None]:
        """Repeat no request whose response is lost, because it would do something else then."""
        before = self.transport.max_retries
        self.transport.max_retries = before.new(allowed_methods=frozenset({"GET"}))
        try:
            yield
        finally:
            self.transport.max_retries = before

    def user_id(self) -> int:
        """Return the ID of the token's user, which is requested once per run."""
        return self._shared.ids.get(self.connection, _USER, self._get_user_id)

    def require_gitlab(self) -> None:
        """Check that the server is GitLab and that it accepts the token.

        A 404, and the empty response to a delete, prove neither. If no response had the header that
        only GitLab sends, request the token's user, once per run. A CI job gets the URL from GitLab
        itself.

        Raises:
            GitLabError: It is not GitLab, it rejects the token, or the request failed.
        """
        if self.connection.job or self._gitlab.known:
            return
        try:
            self.user_id()
        except NotFoundError as error:
            raise GitLabError(not_gitlab(self.connection.url)) from error

    def project_id(self, project: str) -> int:
        """Return a project's numeric ID, which is requested once per run for each path.

        Args:
            project: The project's ID or full path.

        Raises:
            NotFoundError: It does not exist, or the user cannot see it.
        """
        if project.isdecimal():
            return int(project)
        if self.connection.job and self.connection.job[0] == project:
            return int(self.connection.job[1])
        return self._shared.ids.get(self.connection, project, lambda: self._get_project(project))

    def project_visible(self, project: str) -> bool:
        """Return whether the user can see a project. CI job tokens cannot request any project."""
        try:
            self._get_project(project)
        except GitLabError as error:
            if self.connection.job or isinstance(error, NotFoundError):
                return False
            raise
        return True

    def get(self, path: str, *texts: str, **query: str) -> dict[str, Any]:
        """Return GitLab's response for an object that is in no collection.

        Args:
            path: Its path below `/api/v4`.
            texts: The keys that it always has, each with a text.
            query: The parameters of the request.
        """
        with gitlab_errors(self._gitlab):
            response = self._gitlab.http_request("get", path, query).json()
            return require_object(response, *texts, numbered=False)

    def collection(self, place: Place, ids: Ids) -> Collection:
        """Return a collection, without a request.

        Args:
            place: Where GitLab has this kind of resource.
            ids: The project's ID, followed by the agent's if the resources belong to an agent.
        """
        project_id = ids[0]
        url = self.connection.url
        cache = self._shared.read_cache
        return Collection(
            manager_of(self._gitlab, place, ids),
            place,
            (self.collection(place.parent, ids[:-1]), ids[-1]) if place.parent else None,
            owner={place.owner: ids[-1]} if place.owner else {},
            batch=cache.get(url, project_id, (self.connection, place))
            if place.listing is Listing.FULL
            else None,
            ensure=self.require_gitlab,
            written=lambda: cache.forget(url, project_id),
        )

    def files(self, place: Place, ids: Ids, *, commit: Commit, content: Content) -> FileCollection:
        """Return the files of a kind of resource in a repository, without a request.

        Args:
            place: Where the files are.
            ids: The project's ID.
            commit: How files are committed.
            content: What the files contain.
        """
        url, project_id = self.connection.url, ids[0]
        return FileCollection(
            self._gitlab,
            place,
            ids,
            commit=commit,
            content=content,
            default_branch=lambda: self.default_branch(str(project_id)),
            lock=self._shared.commits.get((url, project_id)),
            ensure=self.require_gitlab,
            written=lambda: self._shared.read_cache.forget(url, project_id),
        )

    def default_branch(self, project: str) -> str:
        """Return the name of a project's default branch, which is requested once per run.

        Args:
            project: The project's ID.
        """

        def request() -> str:
            return _default_branch(self._find_project(project)[0])

        return self._shared.default_branches.get(self.connection, project, request)

    def _get_user_id(self) -> int:
        with gitlab_errors(self._gitlab):
            return int(require_object(self._gitlab.http_get(_USER), "username")["id"])

    def _get_project(self, project: str) -> int:
        found, redirected = self._find_project(project)
        path = found["path_with_namespace"]
        # GitLab redirects from the old path of a project since 16.7. Older ones return the project.
        if not (project.isdecimal() or redirected or path.casefold() == project.casefold()):
            raise GitLabError(
                f"{self.connection.url} returns project {path} for {project}: use the new path if "
                "the project was moved"
            )
        branch = _default_branch(found)
        self._shared.default_branches.note(self.connection, str(found["id"]), branch)
        return int(found["id"])

    def _find_project(self, project: str) -> tuple[dict[str, Any], bool]:
        """Return GitLab's response about a project, and whether it has redirected to it."""
        try:
            with gitlab_errors(self._gitlab):
                response = self._gitlab.http_request("get", f"/projects/{EncodedId(project)}")
                expected = {"id": int(project)} if project.isdecimal() else {}
                found = require_object(response.json(), "path_with_namespace", expected=expected)
                return found, bool(response.history)
        except GitLabError as error:
            if not self.connection.job or error.status is None:
                raise
            raise GitLabError(
                f"a CI job token cannot look up {project}: use the project's ID; only the job's "
                "own project can be given by its path"
            ) from error


def _default_branch(project: dict[str, Any]) -> str:
    # An empty repository has none, unless an administrator or a group has named it.
    return str(project.get("default_branch") or _FIRST_BRANCH)
