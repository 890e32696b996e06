"""A configured provider: its connection, its run, and the engine that it serves."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import partial

from pulumi_gitlab_kubernetes.configuration.provider_settings import (
    Inputs,
    address,
    adopts_existing,
    resolve_provider,
)
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.spelling import Spelling, names_of
from pulumi_gitlab_kubernetes.engine import log
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.native.spelling import setting_name

_ADOPT = "PULUMI_GITLAB_ADOPT_EXISTING"


class ConfiguredProvider:
    """What all calls of a provider share.

    Args:
        engine: The engine's address; `None` if it is unknown.
        spelling: How the program writes names.
    """

    def __init__(self, engine: str | None, spelling: Spelling) -> None:
        self.engine = engine
        self.spelling = spelling
        self.run = Run(lambda: engine)
        self._inputs: Inputs = {}
        self._default = True
        self._connections: dict[bool, Connection] = {}

    def configure(self, inputs: Inputs, *, default: bool) -> None:
        """Set the provider's inputs. A wrong one is an error of the call that needs it.

        Args:
            inputs: The inputs that `CheckConfig` returned.
            default: Whether it is a default provider.
        """
        self._inputs, self._default = inputs, default
        self._connections = {}

    def connection(self, *, job_token: bool) -> Connection:
        """Return the provider's connection.

        Args:
            job_token: Whether the token of the current CI job can be used.

        Raises:
            ConfigurationError: It has no token, or a setting is wrong.
        """
        if job_token not in self._connections:
            self._connections[job_token] = resolve_provider(
                self._inputs,
                default=self._default,
                job_token=job_token,
                name=partial(setting_name, self.spelling),
            )
        return self._connections[job_token]

    def address(self) -> str:
        """Return the base URL of the provider's GitLab instance.

        Raises:
            ConfigurationError: A setting is wrong.
        """
        return address(self._inputs, default=self._default)

    def context(
        self,
        kind: Kind,
        urn: str = "",
        *,
        timeout: float = 0,
        refreshing: bool = False,
        ignored: Collection[str] = (),
    ) -> CallContext:
        """Return what a call can use.

        Args:
            kind: The kind of the resource.
            urn: Its URN.
            timeout: The call's timeout, in seconds; 0 for no limit.
            refreshing: Whether the call is part of a refresh.
            ignored: The property paths in the resource's `ignoreChanges`.
        """
        names = names_of(kind)
        everything = names.values() if "*" in ignored else ()
        # `["externalUrl"]` is the same path as `externalUrl`.
        paths = (names.get(path.strip('[]"'), path) for path in ignored)
        return CallContext(
            lambda _name: self.connection(job_token=kind.job_token),
            self.run,
            log_status=partial(log.log_status, self.engine, urn),
            log_info=partial(log.log_info, self.engine, urn),
            log_warning=partial(log.log_warning, self.engine, urn),
            resource=urn,
            time_limit=timeout or None,
            refreshing=refreshing,
            ignored=frozenset((*everything, *paths)),
            spelling=self.spelling,
            adopt_existing=adopts_existing(self._inputs),
            adopt_once=self._default and os.environ.get(_ADOPT) == "1",
            adopt_once_setting=f"{_ADOPT}=1" if self._default else "",
        )
