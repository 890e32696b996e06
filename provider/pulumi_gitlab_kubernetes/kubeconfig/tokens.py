"""Tokens for Kubernetes that GitLab cannot use, or not for long."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime, timezone
from itertools import chain
from urllib.parse import urlsplit

_EXPIRING = {
    "ya29.": "is Google's access token, which expires after an hour",
    "k8s-aws-v1.": "is an EKS token, which expires after 15 minutes",
    "kubeconfig-": "is Rancher's, which expires after 30 days by default",
}
"""How tokens start that expire, and when they do.

See https://ranchermanager.docs.rancher.com/api/api-tokens for Rancher's.
"""
_EXPIRING_AT = {
    ".k8s.ondigitalocean.com": "is DigitalOcean's, which expires after 7 days by default",
}
"""How the hosts of servers end whose kubeconfigs have tokens that expire, and when they do.

See https://docs.digitalocean.com/reference/pydo/reference/kubernetes/get_kubeconfig/.
"""
_OF_GITLAB = ("pat:", "ci:", "glpat-", "glagent-", "glcbt-")
_JWT_PARTS = 3
_TOKEN = re.compile(r"[!-~]+")  # What a header can contain.


def why_invalid(token: str) -> str | None:
    """Return why a text is not a token for Kubernetes; `None` if it can be one."""
    token = token.strip()
    if token.startswith(_OF_GITLAB):
        return "is a token of GitLab, not of Kubernetes: set it to that of a ServiceAccount"
    if not _TOKEN.fullmatch(token):
        return (
            "contains a space, a line break or a character that is not ASCII: set it to that of a "
            "ServiceAccount"
        )
    if _is_jwt(_decoded(token)):
        return (
            "is in base64, as in the `data` of a Secret: decode it with "
            "base64.b64decode(token).decode()"
        )
    return None


def why_short_lived(token: str, server: str = "") -> str | None:
    """Return when a token expires; `None` if it does not, or if that is unknown.

    Args:
        token: The token.
        server: The URL of its Kubernetes API, if the token is from a kubeconfig.
    """
    token, host = token.strip(), urlsplit(server).hostname or ""
    if expires := _expiry(token):
        return f"expires at {expires:%Y-%m-%d %H:%M} UTC"
    by_start = (why for start, why in _EXPIRING.items() if token.startswith(start))
    by_host = (why for end, why in _EXPIRING_AT.items() if host.endswith(end))
    return next(chain(by_start, by_host), None)


def _is_jwt(token: str) -> bool:
    return len(token.split(".")) == _JWT_PARTS and '"alg"' in _decoded(token.partition(".")[0])


def _expiry(token: str) -> datetime | None:
    """Return when a JWT expires. See https://datatracker.ietf.org/doc/html/rfc7519#section-4.1.4."""
    if not _is_jwt(token):
        return None
    try:
        seconds = json.loads(_decoded(token.split(".")[1]))["exp"]
        return datetime.fromtimestamp(float(seconds), timezone.utc)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None


def _decoded(text: str) -> str:
    """Return the text that is in base64, for URLs or not; empty if it is not."""
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_" if {"-", "_"} & {*text} else None).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
