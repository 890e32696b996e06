"""Whether a URL points to a private address, without any DNS lookup."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LOCAL_NAMES = re.compile(r"[^.]+|(.+\.)?(localhost|local|localdomain|internal|intranet|lan|svc)")
_LOOPBACK_NAMES = re.compile(r"(.+\.)?localhost(\.localdomain)?")
_LIKE_AN_ADDRESS = re.compile(r":|[0-9a-f]$")
_OLD_NUMBER = re.compile(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}", re.ASCII)


def scheme(url: str) -> str:
    """Return a URL's scheme in lower case."""
    return url.strip().partition(":")[0].lower()


def is_private(url: str, allowed: Sequence[str] = ()) -> bool:
    """Return whether a URL points to a private, loopback or otherwise local address.

    Args:
        url: The URL. Without a host it is not private.
        allowed: Networks, such as `10.0.0.0/8`, and host names that do not count as private; `*`
            matches any text.
    """
    if not (host := _host(url)):
        return False
    address = _address(host)
    local = not address.is_global if address else bool(_LOCAL_NAMES.fullmatch(host))
    return local and not any(_covers(each, host, address) for each in allowed)


def is_loopback(url: str) -> bool:
    """Return whether a URL points to the machine itself that opens it."""
    address = _address(host := _host(url))
    if address:
        return address.is_loopback or address.is_unspecified
    return bool(_LOOPBACK_NAMES.fullmatch(host))


def _host(url: str) -> str:
    """Return a URL's host in lower case, or an empty text if it has none."""
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _address(host: str) -> Address | None:
    """Parse an IP address, also in the old forms that `inet_aton` accepts, such as `127.1`."""
    if not _LIKE_AN_ADDRESS.search(host):
        return None
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        if not _OLD_NUMBER.fullmatch(host):
            return None
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _covers(allowed: str, host: str, address: Address | None) -> bool:
    try:
        network = ipaddress.ip_network(allowed, strict=False)
    except ValueError:
        return fnmatchcase(host, allowed.lower())
    return address is not None and address in network
