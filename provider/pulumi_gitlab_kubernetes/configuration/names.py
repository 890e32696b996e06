"""The names of settings, and the closest match for a mistyped name.

Ignoring an unknown setting would be worse than an error: with `baseurl` instead of `baseUrl`, the
token would go to gitlab.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pulumi_gitlab_kubernetes.errors import ConfigurationError

NAMESPACE = "gitlab-kubernetes"
"""The configuration namespace of native providers and of the settings for all connections.

The default connection of dynamic resources reads it too, after the namespace `gitlab`.
"""

COMMON_KEYS = (
    "requestTimeout",
    "retryDeadline",
    "adoptExisting",
    "maxParallel",
)
CONNECTION_KEYS = (
    "token",
    "baseUrl",
    "insecure",
    "cacertFile",
    "clientCert",
    "clientKey",
    "headers",
)
_PULUMIS_KEYS = (
    "configFile",
    "context",
    "earlyAuthCheck",
    "enableAutoCiSupport",
    "retries",
)
"""The other settings that Pulumi's GitLab package reads in the namespace `gitlab`."""

_NEAR = 0.8  # The ratio of difflib, up to 1: two of ten letters may differ.
_LIKELY = 0.5


def require_known(keys: Iterable[str], connection: str, project: str = "") -> None:
    """Reject unknown settings.

    In our own namespace, every unknown key is rejected. A connection's namespace may also belong to
    another package or to the program, so only a key similar to a setting is rejected there. In the
    namespace of the Pulumi project, where the program has its own keys, such a key is accepted if
    the similar setting is set too.

    Args:
        keys: The keys of the stack's configuration, such as `gitlab:token`.
        connection: The configuration namespace of the connection.
        project: The name of the Pulumi project, or empty if it is unknown.

    Raises:
        ConfigurationError: There is an unknown setting. The message suggests the right name.
    """
    for key, reason in unknown_keys(keys, connection, project):
        raise ConfigurationError(f"{key} {reason}")


def unknown_keys(
    keys: Iterable[str], connection: str, project: str = ""
) -> Iterator[tuple[str, str]]:
    """Return the unknown settings, and why each is rejected. The arguments are as above."""
    keys = sorted(keys)
    for key in keys:
        namespace, _colon, name = key.partition(":")
        least = _LIKELY if namespace == NAMESPACE != project else _NEAR
        right = _right(namespace, name, connection, least)
        if namespace == project:
            if right and right not in keys:
                own = "or give it another name if it is the program's own"
                yield key, f"is not a setting: write {right}, {own}"
        elif right:
            yield key, f"is not a setting: write {right}"
        elif right is None:
            all_ = ", ".join(_known(namespace, connection))
            yield key, f"is not a setting: {NAMESPACE} has {all_}; remove it"


def nearest(name: str, known: Iterable[str], least: float = _LIKELY) -> str | None:
    """Return the most similar known name, ignoring case, `-` and `_`."""
    plain = {each.lower(): each for each in known}
    found = get_close_matches(name.lower().replace("-", "").replace("_", ""), plain, 1, least)
    return plain[found[0]] if found else None


def _known(namespace: str, connection: str) -> tuple[str, ...]:
    if namespace == NAMESPACE:
        return COMMON_KEYS + CONNECTION_KEYS
    return CONNECTION_KEYS if namespace == connection else ()


def _right(namespace: str, name: str, connection: str, least: float) -> str | None:
    """Return the intended setting, an empty string for a valid key, or `None` if unknown."""
    known = _known(namespace, connection)
    if name in known or not known or (namespace != NAMESPACE and name in _PULUMIS_KEYS):
        return ""
    if near := nearest(name, known, least):
        return f"{namespace}:{near}"
    if namespace == NAMESPACE:
        return None
    near = nearest(name, COMMON_KEYS, _NEAR)
    return f"{NAMESPACE}:{near}" if near else ""
