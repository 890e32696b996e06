"""The names of settings, and the closest match for a mistyped name.

Ignoring an unknown setting would be worse than an error: with `baseurl` instead of `baseUrl`, the
token would go to gitlab.com.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pulumi_gitlab_kubernetes.errors import ConfigurationError

NAMESPACE = "gitlab-kubernetes"
"""The configuration namespace of the settings for all connections."""

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
    keys = sorted(keys)
    for key in keys:
        namespace, _colon, name = key.partition(":")
        least = _LIKELY if namespace == NAMESPACE != project else _NEAR
        right = _right(namespace, name, connection, least)
        if namespace == project:
            if right and right not in keys:
                raise ConfigurationError(
                    f"{key} is not a setting: write {right}, or give it another name if it is the "
                    "program's own"
                )
        elif right:
            raise ConfigurationError(f"{key} is not a setting: write {right}")
        elif right is None:
            raise ConfigurationError(
                f"{key} is not a setting: {NAMESPACE} has {', '.join(COMMON_KEYS)}; remove it"
            )


def _right(namespace: str, name: str, connection: str, least: float) -> str | None:
    """Return the intended setting, an empty string for a valid key, or `None` if unknown."""
    known = (COMMON_KEYS if namespace == NAMESPACE else ()) + (
        CONNECTION_KEYS if namespace == connection else ()
    )
    if name in known or not known or (namespace != NAMESPACE and name in _PULUMIS_KEYS):
        return ""
    if near := _nearest(name, known, least):
        return f"{namespace}:{near}"
    if namespace == NAMESPACE:
        near = _nearest(name, CONNECTION_KEYS, _NEAR)
        return f"{connection}:{near}" if near else None
    near = _nearest(name, COMMON_KEYS, _NEAR)
    return f"{NAMESPACE}:{near}" if near else ""


def _nearest(name: str, known: Iterable[str], least: float) -> str | None:
    """Return the most similar known name, ignoring case, `-` and `_`."""
    plain = {each.lower(): each for each in known}
    found = get_close_matches(name.lower().replace("-", "").replace("_", ""), plain, 1, least)
    return plain[found[0]] if found else None
