"""What was asked of the API: method, path, route, status, user and time; no query, body or header.

Read at `GET /-/simulator/requests`, by tests that count calls.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator.patterns import compiled

_LIMIT = 100_000


class RequestLog:
    """The requests so far, oldest first; the oldest of very many are forgotten."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_LIMIT)

    def add(self, method: str, path: str, time: str) -> dict[str, Any]:
        """Note a request; its route, status and user are filled in later."""
        entry = {
            "method": method,
            "path": path,
            "route": None,
            "status": None,
            "user": None,
            "time": time,
        }
        self._entries.append(entry)
        return entry

    def find(self, method: str = "", path: str = "", user: str = "") -> list[dict[str, Any]]:
        """Return the requests asked for.

        Args:
            method: HTTP method; empty for every one.
            path: regular expression searched for in the path (as sent, so `%2F` stays `%2F`).
            user: name of the user who asked; empty for every one, and for none.

        Raises:
            ValueError: the path is no regular expression.
        """
        return list(self._matching(method, path, user))

    def count(self, method: str = "", path: str = "", user: str = "") -> dict[str, int]:
        """Return how many requests each method and route had, such as `GET /projects/:id`."""
        return Counter(
            f"{entry['method']} {entry['route'] or entry['path']}"
            for entry in self._matching(method, path, user)
        )

    def latest(self, number: int) -> list[dict[str, Any]]:
        """Return the newest requests, newest first."""
        return list(islice(reversed(self._entries), number))

    def clear(self) -> None:
        """Forget them."""
        self._entries.clear()

    def _matching(self, method: str, path: str, user: str) -> Iterator[dict[str, Any]]:
        pattern = compiled(path, "path")
        for entry in self._entries:
            meant = method.upper() in {"", entry["method"]} and user in {"", entry["user"]}
            if meant and pattern.search(entry["path"]):
                yield entry
