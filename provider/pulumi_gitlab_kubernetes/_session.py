"""What a call of a provider may use beside its values."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ._connection import Client, Connection, client_for
from ._settings import DEFAULT, Setting


@dataclass(frozen=True)
class Session:
    """What a call may use beside its values.

    Args:
        setting: Looks up the stack's configuration.
        say: Shows a passing message on the resource's line.
        tell: Shows a message of the resource that stays.
        resource: The URN of the resource that the call is for; empty where that is not known.
        time_limit: Seconds that `custom_timeouts` gives the call; `None` for no limit.
        refreshing: Whether the call is a part of a refresh, which must not show plans.
        job_token: Whether the token of a CI job will do.
        ignored: The inputs that the program's `ignore_changes` leaves to GitLab.
    """

    setting: Setting
    say: Callable[[str], None]
    tell: Callable[[str], None]
    resource: str = ""
    time_limit: float | None = None
    refreshing: bool = False
    job_token: bool = False
    ignored: frozenset[str] = frozenset()

    def connection(self, values: Mapping[str, object]) -> Connection:
        """Return the connection that a resource's values name."""
        name = str(values.get("connection") or DEFAULT)
        return Connection.resolve(self.setting, name, job_token=self.job_token)

    def client(self, values: Mapping[str, object]) -> Client:
        """Return this thread's client for the connection that a resource's values name."""
        return client_for(self.connection(values), self.say)

    def adopts(self, inputs: Mapping[str, object]) -> bool:
        """Tell whether a creation may take over what already has the identity."""
        return (
            bool(inputs.get("adopt_existing"))
            or self.adopts_once
            or self.setting("gitlab-kubernetes:adoptExisting") in {"true", True}
        )

    @property
    def adopts_once(self) -> bool:
        """Whether who started this run has seen what is there, and lets this run deal with it."""
        return os.environ.get("PULUMI_GITLAB_ADOPT_EXISTING") == "1"
