"""The settings of a native provider: those of a default provider, and of an explicit one.

The engine gives a default provider the stack's configuration in the namespace `gitlab-kubernetes`,
and an explicit provider the arguments that the program sets. An explicit provider reads no
environment variable: a token from the environment would go to the address in the program.
See https://www.pulumi.com/docs/iac/concepts/resources/providers/.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pulumi_gitlab_kubernetes.configuration.connections import default_namespaces
from pulumi_gitlab_kubernetes.configuration.names import (
    NAMESPACE,
    nearest,
    unknown_keys,
)
from pulumi_gitlab_kubernetes.configuration.source import Source, connect
from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, contains_unknown
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.connection import (
    DEFAULT_DEADLINE,
    DEFAULT_TIMEOUT,
    Connection,
)
from pulumi_gitlab_kubernetes.gitlab.settings import (
    InvalidSettingError,
    api_url,
    client_certificate,
    file,
    headers,
    seconds,
    switch,
    token,
)

Inputs = Mapping[str, object]
"""A provider's inputs by key, with secrets unwrapped.

SDKs send text as it is, and booleans, numbers and maps as they are or as JSON. An input can be
`UNKNOWN`.
"""

_PARSERS: Final[Mapping[str, Callable[[str | None, str], object]]] = {
    "token": token,
    "baseUrl": lambda value, label: api_url(value, label) if value else None,
    "insecure": switch,
    "cacertFile": file,
    "clientCert": file,
    "clientKey": file,
    "headers": headers,
    "requestTimeout": partial(seconds, default=DEFAULT_TIMEOUT),
    "retryDeadline": partial(seconds, default=DEFAULT_DEADLINE),
    "adoptExisting": switch,
}
KEYS = tuple(_PARSERS)
"""The keys of a provider's inputs, in the order of its arguments."""

SECRET_KEYS = ("token", "headers")
"""Those whose values are secrets."""

_ENGINES_KEYS = ("version", "pluginDownloadURL")
_MIGRATION = "`gitlab-kubernetes migrate-config` copies the settings of `gitlab:*`"


@dataclass(frozen=True)
class _Settings:
    """The known inputs of a provider as text."""

    inputs: Inputs
    default: bool
    name: Callable[[str], str] = str

    def get(self, key: str) -> str | None:
        value = self.inputs.get(key)
        if value is None or self.unknown(key):
            return None
        return value if isinstance(value, str) else json.dumps(value)

    def unknown(self, *keys: str) -> bool:
        return any(contains_unknown(self.inputs.get(key)) for key in keys)

    def label(self, key: str) -> str:
        return f"{NAMESPACE}:{key}" if self.default else f"the provider's {self.name(key)}"


def resolve_provider(
    inputs: Inputs,
    *,
    default: bool,
    environ: Mapping[str, str] = os.environ,
    job_token: bool = False,
    name: Callable[[str], str] = str,
) -> Connection:
    """Return the connection of a provider.

    Args:
        inputs: The provider's inputs.
        default: Whether it is a default provider. Only such a one reads the environment.
        environ: The environment's variables.
        job_token: Whether the token of the current CI job can be used.
        name: Returns how the program writes a key.

    Raises:
        ConfigurationError: An input is missing, wrong, or not known yet.
    """
    settings = _Settings(inputs, default, name)
    for key in KEYS:
        if settings.unknown(key):
            raise ConfigurationError(f"{settings.label(key)} is not known yet")
    return connect(_source(settings, environ), job_token=job_token)


def check_provider(
    inputs: Inputs,
    *,
    default: bool,
    environ: Mapping[str, str] = os.environ,
    project: str = "",
    name: Callable[[str], str] = str,
) -> tuple[dict[str, Any], list[Failure]]:
    """Check the inputs of a provider.

    A default provider without a token is not a failure: the program may have no resource of it.

    Args:
        inputs: The provider's inputs.
        default: Whether it is a default provider. Only such a one reads the environment.
        environ: The environment's variables.
        project: The name of the Pulumi project, which may have own keys in our namespace.
        name: Returns how the program writes a key.

    Returns:
        The inputs to store, and what is wrong with them. The stored `baseUrl` is the normalized
        address that is used, so that a later run notices another one.
    """
    settings = _Settings(inputs, default, name)
    failures = [*_unknown_keys(inputs, project, default=default), *_wrong_values(settings)]
    stored = dict(inputs)
    if not any(failure.property == "baseUrl" for failure in failures):
        try:
            stored["baseUrl"] = _address(settings, environ)
        except ConfigurationError as error:
            failures.append(Failure("baseUrl", f"cannot be used: {error}"))
    return stored, failures


