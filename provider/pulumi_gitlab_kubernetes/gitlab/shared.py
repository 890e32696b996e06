"""What the clients of one run share: IDs, the read cache, connections, the concurrency limit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.gitlab.concurrency import ConcurrencyLimit
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.read_cache import ReadCache
from pulumi_gitlab_kubernetes.gitlab.transport import Transport

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.gitlab.client import Client


class Shared:
    """What the clients of one run share. Each run in a process has its own."""

    def __init__(self) -> None:
        self.ids = Ids()
        self.read_cache = ReadCache()
        self.cancelled = threading.Event()
        self.concurrency = ConcurrencyLimit(self.cancelled)
        self.pools = Pools()

    def cancel(self) -> None:
        """End all waits. Requests that GitLab is processing are still answered."""
        self.cancelled.set()
        self.concurrency.wake()


class Ids:
    """The IDs of projects given by path, and of users."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Connection, str], int] = {}
        self._locks: dict[tuple[Connection, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, connection: Connection, path: str, request: Callable[[], int]) -> int:
        """Return an ID, which is requested once.

        Args:
            connection: The URL, the token and the other settings.
            path: The path of the project, or another path that has the ID.
            request: Requests the ID from GitLab.
        """
        key = connection, path
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:  # Threads that need the same project request it once.
            if key not in self._ids:
                self._ids[key] = request()
            return self._ids[key]


class Pools:
    """Network connections, which threads share."""

    def __init__(self) -> None:
        self._shared: dict[Connection, Transport] = {}
        self._lock = threading.Lock()

    def share(self, client: Client) -> None:
        """Share the network connections of all clients with the same settings."""
        with self._lock:
            first = self._shared.setdefault(client.connection, client.transport)
        client.transport.poolmanager = first.poolmanager
        client.transport.proxy_manager = first.proxy_manager
