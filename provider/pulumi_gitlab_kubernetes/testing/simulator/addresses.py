"""URLs as GitLab validates them: with Addressable's parser, and its own checks for requests.

Follows https://github.com/sporkmonger/addressable and GitLab's `UrlBlocker`.
"""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from pulumi_gitlab_kubernetes.testing.simulator.validation import blank, stripped

NOT_A_URL = "must be a valid URL"
INVALID = "URI is invalid"
BAD_HOST = "is blocked: Hostname or IP address invalid"

_SCHEME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "+-.")
_ADDRESS_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:")
_NOT_IN_HOSTS = frozenset('<>{}\\@"[]')
_LARGEST_PORT = 65_535
_UNSAFE_SCHEMES = ("javascript", "data", "vbscript")
_HIERARCHICAL = (
    *("http", "https", "ftp", "tftp", "sftp", "ssh", "svn+ssh", "telnet", "nntp", "gopher"),
    *("wais", "ldap", "prospero"),
)
# Ruby's private networks, which are fewer than Python's: without those for documentation.
_LOCAL_NETWORKS = [
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")
]


@dataclass(frozen=True)
class Address:
    """The parts of a URL; None if absent."""

    scheme: str | None
    host: str | None
    port: int | None


def parse(text: str) -> Address:
    """Split a URL into its parts.

    Raises:
        ValueError: The text is not a URL; few texts are not.
    """
    end = next((at for at, each in enumerate(text) if each in "/?#"), len(text))
    before, colon, _rest = text[:end].partition(":")
    scheme = before if colon and before else None
    if scheme is not None and not (
        scheme[0] in string.ascii_letters and set(scheme) <= _SCHEME_CHARACTERS
    ):
        raise ValueError("scheme")
    rest = text if scheme is None else text[len(scheme) + 1 :]
    host, port = None, None
    if rest.startswith("//"):
        authority = rest[2:]
        for delimiter in "/?#":
            authority = authority.partition(delimiter)[0]
        rest = rest[2 + len(authority) :]
        host, port = _host_and_port(authority)
    path = rest.partition("?")[0].partition("#")[0]
    if (scheme or "").lower() in _HIERARCHICAL and not host and not path:
        raise ValueError("nothing after the scheme")
    return Address(scheme, host, port)


def _host_and_port(authority: str) -> tuple[str, int | None]:
    host, port = authority[authority.rfind("@") + 1 :], ""
    if "[" in authority[: len(authority) - len(host)]:
        raise ValueError("user")
    if host.startswith("["):
        inner, bracket, after = host[1:].partition("]")
        if not bracket or not set(inner) <= _ADDRESS_CHARACTERS or after[:1] not in {"", ":"}:
            raise ValueError("host")
        host, port = f"[{inner}]", after[1:]
    else:
        if ":" in host:
            host, port = host[: host.rfind(":")], host[host.rfind(":") + 1 :]
        if any(each in _NOT_IN_HOSTS or each.isspace() for each in host):
            raise ValueError("host")
    if port and not (port.isascii() and port.isdigit() and len(port) <= len(str(_LARGEST_PORT))):
        raise ValueError("port")
    return host, int(port) if port else None


def link_errors(text: str) -> list[str]:
    """Return the errors of a URL that GitLab displays as a link."""
    try:
        scheme = (parse(text).scheme or "").lower()
    except ValueError:
        return [INVALID]
    return [f"{scheme} scheme is not allowed"] if scheme in _UNSAFE_SCHEMES else []


def url_errors(url: str, schemes: Iterable[str], *, local: bool) -> list[str]:
    """Return the errors of a URL that GitLab sends requests to.

    Args:
        url: The URL.
        schemes: The allowed schemes.
        local: Whether localhost and private networks are allowed.
    """
    try:
        parts = parse(stripped(url))
    except ValueError:
        return [NOT_A_URL]
    if blank(url) or not {"\r", "\n"}.isdisjoint(unquote(stripped(url))) or not parts.scheme:
        return [NOT_A_URL]
    if parts.scheme.lower() not in schemes:
        return [f"is blocked: Only allowed schemes are {', '.join(schemes)}"]
    if not parts.host or (parts.port or 0) > _LARGEST_PORT:
        return [NOT_A_URL]
    return _host_errors(parts.host, local=local)


def _host_errors(host: str, *, local: bool) -> list[str]:
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        if not host[0].isalnum():
            return [BAD_HOST]
        return [] if local else _local_name(host)
    return [] if local else _local_address(address)


def _local_name(host: str) -> list[str]:
    """Return the errors of a host name; names other than localhost are not resolved."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return ["is blocked: Requests to localhost are not allowed"]
    return []


def _local_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[str]:
    if address.is_loopback or address.is_unspecified:
        return ["is blocked: Requests to localhost are not allowed"]
    if address.is_link_local:
        return ["is blocked: Requests to the link local network are not allowed"]
    if any(address in network for network in _LOCAL_NETWORKS):
        return ["is blocked: Requests to the local network are not allowed"]
    return []
