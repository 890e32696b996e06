"""What the clients of one run share: IDs, the read cache, connections, the concurrency limit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from pulumi_gitlab_kubernetes.gitlab.concurrency import ConcurrencyLimit
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.locks import Locks
from pulumi_gitlab_kubernetes.gitlab.read_cache import ReadCache
from pulumi_gitlab_kubernetes.gitlab.transport import Transport

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.gitlab.client import Client

T = TypeVar("T")


class Shared:
    """What the clients of one run share. Each run in a process has its own."""

    def __init__(self) -> None:
        self.ids: Once[int] = Once()
        self.default_branches: Once[str] = Once()
        self.commits = Locks()
        self.read_cache = ReadCache()
        self.cancelled = threading.Event()
        self.concurrency = ConcurrencyLimit(self.cancelled)
        self.pools = Pools()

    def cancel(self) -> None:
        """End all waits. Requests that GitLab is processing are still answered."""
        self.cancelled.set()
        self.concurrency.wake()


class Once(Generic[T]):
    """What is requested once, such as the IDs of projects given by path, and of users."""

    def __init__(self) -> None:
        self._found: dict[tuple[Connection, str], T] = {}
        self._locks = Locks()

    def get(self, connection: Connection, path: str, request: Callable[[], T]) -> T:
        """Return a value, which is requested once.

        Args:
            connection: The URL, the token and the other settings.
            path: The path of the project, or another path that has the value.
            request: Requests the value from GitLab.
        """
        key = connection, path
        with self._locks.get(key):  # Threads that need the same project request it once.
            if key not in self._found:
                self._found[key] = request()
            return self._found[key]

    def note(self, connection: Connection, path: str, value: T) -> None:
        """Store a value that another response contains, so that it need not be requested."""
        self._found[connection, path] = value


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
