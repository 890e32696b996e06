"""What a call of a provider may use beside its values."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ._connection import Client, Connection, client_for
from ._setting_names import require_known
from ._settings import DEFAULT, Setting
from .errors import InvalidInputError


@dataclass(frozen=True)
class Session:
    """What a call may use beside its values.

    Args:
        setting: Looks up the stack's configuration.
        say: Shows a passing message on the resource's line.
        tell: Shows a message of the resource that stays.
        warn: Shows a warning of the resource.
        resource: The resource's URN; empty where it is not known.
        keys: The keys of the stack's configuration.
        time_limit: Seconds that `custom_timeouts` gives the call; `None` for no limit.
        refreshing: Whether the call is a part of a refresh, which must not show plans.
        job_token: Whether the token of a CI job will do.
        ignored: The inputs that the program's `ignore_changes` leaves to GitLab.
    """

    setting: Setting
    say: Callable[[str], None]
    tell: Callable[[str], None]
    warn: Callable[[str], None] = lambda _message: None
    resource: str = ""
    keys: Collection[str] = ()
    time_limit: float | None = None
    refreshing: bool = False
    job_token: bool = False
    ignored: frozenset[str] = frozenset()

    def connection(self, values: Mapping[str, object]) -> Connection:
        """Return the connection that a resource's values name."""
        name = str(values.get("connection") or DEFAULT)
        return Connection.resolve(self.setting, name, job_token=self.job_token)

    def require_known_settings(self, values: Mapping[str, object]) -> None:
        """Refuse unknown settings that look like those of this package.

        Raises:
            ConfigurationError: There is one.
        """
        # A URN is urn:pulumi:<stack>::<project>::<type>::<name>.
        _, _, project = self.resource.partition("::")
        project, _, _ = project.partition("::")
        require_known(self.keys, str(values.get("connection") or DEFAULT), project)

    def require_same_gitlab(self, olds: Mapping[str, object], news: Mapping[str, object]) -> None:
        """Refuse another connection that leads to another GitLab.

        Args:
            olds: The values that a resource has.
            news: Those that it is to have.

        Raises:
            InvalidInputError: It does.
        """
        old, new = olds.get("connection"), news.get("connection")
        if old and old != new and self.connection(olds).url != self.connection(news).url:
            raise InvalidInputError(
                "connection",
                f'cannot change from "{old}" to "{new}", which is another GitLab: '
                "give the resource a new name instead",
            )

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
        """Whether the user lets this one run take over, or revoke, what is there."""
        return os.environ.get("PULUMI_GITLAB_ADOPT_EXISTING") == "1"
