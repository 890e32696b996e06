"""Connections from the configuration of a stack and from the environment, for dynamic providers.

A connection's name is its configuration namespace: connection `x` reads `x:token` and
`PULUMI_X_TOKEN`. The default one, `gitlab`, also reads the namespace `gitlab-kubernetes`, as native
providers do, and the variables of GitLab's own tools.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pulumi_gitlab_kubernetes.configuration.names import COMMON_KEYS, CONNECTION_KEYS, NAMESPACE
from pulumi_gitlab_kubernetes.configuration.source import VARIABLES, Source, connect
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT, Connection
from pulumi_gitlab_kubernetes.gitlab.settings import connection_name, whole_number

Lookup = Callable[[str], str | None]
"""Looks up a key of the stack's configuration, such as `gitlab:token`."""

_PULUMIS_OWN = "PULUMI_ACCESS"  # A token of Pulumi Cloud must not reach a GitLab.


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
    return connect(_source(lookup, name, environ), job_token=job_token)


def address(lookup: Lookup, name: str = DEFAULT, environ: Mapping[str, str] = os.environ) -> str:
    """Return the base URL of a connection, which needs no token for it; as `resolve`."""
    return _source(lookup, name, environ).address()


def variable_prefix(name: str) -> str:
    """Return the start of the environment variables that override a connection's settings."""
    return f"PULUMI_{name.upper().replace('-', '_')}"


def default_namespaces(
    lookup: Callable[[str], object], overridden: Collection[str] = ()
) -> tuple[str, str]:
    """Return the namespace of the default connection's settings, and the one that is not used.

    All settings come from one, so that a token never goes to the address in the other one.

    Args:
        lookup: Looks up a key of the stack's configuration.
        overridden: Those of `token` and `baseUrl` that an environment variable overrides.

    Returns:
        First the namespace that has the token, else that with the address, else that with any
        other setting.
    """
    both = (DEFAULT, NAMESPACE)
    for keys in (("token",), ("baseUrl",), CONNECTION_KEYS):
        for one, other in (both, both[::-1]):
            if any(lookup(f"{one}:{key}") for key in keys if key not in overridden):
                return one, other
    return NAMESPACE, DEFAULT


def _source(lookup: Lookup, name: str, environ: Mapping[str, str]) -> Source:
    """Return where the settings of a connection are."""
    if wrong := connection_name(name):  # From the state: `check` rejects it in a program.
        raise ConfigurationError(f'connection "{name}" {wrong}')
    prefix, default = variable_prefix(name), name == DEFAULT
    if prefix == _PULUMIS_OWN:
        raise ConfigurationError(
            f'connection "{name}": {prefix}_TOKEN is for Pulumi Cloud: rename the connection'
        )
    namespace = _default_namespace(lookup, environ) if default else name
    return Source(
        _Settings(lookup, namespace),
        f"run `pulumi config set --secret {namespace}:token <token>` or set {prefix}_TOKEN",
        environ,
        prefix,
        shared=default,
        has_default_url=default,
    )


def _default_namespace(lookup: Lookup, environ: Mapping[str, str]) -> str:
    """Return the namespace of the default connection's settings.

    Raises:
        ConfigurationError: It has the token, and only the other one has an address.
    """
    overridden = [key for key, part in VARIABLES.items() if environ.get(f"PULUMI_GITLAB_{part}")]
    one, other = default_namespaces(lookup, overridden)
    url = "baseUrl"
    if url not in overridden and lookup(f"{other}:{url}") and not lookup(f"{one}:{url}"):
        raise ConfigurationError(
            f"{one}:token has no address: {other}:{url} is only for {other}:token; set "
            f"{one}:{url} to the token's GitLab"
        )
    return one


def max_parallel(lookup: Lookup, most: int) -> int:
    """Read how many operations may run at the same time.

    Args:
        lookup: Looks up a key of the stack's configuration.
        most: The maximum, which is also the default.
    """
    key = f"{NAMESPACE}:maxParallel"
    return whole_number(lookup(key), key, most)
