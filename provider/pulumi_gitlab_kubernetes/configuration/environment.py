"""The connection of commands and functions outside of stacks, from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.configuration.source import VARIABLES, Source, connect
from pulumi_gitlab_kubernetes.gitlab.connection import Connection

_PREFIX = "PULUMI_GITLAB"


class _Unset:
    """The settings that a stack's configuration would have."""

    def get(self, key: str) -> str | None:
        del key
        return None

    def label(self, key: str) -> str:
        return f"GITLAB_{VARIABLES[key]}" if key in VARIABLES else f"{NAMESPACE}:{key}"


def connection(environ: Mapping[str, str] = os.environ, *, job_token: bool = False) -> Connection:
    """Return the connection that the environment's variables describe.

    Args:
        environ: The environment's variables.
        job_token: Whether the token of the current CI job can be used.

    Raises:
        ConfigurationError: There is no token, or a variable is wrong.
    """
    token = VARIABLES["token"]
    missing = f"set {_PREFIX}_{token} or GITLAB_{token}"
    source = Source(_Unset(), missing, environ, _PREFIX, shared=True)
    return connect(source, job_token=job_token)
