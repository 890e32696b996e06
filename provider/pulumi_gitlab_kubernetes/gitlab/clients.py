"""The clients of one run."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.shared import Shared


class Clients:
    """One client for each thread and connection. All of them use the same `Shared`."""

    def __init__(self) -> None:
        self.shared = Shared()
        self._local = threading.local()

    def get(
        self, connection: Connection, log_status: Callable[[str], None], latest: float = math.inf
    ) -> Client:
        """Return this thread's client, since the sessions of requests may not be thread-safe.

        Threads share the network connections, which are urllib3's. Each request uses an idle one,
        so there are at most as many as threads.

        Args:
            connection: The URL, the token and the other settings.
            log_status: Shows a temporary message of the current call.
            latest: When the current call ends, by `time.monotonic()`.
        """
        clients: dict[Connection, Client] = self._local.__dict__.setdefault("clients", {})
        if connection not in clients:
            clients[connection] = Client(connection, self.shared)
            self.shared.pools.share(clients[connection])
        clients[connection].log_status = log_status
        clients[connection].deadline.renew(latest)
        return clients[connection]
