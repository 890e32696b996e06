"""Rules and texts that the models of several families share."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

BLANK = "can't be blank"
TAKEN = "has already been taken"
NOT_A_CERTIFICATE = "must be a valid PEM certificate"
NOT_A_URL = "must be a valid URL"

# What Ruby calls private is less than what Python does: not the networks for documentation.
_LOCAL_NETWORKS = [
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")
]
_KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NAMESPACE_LENGTH = 63
_NAMESPACE_TEXT = (
    "can contain only lowercase letters, digits, and '-'. "
    "Must start with a letter, and cannot end with '-'"
)


def blank(text: str | None) -> bool:
    """Tell whether a text is what Rails calls blank."""
    return text is None or not text.strip()


def too_long(text: str | None, maximum: int) -> list[str]:
    """Return the complaint about a text with too many characters."""
    if text is not None and len(text) > maximum:
        return [f"is too long (maximum is {maximum} characters)"]
    return []


def kubernetes_name(text: str) -> bool:
    """Tell whether a text is a DNS label, as agents and namespaces have to be."""
    return bool(_KUBERNETES_NAME.fullmatch(text))


def kubernetes_namespace(text: str) -> list[str]:
    """Return the complaints about a Kubernetes namespace that is not blank."""
    found = too_long(text, _NAMESPACE_LENGTH)
    return found if kubernetes_name(text) else [*found, _NAMESPACE_TEXT]


def url_complaints(url: str, schemes: Iterable[str], *, local: bool) -> list[str]:
    """Return the complaints about an address GitLab is to call.

    Args:
        url: the address.
        schemes: those allowed.
        local: whether this machine and private networks are allowed.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return [NOT_A_URL]
    if not url.strip() or not parts.scheme:
        return [NOT_A_URL]
    if parts.scheme not in schemes:
        return [f"is blocked: Only allowed schemes are {', '.join(schemes)}"]
    if not host:
        return [NOT_A_URL]
    return [] if local else _local_complaints(host)


def _local_complaints(host: str) -> list[str]:
    """Return the complaints about a host; names other than localhost are not resolved here."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["is blocked: Requests to localhost are not allowed"]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return []
    if address.is_loopback or address.is_unspecified:
        return ["is blocked: Requests to localhost are not allowed"]
    if address.is_link_local:
        return ["is blocked: Requests to the link local network are not allowed"]
    if any(address in network for network in _LOCAL_NETWORKS):
        return ["is blocked: Requests to the local network are not allowed"]
    return []
