"""Single settings of a connection: how each is spelled, and what is wrong with it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from .errors import ConfigurationError

DEFAULT = "gitlab"
"""The name, and configuration namespace, of the connection used when none is named."""

DEFAULT_URL = "https://gitlab.com"
MAX_PARALLEL = "gitlab-kubernetes:maxParallel"
_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"[^\x00-\x20\x7f\s]+")
_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_PULUMIS_OWN = "PULUMI_ACCESS_TOKEN"  # No token of another service is to reach a GitLab.

Setting = Callable[[str], str | None]
"""Looks up a key of the stack's configuration, such as `gitlab:token`."""


def variable(name: str, setting: str) -> str:
    """Return the environment variable of a connection's setting.

    Raises:
        ConfigurationError: Pulumi itself has it for something else.
    """
    found = f"PULUMI_{name.upper().replace('-', '_')}_{setting}"
    if found == _PULUMIS_OWN:
        raise ConfigurationError(
            f'connection "{name}": {found} is for Pulumi Cloud: name the connection otherwise'
        )
    return found


def base_url(url: str | None, name: str) -> str:
    """Accept a connection's base URL in any spelling; without one it is gitlab.com's.

    Returns:
        The form of `api_url`.
    """
    key = f"{name}:baseUrl"
    if not url and name != DEFAULT:  # No token is to go to gitlab.com by mistake.
        raise ConfigurationError(f"no address: set {key} or {variable(name, 'BASE_URL')}")
    return api_url(url or DEFAULT_URL, key)


def api_url(url: str, key: str) -> str:
    """Accept a GitLab's address with or without the API's path, as GitLab's tools do.

    Args:
        url: The address.
        key: The setting that it comes from, for messages.

    Returns:
        The one spelling that all addresses of the same GitLab have, without the API's path.
    """
    url = url.strip()
    wrong = ConfigurationError(f"{key} must be a URL such as https://gitlab.example.com")
    try:
        parts = urlsplit(url)
        _ = parts.port  # Raises for one that is no number.
    except ValueError:
        raise wrong from None
    if parts.scheme not in _PORTS or not parts.hostname or not _URL.fullmatch(url):
        raise wrong
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{key} must hold no user, password, query or fragment: use a token"
        )
    return origin(url) + parts.path.rstrip("/").removesuffix("/api/v4").rstrip("/")


def origin(url: str) -> str:
    """Return whom a URL leads to: scheme, host, and the port where it is not the usual one.

    Raises:
        ValueError: It is none.
    """
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    usual = parts.port is None or parts.port == _PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}" + ("" if usual else f":{parts.port}")


def switch(setting: Setting, key: str) -> bool:
    """Read `true` or `false`; false when it is not set."""
    value = setting(key) or "false"
    if value not in {"true", "false"}:
        raise ConfigurationError(f"{key} must be true or false")
    return value == "true"


def file(setting: Setting, key: str) -> str | None:
    """Read the path of a file, which must exist."""
    path = setting(key) or None
    if path and not Path(path).is_file():
        raise ConfigurationError(f"{key} must be the path of a file that exists: {path} does not")
    return path


def seconds(setting: Setting, key: str, default: float) -> float:
    """Read a number of seconds above 0."""
    try:
        seconds = float(setting(key) or default)
    except ValueError:
        seconds = 0
    if not 0 < seconds < math.inf:
        raise ConfigurationError(f"{key} must be a number of seconds above 0, such as {default:g}")
    return seconds


def most_at_once(setting: Setting, most: int) -> int:
    """Read how many calls may be at work at a time.

    Args:
        setting: Looks up the stack's configuration.
        most: How many there are at most, and without the setting.
    """
    given = setting(MAX_PARALLEL) or str(most)
    if not (given.isascii() and given.isdecimal()) or not 1 <= int(given) <= most:
        raise ConfigurationError(f"{MAX_PARALLEL} must be a whole number from 1 to {most}")
    return int(given)


def headers(setting: Setting, name: str) -> tuple[tuple[str, str], ...]:
    """Read a connection's map from header to value."""
    try:
        given = json.loads(setting(f"{name}:headers") or "{}")
        headers = tuple((str(key), str(value)) for key, value in given.items())
    except (ValueError, AttributeError):
        headers = (("", ""),)
    if all(_HEADER_NAME.fullmatch(key) and _HEADER_VALUE.fullmatch(v) for key, v in headers):
        return headers
    raise ConfigurationError(
        f"{name}:headers must be a map from header to value: set it with "
        f"`pulumi config set --path '{name}:headers.X-Header' value`"
    )