def address(inputs: Inputs, *, default: bool, environ: Mapping[str, str] = os.environ) -> str:
    """Return the base URL of a provider, which needs no token for it.

    Args:
        inputs: The provider's inputs, which are known.
        default: Whether it is a default provider. Only such a one reads the environment.
        environ: The environment's variables.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    url: str = _address(_Settings(inputs, default), environ)
    return url


def other_gitlab(olds: Inputs, news: Inputs, *, default: bool) -> bool:
    """Return whether a provider's new inputs are for another GitLab than the old ones.

    The engine also asks this when the resources come from the provider of another package.

    Args:
        olds: The old inputs: of this provider, of the provider of dynamic resources, whose keys
            have a namespace, or of Pulumi's own GitLab package.
        news: The new inputs, after `check_provider`.
        default: Whether the new provider is a default provider, to which only resources of the
            default connection move. Those of other connections move to explicit providers.

    Returns:
        Whether the address differs. If either is not known, it does not.
    """
    namespace, _other = default_namespaces(olds.get)
    own = ("baseUrl", f"{namespace}:baseUrl")
    keys = own if default else [key for key in olds if key == own[0] or key.endswith(":baseUrl")]
    old = set(filter(None, (_base_url(olds.get(key)) for key in keys)))
    new = _base_url(news.get("baseUrl"))
    return bool(old and new) and new not in old


def adopts_existing(inputs: Inputs) -> bool:
    """Return whether a provider's `adoptExisting` is set.

    Raises:
        ConfigurationError: It is not true or false.
    """
    settings = _Settings(inputs, default=False)
    return switch(settings.get("adoptExisting"), settings.label("adoptExisting"))


def _source(settings: _Settings, environ: Mapping[str, str]) -> Source:
    if not settings.default:
        return Source(settings, "set the provider's token")
    return Source(
        settings,
        f"run `pulumi config set --secret {NAMESPACE}:token <token>` or set PULUMI_GITLAB_TOKEN; "
        + _MIGRATION,
        environ,
        "PULUMI_GITLAB",
        shared=True,
    )


def _unknown_keys(inputs: Inputs, project: str, *, default: bool) -> Iterator[Failure]:
    keys = [key for key in inputs if key not in _ENGINES_KEYS and not key.startswith("__")]
    if default:
        named = (f"{NAMESPACE}:{key}" for key in keys)
        for key, reason in unknown_keys(named, NAMESPACE, project):
            yield Failure(key.removeprefix(f"{NAMESPACE}:"), reason)
        return
    for key in keys:
        if key not in KEYS:
            near = nearest(key, KEYS)
            write = f"write {near}" if near else f"a provider has {', '.join(KEYS)}; remove it"
            yield Failure(key, f"is not a setting: {write}")


def _wrong_values(settings: _Settings) -> Iterator[Failure]:
    for key, parse in _PARSERS.items():
        yield from _failures(key, parse, settings.get(key), settings.label(key))
    pair = ("clientCert", "clientKey")
    if not settings.unknown(*pair):
        labels = tuple(map(settings.label, pair))
        yield from _failures(pair[0], client_certificate, *map(settings.get, pair), labels)
    if not (settings.default or settings.unknown("token") or (settings.get("token") or "").strip()):
        yield Failure("token", "must be set: an explicit provider reads no environment variable")


def _failures(key: str, parse: Callable[..., object], *arguments: object) -> Iterator[Failure]:
    try:
        parse(*arguments)
    except InvalidSettingError as error:
        yield Failure(key, error.reason)


def _address(settings: _Settings, environ: Mapping[str, str]) -> Any:
    """Return the base URL that the provider uses, or `UNKNOWN`."""
    source = _source(settings, environ)
    if settings.unknown("baseUrl") and not source.overridden("baseUrl"):
        return UNKNOWN
    return source.url() if settings.unknown("token") else source.address()


def _base_url(value: object) -> str | None:
    """Return the normalized base URL in a provider's inputs, or `None` if it has no valid one."""
    try:
        return api_url(value, "baseUrl") if value and isinstance(value, str) else None
    except ConfigurationError:
        return None
