"""Checks and normal forms of single values, shared by the fields of several resources.

Each check returns what is wrong and what to do, to follow the property's name, or `None`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_LABEL_LENGTH = 63
_HOST_LABEL = r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_HOST_LABEL}(\.{_HOST_LABEL})*")
_HOST_NAME_LENGTH = 253
_NAMESPACE = re.compile(r"[a-z][a-z0-9-]*")
_PROJECT = re.compile(r"[1-9][0-9]*|[\w.-]+(/[\w.-]+)+")

Check = Callable[[str], str | None]


def project(value: str) -> str | None:
    """Accept an id or a full path. See https://docs.gitlab.com/api/rest/#namespaced-paths."""
    if _PROJECT.fullmatch(value):
        return None
    return "must be a project's numeric id or its full path, such as group/app"


def namespace(value: str) -> str | None:
    """Accept a configuration namespace whose name in variables no other one has."""
    if _NAMESPACE.fullmatch(value):
        return None
    return "must hold only a-z, 0-9 and -, and start with a letter: name the connection otherwise"


def dns_label(value: str) -> str | None:
    """Accept what GitLab takes as the name of an agent or a Kubernetes namespace."""
    if len(value) > _DNS_LABEL_LENGTH:
        return f"must have at most {_DNS_LABEL_LENGTH} characters, and has {len(value)}"
    if not _DNS_LABEL.fullmatch(value):
        return "must hold only a-z, 0-9 and -, and start and end with a letter or digit"
    return None


def host_name(value: str) -> str | None:
    """Accept a bare host name, without scheme or port."""
    if len(value) <= _HOST_NAME_LENGTH and _HOST_NAME.fullmatch(value):
        return None
    return "must be a host name alone, such as agent.example.com"


def at_most(length: int) -> Check:
    """Accept a text of up to so many characters."""

    def check(value: str) -> str | None:
        if len(value) <= length:
            return None
        return f"must have at most {length} characters, and has {len(value)}"

    return check


def one_of(*allowed: str) -> Check:
    """Accept one of several words."""

    def check(value: str) -> str | None:
        return None if value in allowed else f"must be one of {', '.join(allowed)}"

    return check


def url(*schemes: str) -> Check:
    """Accept a URL with a host and one of these schemes."""

    def check(value: str) -> str | None:
        try:
            parts = urlsplit(value.strip())
            port_is_fine = parts.port is None or parts.port > 0
        except ValueError:
            parts, port_is_fine = urlsplit(""), False
        if parts.scheme in schemes and parts.hostname and port_is_fine:
            return None
        forms = " or ".join(f"{scheme}://" for scheme in schemes)
        return f"must be a URL that starts with {forms} and names a host"

    return check


def trimmed(value: str) -> str:
    """Return the form in which GitLab compares a text: without outer white space."""
    return value.strip()


def pem(value: str) -> str:
    """Return a PEM text without outer white space and with plain line ends."""
    return "\n".join(line.strip() for line in value.strip().splitlines())
