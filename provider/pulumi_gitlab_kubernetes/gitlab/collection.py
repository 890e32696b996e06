"""GitLab's collections, through python-gitlab's managers. All values are plain.

Every failure is a `GitLabError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gitlab
from gitlab.base import RESTManager, RESTObject
from gitlab.exceptions import GitlabParsingError
from gitlab.mixins import CRUDMixin

from pulumi_gitlab_kubernetes.errors import FORBIDDEN, NOT_FOUND, GitLabError, LostResponseError
from pulumi_gitlab_kubernetes.gitlab.objects import require_object
from pulumi_gitlab_kubernetes.gitlab.places import Ids, Place
from pulumi_gitlab_kubernetes.gitlab.read_cache import MOST_PAGES, Batch, Page
from pulumi_gitlab_kubernetes.gitlab.responses import gitlab_errors, never_gitlab
from pulumi_gitlab_kubernetes.gitlab.review_apps import ReviewApps

_PER_PAGE = 100  # GitLab's maximum.


class _Object(RESTObject):
    """Any resource with an ID."""


class _Manager(CRUDMixin[_Object]):
    """A manager of a collection at any path, without python-gitlab's object of its project.

    Creating that object with its hundred managers takes longer than a read.
    """

    _obj_cls = _Object

    def __init__(self, client: gitlab.Gitlab, path: str) -> None:
        self._whole_path = path
        super().__init__(client)

    def _compute_path(self, path: str | None = None) -> str:
        self._parent_attrs = {}
        return path or self._whole_path


def manager_of(client: gitlab.Gitlab, place: Place, ids: Ids) -> RESTManager[Any]:
    """Return python-gitlab's manager of a collection.

    Args:
        client: python-gitlab's client.
        place: Where the collection is.
        ids: The IDs in its path.
    """
    return _Manager(client, place.path.format(*ids))


class Collection:
    """One collection in GitLab.

    Args:
        manager: python-gitlab's manager.
        place: Where it is, and what its responses have.
        parent: The collection and ID of its parent, unless that is a project.
        owner: The response key of the parent's ID, and that ID.
        batch: The read cache, if the list has all that the response for a single resource has.
        ensure: Checks that the server is GitLab. Called if a response is empty.
        written: Called after each request that may have changed something.
    """

    def __init__(
        self,
        manager: Any,
        place: Place,
        parent: tuple[Collection, Any] | None = None,
        *,
        owner: Mapping[str, int] | None = None,
        batch: Batch | None = None,
        ensure: Callable[[], None] = lambda: None,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._manager: Any = manager
        self._place = place
        self._owner = owner or {}
        self.parent = parent
        self._batch = batch
        self._ensure = ensure
        self._written = written

    def create(self, data: dict[str, Any]) -> dict[str, Any]:
        """Create a resource and return GitLab's response."""
        with self._writing():
            sent = {name: data[name] for name in self._place.texts if name in data}
            path = f"{self._manager.path}{self._place.create}"
            return self._require(
                self._manager.create(data, path=path).asdict(), *self._place.shown_once, **sent
            )

    def get(self, id_: Any) -> dict[str, Any]:
        """Return GitLab's response for one resource."""
        with gitlab_errors(self._manager.gitlab):
            return self._require(self._manager.get(id_).asdict(), **{self._place.key: id_})

    def read(self, id_: Any) -> dict[str, Any]:
        """Return GitLab's response for one resource, from the read cache if possible."""
        found = self._batch.find(id_, self._page) if self._batch else None
        return self.get(id_) if found is None else found

    def update(self, id_: Any, data: dict[str, Any]) -> dict[str, Any]:
        """Update a resource and return GitLab's response."""
        with self._writing():
            return self._require(self._manager.update(id_, data), **{self._place.key: id_})

    def delete(self, id_: Any) -> None:
        """Delete a resource, or revoke a token."""
        with self._writing():
            self._manager.delete(id_)
        self._ensure()

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Return all resources, page by page.

        Pages are requested by number, since a link could send the token to another server.
        """
        seen: set[Any] = set()
        for number in range(1, MOST_PAGES + 1):
            page = self._page(number, **filters)
            if page.endless(seen):
                raise self._never("a list whose pages repeat")
            yield from (found for id_, found in page.resources.items() if id_ not in seen)
            if page.last:
                return
            seen |= page.resources.keys()
        raise self._never(f"a list of more than {MOST_PAGES * _PER_PAGE:,} resources")

    def stop(self, id_: int, *, force: bool) -> dict[str, Any]:
        """Stop an environment and return GitLab's response."""
        with self._writing():
            path = f"{self._manager.path}/{id_}/stop"
            stopped = self._manager.gitlab.http_post(path, force=force)
            return self._require(stopped, id=id_)

    def stop_stale(self, before: str) -> None:
        """Request that GitLab stops the environments without changes since a time.

        Args:
            before: The time in ISO 8601.
        """
        with self._writing():
            path = f"{self._manager.path}/stop_stale"
            answered = self._manager.gitlab.http_post(path, post_data={"before": before})
            require_object(answered, "message", numbered=False)

    def delete_review_apps(self, before: str, limit: int, *, dry_run: bool) -> ReviewApps:
        """Schedule the deletion of stopped review environments.

        Args:
            before: The time in ISO 8601 before which they were created.
            limit: The maximum number of environments.
            dry_run: Whether to schedule none, and only return them.
        """
        query = {"before": before, "limit": limit, "dry_run": str(dry_run).lower()}
        path = f"{self._manager.path}/review_apps"
        with self._writing():
            try:
                answer = self._manager.gitlab.http_request("delete", path, query, content=True)
            except gitlab.GitlabError as error:
                if (found := ReviewApps.rejected(error.response_body)) is None:
                    raise
                return found.or_raise(error.response_code)
            return ReviewApps.accepted(answer.json())

    def readable(self) -> bool:
        """Return whether the collection can be read, with one small request."""
        return self.access_status() is None

    def access_status(self) -> int | None:
        """Return the status, 403 or 404, if the collection cannot be read, else `None`."""
        try:
            with gitlab_errors(self._manager.gitlab):
                self._manager.list(get_all=False, per_page=1, page=1)
        except GitLabError as error:
            if error.status in {NOT_FOUND, FORBIDDEN}:
                return error.status
            raise
        return None

    def readable_cached(self) -> bool:
        """Return whether the collection can be read, from the read cache if possible."""
        return self._batch.readable(self.readable) if self._batch else self.readable()

    def _page(self, number: int, **filters: Any) -> Page:
        query = {**filters, "page": number, "per_page": _PER_PAGE}
        with gitlab_errors(self._manager.gitlab):
            response = self._manager.gitlab.http_request("get", self._manager.path, query)
            rows = response.json()
            if not isinstance(rows, list) or len(rows) > _PER_PAGE:
                raise GitlabParsingError
            resources = {found[self._place.key]: found for found in map(self._require, rows)}
            pages = response.headers.get("X-Total-Pages")
            last = "next" not in response.links and not response.headers.get("X-Next-Page")
            return Page(resources, int(pages) if pages else None, last)

    def _require(self, response: Any, *more: str, **fixed: object) -> dict[str, Any]:
        expected = {**self._owner, **fixed}
        return require_object(
            response, *self._place.texts, *more, numbered=self._place.numbered, expected=expected
        )

    def _never(self, what: str) -> LostResponseError:
        return never_gitlab(self._manager.gitlab, what)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with gitlab_errors(self._manager.gitlab):
                yield
        finally:
            self._written()  # Also after a failure: GitLab may have done it.
