"""Connections from the configuration of a stack and from the environment.

A connection's name is its configuration namespace: connection `x` reads `x:token` and
`PULUMI_X_TOKEN`. The default one also reads the variables of GitLab's own tools.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pulumi_gitlab_kubernetes.configuration.ci_job import Job, require_no_other_gitlab
from pulumi_gitlab_kubernetes.configuration.names import COMMON_KEYS, NAMESPACE
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT, Connection
from pulumi_gitlab_kubernetes.gitlab.settings import (
    DEFAULT_URL,
    api_url,
    connection_name,
    whole_number,
)

Lookup = Callable[[str], str | None]
"""Looks up a key of the stack's configuration, such as `gitlab:token`."""

_PULUMIS_OWN = "PULUMI_ACCESS_TOKEN"  # A token of Pulumi Cloud must not reach a GitLab.


@dataclass(frozen=True)
class _Settings:
    """The settings of one connection in the stack's configuration."""

    lookup: Lookup
    name: str

    def get(self, key: str) -> str | None:
        return self.lookup(self.label(key))

    def label(self, key: str) -> str:
        return f"{NAMESPACE if key in COMMON_KEYS else self.name}:{key}"


def resolve(
    lookup: Lookup,
    name: str = DEFAULT,
    environ: Mapping[str, str] = os.environ,
    *,
    job_token: bool = False,
) -> Connection:
    """Read a connection from the environment and the stack's configuration.

    Args:
        lookup: Looks up a key of the stack's configuration.
        name: The connection's name, which is its configuration namespace.
        environ: The environment's variables.
        job_token: Whether the token of the current CI job can be used.

    Returns:
        The connection.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """

    def find(key: str, part: str) -> str | None:
        own = environ.get(variable(name, part))
        shared = environ.get(f"GITLAB_{part}") if name == DEFAULT else None
        return own or lookup(f"{name}:{key}") or shared

    if wrong := connection_name(name):  # From the state: `check` rejects it in a program.
        raise ConfigurationError(f'connection "{name}" {wrong}')
    token_setting = f"{name}:token or {variable(name, 'TOKEN')}"
    url, token = find("baseUrl", "BASE_URL"), (find("token", "TOKEN") or "").strip()
    if token and name == DEFAULT and not url:
        require_no_other_gitlab(environ)
    job = Job.of(environ) if not token and name == DEFAULT else None
    if job and url and _base_url(url, name) != job.url:
        job = None
    if job and not job_token:
        raise ConfigurationError(
            "no GitLab token: a CI job token can only manage environments; set gitlab:token "
            "or PULUMI_GITLAB_TOKEN for other resources"
        )
    if job:
        token, url = job.token, job.url
        token_setting = f"{token_setting} (CI_JOB_TOKEN ends with its job)"
    if not token:
        raise ConfigurationError(
            f"no GitLab token: run `pulumi config set --secret {name}:token <token>` "
            f"or set {variable(name, 'TOKEN')}"
        )
    return Connection.from_settings(
        _Settings(lookup, name),
        url=_base_url(url, name),
        token=token,
        token_setting=token_setting,
        job=job.project if job else None,
    )


def max_parallel(lookup: Lookup, most: int) -> int:
    """Read how many operations may run at the same time.

    Args:
        lookup: Looks up a key of the stack's configuration.
        most: The maximum, which is also the default.
    """
    key = f"{NAMESPACE}:maxParallel"
    return whole_number(lookup(key), key, most)


def variable(name: str, setting: str) -> str:
    """Return the environment variable of a connection's setting.

    Args:
        name: The connection's name.
        setting: `TOKEN` or `BASE_URL`.

    Raises:
        ConfigurationError: Pulumi uses that variable for something else.
    """
    found = f"PULUMI_{name.upper().replace('-', '_')}_{setting}"
    if found == _PULUMIS_OWN:
        raise ConfigurationError(
            f'connection "{name}": {found} is for Pulumi Cloud: rename the connection'
        )
    return found


def _base_url(url: str | None, name: str) -> str:
    """Return a connection's normalized base URL. Only the default connection has a default."""
    key = f"{name}:baseUrl"
    if not url and name != DEFAULT:  # A token must not go to gitlab.com by mistake.
        raise ConfigurationError(f"no address: set {key} or {variable(name, 'BASE_URL')}")
    return api_url(url or DEFAULT_URL, key)
