"""The read cache: reads of many resources of one collection, batched by pages of its list.

How many resources a run reads is not known in advance. So a page is requested only if earlier pages
have saved enough single reads, or if there were as many single reads as the list has pages. A
refresh then takes at most about one request per resource, and at most about twice the number of
pages if it reads most of the collection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Hashable
from dataclasses import dataclass, field
from typing import Any

from pulumi_gitlab_kubernetes.errors import GitLabError

MAX_AGE = 30.0
"""How long entries are valid, in seconds."""

MOST_PAGES = 1000
"""The limit of a list, here 100,000 resources. GitLab has no limit, but no project has as many."""

Response = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Args:
        resources: The resources by ID.
        pages: The number of pages, which GitLab only returns up to 10,000 resources.
        last: Whether this is the last page.
    """

    resources: dict[int, Response]
    pages: int | None
    last: bool

    def endless(self, seen: Container[Any]) -> bool:
        """Return whether more pages follow, but this one has nothing new. GitLab never does that.

        Args:
            seen: The IDs on the pages before it.
        """
        return not self.last and all(id_ in seen for id_ in self.resources)


@dataclass
class _Recent:
    """The entries since the last write, at most `MAX_AGE` old."""

    since: float = field(default_factory=time.monotonic)
    resources: dict[int, Response] = field(default_factory=dict)
    next: int = 1
    pages: int | None = None
    complete: bool = False
    readable: bool | None = None

    def add(self, page: Page) -> None:
        self.resources |= page.resources
        self.next += 1
        self.pages, self.complete = page.pages, page.last


class Batch:
    """The cache of one collection, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent = _Recent()
        self._reads = self._singles = self._lists = 0
        self._unusable = False

    def find(self, id_: int, request: Callable[[int], Page]) -> Response | None:
        """Return a resource from the list.

        Args:
            id_: The resource's ID.
            request: Requests the page with a number from GitLab. Called by one thread at a time.

        Returns:
            The resource, or `None` if the caller should request it alone.
        """
        with self._lock:
            self._reads += 1
            while (found := self._current().resources.get(id_)) is None and self._worthwhile():
                self._fetch_page(request)
            if found is None:
                self._singles += 1
            return found

    def readable(self, request: Callable[[], bool]) -> bool:
        """Return whether the collection can be read, requesting it if this is not cached."""
        with self._lock:
            recent = self._current()
            if recent.readable is None:
                recent.readable = request()
            return recent.readable

    def forget(self) -> None:
        """Drop all entries, also those of a request that is still running."""
        self._recent = _Recent()

    def _current(self) -> _Recent:
        if time.monotonic() - self._recent.since > MAX_AGE:
            self.forget()
        return self._recent

    def _worthwhile(self) -> bool:
        recent = self._recent
        if self._unusable or recent.complete or self._reads == 1:
            return False
        saved = self._reads - self._singles - self._lists
        return saved > 0 or (recent.pages is not None and self._singles >= recent.pages)

    def _fetch_page(self, request: Callable[[int], Page]) -> None:
        recent = self._recent  # `forget` replaces it.
        self._lists += 1
        try:
            page = request(recent.next)
        except GitLabError:
            self._unusable = True  # A user may be able to read resources, but not to list them.
            return
        self._unusable = page.endless(recent.resources) or recent.next == MOST_PAGES
        recent.add(page)


class ReadCache:
    """The caches of all collections, by GitLab instance, project and user."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: dict[tuple[str, int], dict[Hashable, Batch]] = {}

    def get(self, url: str, project_id: int, key: Hashable) -> Batch:
        """Return the cache of a collection.

        Args:
            url: GitLab's base URL.
            project_id: The project's ID.
            key: The connection and the collection in the project.
        """
        with self._lock:
            return self._batches.setdefault((url, project_id), {}).setdefault(key, Batch())

    def forget(self, url: str, project_id: int) -> None:
        """Drop all entries of a project, since a write can change other resources.

        For example, deleting an agent changes its environments.
        """
        with self._lock:
            found = list(self._batches.get((url, project_id), {}).values())
        for batch in found:
            batch.forget()
