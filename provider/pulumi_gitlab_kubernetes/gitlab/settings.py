"""Parsers of single settings. Each error names the setting as the user knows it, by its label."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from urllib.parse import urlsplit

from pulumi_gitlab_kubernetes.errors import ConfigurationError

DEFAULT_URL = "https://gitlab.com"
_TOKEN = re.compile(r"[!-~]+")
_CONNECTION_NAME = re.compile(r"[a-z][a-z0-9-]*")
_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"[^\x00-\x20\x7f\s]+")
_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


class InvalidSettingError(ConfigurationError):
    """The value of one setting is wrong.

    Args:
        label: How messages name the setting.
        reason: What is wrong with it and what to do.
    """

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"{label} {reason}")
        self.reason = reason


def connection_name(value: str) -> str | None:
    """Check a connection's name, which is also a configuration namespace and part of variables.

    Returns:
        What is wrong with it and what to do, or `None`.
    """
    if _CONNECTION_NAME.fullmatch(value):
        return None
    return "must hold only a-z, 0-9 and -, and start with a letter: rename the connection"


def token(value: str | None, label: str) -> str:
    """Parse a token, with or without the line break at the end of a file."""
    value = (value or "").strip()
    if value and not _TOKEN.fullmatch(value):
        raise InvalidSettingError(
            label,
            "holds a character that no GitLab token has, such as white space: set it again",
        )
    return value


def api_url(url: str, label: str) -> str:
    """Parse a GitLab's address with or without the API's path, as GitLab's tools do.

    Args:
        url: The address.
        label: The setting that it comes from.

    Returns:
        The address without the API's path, in the one spelling that all addresses of the same
        GitLab have.
    """
    url = url.strip()
    wrong = InvalidSettingError(label, "must be a URL such as https://gitlab.example.com")
    try:
        parts = urlsplit(url)
        _ = parts.port  # Raises for a port that is not a number.
    except ValueError:
        raise wrong from None
    if parts.scheme not in _PORTS or not parts.hostname or not _URL.fullmatch(url):
        raise wrong
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidSettingError(
            label, "must hold no user, password, query or fragment: use a token"
        )
    return origin(url) + parts.path.rstrip("/").removesuffix("/api/v4").rstrip("/")


def origin(url: str) -> str:
    """Return the scheme and host of a URL, and the port if it is not the scheme's default.

    Raises:
        ValueError: It is not a URL.
    """
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    usual = parts.port is None or parts.port == _PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}" + ("" if usual else f":{parts.port}")


def switch(value: str | None, label: str) -> bool:
    """Parse `true` or `false`, the default."""
    value = value or "false"
    if value not in {"true", "false"}:
        raise InvalidSettingError(label, "must be true or false")
    return value == "true"


def file(value: str | None, label: str) -> str | None:
    """Parse the path of a file that exists."""
    if value and not Path(value).is_file():
        raise InvalidSettingError(
            label, f"must be the path of a file that exists: {value} does not"
        )
    return value or None


def client_certificate(
    certificate: str | None, key: str | None, labels: tuple[str, str]
) -> tuple[str, str] | None:
    """Return the files of a client certificate and its key, of which none or both are set."""
    if bool(certificate) != bool(key):
        raise InvalidSettingError(labels[0], f"and {labels[1]} belong together: set both or none")
    return (certificate, key) if certificate and key else None


def seconds(value: str | None, label: str, default: float) -> float:
    """Parse a number of seconds above 0."""
    try:
        seconds = float(value or default)
    except ValueError:
        seconds = 0
    if not 0 < seconds < math.inf:
        raise InvalidSettingError(
            label, f"must be a number of seconds above 0, such as {default:g}"
        )
    return seconds


def whole_number(value: str | None, label: str, most: int) -> int:
    """Parse a whole number from 1 to a limit, which is also the default."""
    value = value or str(most)
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) <= most:
        raise InvalidSettingError(label, f"must be a whole number from 1 to {most}")
    return int(value)


def headers(value: str | None, label: str) -> tuple[tuple[str, str], ...]:
    """Parse a map from header to value, in JSON as Pulumi stores it."""
    try:
        given = json.loads(value or "{}")
        headers = tuple((str(key), str(value)) for key, value in given.items())
    except (ValueError, AttributeError):
        headers = (("", ""),)
    if all(_HEADER_NAME.fullmatch(key) and _HEADER_VALUE.fullmatch(v) for key, v in headers):
        return headers
    # A key of a stack's configuration has a namespace, and the argument of a provider has none.
    how = f": set it with `pulumi config set --path '{label}.X-Header' value`"
    raise InvalidSettingError(
        label, f"must be a map from header to value{how if ':' in label else ''}"
    )
