"""The names of settings, and the nearest one to a mistyped name.

A setting that nobody reads is worse than an error: with `baseurl` in place of `baseUrl` the token
would go to gitlab.com.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from .errors import ConfigurationError

OURS = "gitlab-kubernetes"
"""The configuration namespace of what holds for all connections."""

OUR_KEYS = (
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
"""What else Pulumi's GitLab package reads in the namespace `gitlab`."""

_NEAR = 0.8  # Of 1, by difflib: two letters of ten may differ.
_LIKELY = 0.5


def require_known(keys: Iterable[str], connection: str, project: str = "") -> None:
    """Refuse settings that nobody reads.

    Those of our own namespace have to be known. A connection's namespace may be another package's
    or program's as well: there it is what nearly has the name of a setting. So it is in the
    namespace of the Pulumi project itself, where the program has its own keys, and there only as
    long as the setting that it is like is not set too.

    Args:
        keys: The keys of the stack's configuration, such as `gitlab:token`.
        connection: The configuration namespace of the connection.
        project: The name of the Pulumi project; empty where it is not known.

    Raises:
        ConfigurationError: There is such a setting; the message has its name, and the right one.
    """
    keys = sorted(keys)
    for key in keys:
        namespace, _colon, name = key.partition(":")
        least = _LIKELY if namespace == OURS != project else _NEAR
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
                f"{key} is not a setting: {OURS} has {', '.join(OUR_KEYS)}; remove it"
            )


def _right(namespace: str, name: str, connection: str, least: float) -> str | None:
    """Return the setting that is meant; empty for none, `None` where it cannot be told which."""
    known = (OUR_KEYS if namespace == OURS else ()) + (
        CONNECTION_KEYS if namespace == connection else ()
    )
    if name in known or not known or (namespace != OURS and name in _PULUMIS_KEYS):
        return ""
    if near := _nearest(name, known, least):
        return f"{namespace}:{near}"
    if namespace == OURS:
        near = _nearest(name, CONNECTION_KEYS, _NEAR)
        return f"{connection}:{near}" if near else None
    near = _nearest(name, OUR_KEYS, _NEAR)
    return f"{OURS}:{near}" if near else ""


def _nearest(name: str, known: Iterable[str], least: float) -> str | None:
    """Return the known name that is most like one in which case, `-` and `_` do not count."""
    plain = {each.lower(): each for each in known}
    found = get_close_matches(name.lower().replace("-", "").replace("_", ""), plain, 1, least)
    return plain[found[0]] if found else None
