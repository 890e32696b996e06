"""Which settings `gitlab-kubernetes migrate-config` copies.

The default connection of dynamic resources can be configured in the namespace `gitlab`, but the
engine gives a native provider only the namespace `gitlab-kubernetes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_gitlab_kubernetes.configuration.names import CONNECTION_KEYS, NAMESPACE
from pulumi_gitlab_kubernetes.configuration.provider_settings import SECRET_KEYS
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.gitlab.settings import headers

Config = Mapping[str, Mapping[str, Any]]
"""A stack's configuration, as `pulumi config --json --show-secrets` prints it."""


@dataclass(frozen=True)
class Setting:
    """One value in the configuration.

    Args:
        key: The key without namespace, such as `token`.
        header: The name in the map `headers`; empty for other keys.
        value: The value.
        secret: Whether it is encrypted.
    """

    key: str
    header: str
    value: str = field(repr=False)
    secret: bool

    def path(self, namespace: str) -> str:
        """Return the property path in a namespace, as `pulumi config set --path` takes it."""
        return f"{namespace}:{self.key}" + (f'["{self.header}"]' if self.header else "")


def to_copy(config: Config) -> list[Setting]:
    """Return the settings in the namespace `gitlab` that are not in `gitlab-kubernetes` yet.

    Args:
        config: The stack's configuration.

    Returns:
        The settings, the token last: it must not be there without its address.

    Raises:
        ConfigurationError: One of them has another value there, or the token would be combined with
            the address that is there.
    """
    olds, news = _settings(config, DEFAULT), _settings(config, NAMESPACE)
    found = []
    for place, old in olds.items():
        if place not in news:
            found.append(old)
        elif news[place].value != old.value:
            path = old.path(NAMESPACE)
            raise ConfigurationError(
                f"{path} has another value than {old.path(DEFAULT)}: if that is wrong, remove it "
                f"with `pulumi config rm --path '{path}'`"
            )
    keys = {setting.key for setting in found}
    for copied, other in (("token", "baseUrl"), ("baseUrl", "token")):
        if copied in keys and (other, "") in news.keys() - olds.keys():
            raise ConfigurationError(
                f"{NAMESPACE}:{other} is set and {DEFAULT}:{other} is not: it may be for another "
                f"GitLab than {DEFAULT}:{copied}; remove one of them, or set both to the same value"
            )
    return sorted(found, key=lambda setting: setting.key == "token")


def _settings(config: Config, namespace: str) -> dict[tuple[str, str], Setting]:
    """Return the connection's settings in a namespace, each header as its own."""
    found = {}
    for key in CONNECTION_KEYS:
        label = f"{namespace}:{key}"
        if not (given := config.get(label)) or not (value := given.get("value")):
            continue
        secret = bool(given.get("secret")) or key in SECRET_KEYS
        parts = headers(value, label) if key == "headers" else (("", value),)
        for header, part in parts:
            found[key, header] = Setting(key, header, part, secret)
    return found
