"""Checks and normal forms of single values, used by fields of several kinds.

Each check returns a text that follows the property's name: what is wrong and what to do. It returns
`None` for a valid value. The checks reject every value whose form GitLab would reject.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from pulumi_gitlab_kubernetes.core.values import COMPOSITE_ID
from pulumi_gitlab_kubernetes.gitlab.objects import LARGEST_EXACT

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_LABEL_LENGTH = 63
_HOST_LABEL = r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_HOST_LABEL}(\.{_HOST_LABEL})*")
_HOST_NAME_LENGTH = 253
_DOMAIN_LENGTH = 255
_RESERVED_NAMESPACE = "gitlab-managed-apps"
_SCOPE = re.compile(r"[A-Za-z0-9_/${}. *-]+")
_RUBYS_SPACE = "\0\t\n\v\f\r "  # What Ruby's `strip` removes.

_PROJECT_ID = re.compile(r"[1-9][0-9]*")
_PATH_PART = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,255}(?<!\.git)(?<!\.atom)")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/:@]+@[^/:]+:")

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://([^/?#\[\]]*@)?"
    r"(?P<host>\[[0-9a-f.:]+\]|[^\W_][^\s/?#:@\[\]<>{}\\\"]*)(:(?P<port>[0-9]{0,5}))?([/?#].*)?",
    re.IGNORECASE,
)
_LINE_BREAK = re.compile(r"\r|\n|%0a|%0d", re.IGNORECASE)
_LARGEST_PORT = 65_535
_PREFIX = re.compile(r"([^:/?#]+):")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_UNSAFE_SCHEMES = ("data", "javascript", "vbscript")
_AUTHORITY = re.compile(r"([^:/?#]+:)?//([^/?#]*)")
_HOST = re.compile(r"\[[A-Za-z0-9._~!$&'()*+,;=:-]*\]|[^<>{}\\@\"\s\[\]]*")
_PORT = re.compile(r"([0-9]{1,5})?")
_WITH_HOST = re.compile(
    r"(http|https|t?ftp|sftp|ssh|svn\+ssh|telnet|nntp|gopher|wais|ldap|prospero)", re.IGNORECASE
)

Check = Callable[[str], str | None]


def project(value: str) -> str | None:
    """Accept an ID or a full path. See https://docs.gitlab.com/api/rest/#namespaced-paths."""
    example = "group/app"
    if _PROJECT_ID.fullmatch(value):
        return None
    if COMPOSITE_ID.fullmatch(value):
        return "must be a project, not the id of a resource in it: use its `project_id`"
    if _REMOTE.match(value):
        return f"must not be a URL: use the full path, without host and .git, such as {example}"
    *groups, last = value.split("/")
    if groups and last.endswith((".git", ".atom")):
        return f"must not end in .git or .atom: use the project's path, such as {example}"
    fits = all(map(_PATH_PART.fullmatch, (*groups, last))) and last.strip(".")
    if groups and fits and not any(group.endswith(".") for group in groups):
        return None
    return f"must be a project's numeric id or its full path, such as {example}"


def id_number(value: int) -> str | None:
    """Accept a number that can be an ID in GitLab, and that a state can contain exactly."""
    return None if 0 < value <= LARGEST_EXACT else "must be an id from GitLab, 1 or above"


def dns_label(value: str) -> str | None:
    """Accept the name of an agent or of a Kubernetes namespace."""
    if len(value) > _DNS_LABEL_LENGTH:
        return f"must have at most {_DNS_LABEL_LENGTH} characters, and has {len(value)}"
    if not _DNS_LABEL.fullmatch(value):
        return "must contain only a-z, 0-9 and -, and start and end with a letter or digit"
    return None


def host_name(value: str) -> str | None:
    """Accept a bare host name, without scheme or port."""
    if len(value) <= _HOST_NAME_LENGTH and _HOST_NAME.fullmatch(value):
        return None
    return "must be only a host name, such as agent.example.com"


