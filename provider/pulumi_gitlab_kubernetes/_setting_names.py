"""The names of settings, and what somebody meant who wrote another one.

A setting that nobody reads is worse than an error: with `baseurl` in place of `baseUrl` the token
would go to gitlab.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def require_known(keys: Iterable[str], connection: str) -> None:
    """Refuse settings that nobody reads.

    Those of our own namespace have to be known. A connection's namespace may be another package's
    or program's as well: there it is what nearly has the name of a setting.

    Args:
        keys: The keys of the stack's configuration, such as `gitlab:token`.
        connection: The configuration namespace of the connection.

    Raises:
        ConfigurationError: There is such a setting; the message has its name, and the right one.
    """
    for key in sorted(keys):
        namespace, _colon, name = key.partition(":")
        for wrong in _wrong(namespace, name, connection):
            raise ConfigurationError(f"{key} is no setting: {wrong}")


def _wrong(namespace: str, name: str, connection: str) -> Iterator[str]:
    known = (OUR_KEYS if namespace == OURS else ()) + (
        CONNECTION_KEYS if namespace == connection else ()
    )
    if name in known or not known or (namespace != OURS and name in _PULUMIS_KEYS):
        return
    if near := _nearest(name, known, _LIKELY if namespace == OURS else _NEAR):
        yield f"write {namespace}:{near}"
    elif namespace == OURS:
        if near := _nearest(name, CONNECTION_KEYS, _NEAR):
            yield f"write {connection}:{near}"
        else:
            yield f"{OURS} has {', '.join(known)}; remove it"
    elif near := _nearest(name, OUR_KEYS, _NEAR):
        yield f"write {OURS}:{near}"


def _nearest(name: str, known: Iterable[str], least: float) -> str | None:
    """Return the known name that is most like one in which case, `-` and `_` do not count."""
    plain = {each.lower(): each for each in known}
    found = get_close_matches(name.lower().replace("-", "").replace("_", ""), plain, 1, least)
    return plain[found[0]] if found else None
