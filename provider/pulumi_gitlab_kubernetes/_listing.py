"""Reads of many things of one collection: one by one at first, by the page once that pays.

Nobody says beforehand how many of a collection's things a run will read. So a page is asked for
only where the reads that earlier pages have saved pay for it, or as many single requests have been
spent as the list has pages: a refresh never costs more than about one request for each resource,
nor, when most of a collection is read, more than about its pages twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Hashable
from dataclasses import dataclass, field
from typing import Any

from .errors import GitLabError

MAX_AGE = 30.0
"""How long what was listed is believed, in seconds."""

MOST_PAGES = 1000
"""GitLab knows no limit of a project's environments; these are a hundred thousand, and more than
any project has."""

Thing = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Args:
        things: GitLab's descriptions, by id.
        pages: How many pages there are; GitLab does not count above 10,000 things.
        last: Whether there is none after it.
    """

    things: dict[int, Thing]
    pages: int | None
    last: bool

    def endless(self, seen: Container[Any]) -> bool:
        """Tell whether it leads on and shows nothing new, as GitLab's pages never do.

        Args:
            seen: The ids on the pages before it.
        """
        return not self.last and all(id_ in seen for id_ in self.things)


@dataclass
class _Lately:
    """What GitLab showed since something was last written, or since that was too long ago."""

    since: float = field(default_factory=time.monotonic)
    things: dict[int, Thing] = field(default_factory=dict)
    next: int = 1
    pages: int | None = None
    complete: bool = False
    readable: bool | None = None

    def take(self, page: Page) -> None:
        self.things |= page.things
        self.next += 1
        self.pages, self.complete = page.pages, page.last


class Listing:
    """What all threads of this process know of one collection's list."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lately = _Lately()
        self._reads = self._singles = self._lists = 0
        self._refused = False

    def find(self, id_: int, ask: Callable[[int], Page]) -> Thing | None:
        """Return a thing as the list shows it.

        Args:
            id_: Its id.
            ask: Asks GitLab for the page of that number; one thread at a time does.

        Returns:
            GitLab's description, or `None` where GitLab is to be asked for this one thing alone.
        """
        with self._lock:
            self._reads += 1
            while (found := self._current().things.get(id_)) is None and self._pays():
                self._turn(ask)
            if found is None:
                self._singles += 1
            return found

    def readable(self, ask: Callable[[], bool]) -> bool:
        """Tell whether the collection can be read, asking GitLab only once in a while."""
        with self._lock:
            lately = self._current()
            if lately.readable is None:
                lately.readable = ask()
            return lately.readable

    def forget(self) -> None:
        """Believe nothing that was asked for before now; an answer on its way is dropped too."""
        self._lately = _Lately()

    def _current(self) -> _Lately:
        if time.monotonic() - self._lately.since > MAX_AGE:
            self.forget()
        return self._lately

    def _pays(self) -> bool:
        lately = self._lately
        if self._refused or lately.complete or self._reads == 1:
            return False
        saved = self._reads - self._singles - self._lists
        return saved > 0 or (lately.pages is not None and self._singles >= lately.pages)

    def _turn(self, ask: Callable[[int], Page]) -> None:
        lately = self._lately  # `forget` leaves this one behind.
        self._lists += 1
        try:
            page = ask(lately.next)
        except GitLabError:
            self._refused = True  # What may be listed and what may be read are two things.
            return
        self._refused = page.endless(lately.things) or lately.next == MOST_PAGES
        lately.take(page)


class Listings:
    """The listings of this process, by whose and of what they are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listings: dict[tuple[str, int], dict[Hashable, Listing]] = {}

    def get(self, url: str, project_id: int, key: Hashable) -> Listing:
        """Return the listing of a collection, a new one when first asked for.

        Args:
            url: The GitLab.
            project_id: The project.
            key: Who asks, and for which of the project's collections.
        """
        with self._lock:
            return self._listings.setdefault((url, project_id), {}).setdefault(key, Listing())

    def forget(self, url: str, project_id: int) -> None:
        """Forget all of a project: writing one thing changes others, as an agent's environments."""
        with self._lock:
            found = list(self._listings.get((url, project_id), {}).values())
        for listing in found:
            listing.forget()