def at_most(length: int) -> Check:
    """Accept a text of at most this many characters."""

    def check(value: str) -> str | None:
        if len(value) <= length:
            return None
        return f"must have at most {length} characters, and has {len(value)}"

    return check


def all_of(*checks: Check) -> Check:
    """Accept a value that all checks accept."""

    def check(value: str) -> str | None:
        return next((reason for each in checks if (reason := each(value))), None)

    return check


def not_reserved(value: str) -> str | None:
    """Accept any namespace except the one that GitLab reserves."""
    return "is reserved by GitLab: choose another" if value == _RESERVED_NAMESPACE else None


def environment_scope(value: str) -> str | None:
    """Accept the environment scope of a cluster. GitLab trims it."""
    if _SCOPE.fullmatch(value.strip(_RUBYS_SPACE)):
        return None
    return (
        "must contain only letters, digits, spaces and - _ / $ { } . *: it is one pattern, such as "
        "review/*, not a list"
    )


def domain(value: str) -> str | None:
    """Accept a domain for Auto DevOps: only labels, which can begin with digits."""
    if len(value) <= _DOMAIN_LENGTH and _HOST_NAME.fullmatch(value):
        return None
    return "must be only a domain, such as apps.example.com, without scheme, port, path or wildcard"


def url(*schemes: str) -> Check:
    """Accept a URL with a host and one of these schemes, to which GitLab can connect."""

    def check(value: str) -> str | None:
        found = _URL.fullmatch(value.strip(_RUBYS_SPACE))
        if found and found["scheme"].lower() in schemes and _is_valid(found):
            return None
        forms = " or ".join(f"{scheme}://" for scheme in schemes)
        return f"must be a URL that starts with {forms} and has a host"

    return check


def _is_valid(found: re.Match[str]) -> bool:
    host = found["host"]
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return False
    port = int(found["port"] or 1)
    return 0 < port <= _LARGEST_PORT and not _LINE_BREAK.search(found[0])


def web_address(value: str) -> str | None:
    """Accept the external URL of an environment: any text that can be a link.

    GitLab validates it with https://github.com/sporkmonger/addressable.
    """
    prefix = _PREFIX.match(value)
    scheme = prefix[1].lower() if prefix else ""
    if scheme in _UNSAFE_SCHEMES:
        return f"must not have the scheme {scheme}, which GitLab rejects: use an https:// URL"
    found = _AUTHORITY.match(value)
    host = _host(found[2]) if found else ""
    rest = value[found.end() if found else prefix.end() if prefix else 0 :]
    path = re.split(r"[?#]", rest)[0]
    good = (not scheme or _SCHEME.fullmatch(scheme)) and host is not None
    if good and (host or path or not _WITH_HOST.fullmatch(scheme)):
        return None
    return "must be a URL, such as https://shop.example.com"


def _host(authority: str) -> str | None:
    """Return the host of a URL from what follows its two slashes; `None` if it is invalid."""
    user, _at, rest = authority.rpartition("@")
    host, colon, port = rest.rpartition(":")
    if not colon or "]" in port:
        host, port = rest, ""
    good = _HOST.fullmatch(host) and _PORT.fullmatch(port) and not {"[", "]"} & set(user)
    return host if good else None


def without_scheme(value: str) -> str | None:
    """Warn about a URL that a browser opens as a path of GitLab."""
    found = _AUTHORITY.match(value)
    if found and found[1]:
        return None
    return "has no scheme such as https://: GitLab accepts it, but its link does not work"


def with_password(value: str) -> str | None:
    """Warn about a URL that contains a password."""
    found = _AUTHORITY.match(value.strip())
    user = found[2].rpartition("@")[0] if found else ""
    if ":" not in user:
        return None
    return (
        "contains a password: unless the program makes it a secret (`pulumi.Output.secret`), "
        "previews and the state show it in plain text"
    )


def trimmed(value: str) -> str:
    """Return a text without outer white space, as GitLab compares it."""
    return value.strip()
