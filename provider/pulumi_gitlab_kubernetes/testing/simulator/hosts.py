"""The host names that the simulator accepts, as a protection against DNS rebinding.

A website can resolve its own name to 127.0.0.1. The browser then treats the simulator as a part of
that site, and the site's pages can read and change everything. Only the `Host` header still has
the website's name.
"""

from __future__ import annotations

import ipaddress
import reprlib
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

_MAX_LENGTH = 80
"""Maximum length of a name in an error message."""


class Hosts:
    """The names and addresses of the loopback interface, and additional ones.

    Args:
        allowed: Additional names or addresses, without a port.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = {name_in(name) or name for name in allowed}
        self.allow = lru_cache(maxsize=100)(self._allow)

    def _allow(self, header: str | None) -> bool:
        """Return whether a `Host` header is accepted.

        Args:
            header: A name or address, optionally with a port. None without the header: every
                browser sends it, so the request is not from one.
        """
        if header is None:
            return True
        name = name_in(header)
        return name in self._allowed or _is_loopback(name)


def name_in(host: str) -> str:
    """Return the name or address in a `Host` header without its port; empty if invalid."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def rejection(host: str) -> str:
    """Return the error for a name that is not accepted."""
    shortened = reprlib.Repr()
    shortened.maxstring = _MAX_LENGTH
    name = name_in(host) or host
    return (
        f"the simulator does not accept the host name {shortened.repr(name)}, which may be a "
        "website's: use 127.0.0.1 or localhost, or start the simulator with --allowed-host NAME"
    )


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):  # No website can have it.
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
