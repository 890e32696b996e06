"""The log of API requests: method, path, route, status, user and time; no query, body or headers.

Tests read it at `GET /-/simulator/requests`, to count calls.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator.patterns import compiled

_LIMIT = 100_000


class RequestLog:
    """The latest 100,000 requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_LIMIT)

    def add(self, method: str, path: str, time: str) -> dict[str, Any]:
        """Record a request; its route, status and user are filled in later."""
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
        """Return the matching requests.

        Args:
            method: HTTP method; empty for all.
            path: Regular expression searched for in the path as sent (`%2F` stays `%2F`).
            user: Username of the token's user; empty for all requests, even without one.

        Raises:
            ValueError: The path is not a regular expression.
        """
        return list(self._matching(method, path, user))

    def count(self, method: str = "", path: str = "", user: str = "") -> dict[str, int]:
        """Return the number of requests by method and route, such as `GET /projects/:id`."""
        return Counter(
            f"{entry['method']} {entry['route'] or entry['path']}"
            for entry in self._matching(method, path, user)
        )

    def latest(self, number: int) -> list[dict[str, Any]]:
        """Return the newest requests, newest first."""
        return list(islice(reversed(self._entries), number))

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()

    def _matching(self, method: str, path: str, user: str) -> Iterator[dict[str, Any]]:
        pattern = compiled(path, "path")
        for entry in self._entries:
            matches = method.upper() in {"", entry["method"]} and user in {"", entry["user"]}
            if matches and pattern.search(entry["path"]):
                yield entry
