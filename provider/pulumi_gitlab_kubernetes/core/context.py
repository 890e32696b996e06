"""What a call can use besides its values."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.spelling import PYTHON, Spelling
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT, Connection


@dataclass(frozen=True)
class CallContext:
    """What a call can use besides its values.

    Args:
        connect: Returns a connection by its name.
        run: What this run remembers.
        log_status: Logs an ephemeral message of the resource.
        log_info: Logs a message of the resource.
        log_warning: Logs a warning of the resource.
        resource: The resource's URN; empty if unknown.
        time_limit: The call's timeout from `custom_timeouts`, in seconds; `None` for no limit.
        refreshing: Whether the call is part of a refresh, which must not show planned changes.
        ignored: The inputs in the resource's `ignore_changes`.
        spelling: How users write names of properties and options.
        adopt_existing: Whether each create may adopt an existing resource.
        adopt_once: Whether the user allows this run to adopt existing resources, and to revoke
            tokens that an earlier run lost.
        adopt_once_setting: How a user allows that; empty if the connection has no such setting.
        started: When the call started, by `time.monotonic()`.
    """

    connect: Callable[[str], Connection]
    run: Run
    log_status: Callable[[str], None] = lambda _message: None
    log_info: Callable[[str], None] = lambda _message: None
    log_warning: Callable[[str], None] = lambda _message: None
    resource: str = ""
    time_limit: float | None = None
    refreshing: bool = False
    ignored: frozenset[str] = frozenset()
    spelling: Spelling = PYTHON
    adopt_existing: bool = False
    adopt_once: bool = False
    adopt_once_setting: str = "PULUMI_GITLAB_ADOPT_EXISTING=1"
    started: float = field(default_factory=time.monotonic)

    def connection(self, values: Mapping[str, object]) -> Connection:
        """Return the connection of a resource.

        Args:
            values: The resource's inputs or outputs.

        Raises:
            ConfigurationError: It has no token, or a setting is wrong.
        """
        return self.connect(str(values.get("connection") or DEFAULT))

    def require_same_gitlab(self, olds: Mapping[str, object], news: Mapping[str, object]) -> None:
        """Require that a new connection has the same GitLab as the old one.

        Args:
            olds: The resource's old values.
            news: Its new values.

        Raises:
            InvalidInputError: It is another GitLab.
        """
        old, new = olds.get("connection"), news.get("connection")
        if old and old != new and self.connection(olds).url != self.connection(news).url:
            raise InvalidInputError(
                "connection",
                f'cannot change from "{old}" to "{new}", which is another GitLab: '
                "give the resource a new name instead",
            )

    def client(self, values: Mapping[str, object]) -> Client:
        """Return this thread's client for the connection of a resource."""
        latest = math.inf if self.time_limit is None else self.started + self.time_limit
        return self.run.clients.get(self.connection(values), self.log_status, latest)

    def adopts(self, inputs: Mapping[str, object]) -> bool:
        """Return whether a create may adopt the existing resource with the same identity."""
        return bool(inputs.get("adopt_existing")) or self.adopt_existing or self.adopt_once
