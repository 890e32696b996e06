"""The names under which the simulator answers.

A website can let its own name lead to 127.0.0.1 (DNS rebinding). The browser then takes the
simulator for a part of that site, and lets the site's pages read and change everything. Only the
header `Host` still has the website's name.
"""

from __future__ import annotations

import ipaddress
import reprlib
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

_LONGEST = 80  # of a name that a refusal repeats


class Hosts:
    """Names of this machine's loopback interface, and names that its owner allows.

    Args:
        allowed: further names or addresses, without a port.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = {name_in(name) or name for name in allowed}
        self.allow = lru_cache(maxsize=100)(self._allow)

    def _allow(self, header: str | None) -> bool:
        """Tell whether a request with this header `Host` is answered.

        Args:
            header: a name or address, perhaps with a port; None where there is no such header,
                which every browser sends.
        """
        if header is None:
            return True
        name = name_in(header)
        return name in self._allowed or _is_loopback(name)


def name_in(host: str) -> str:
    """Return the name or address of a header `Host`, without its port; empty when there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def refusal(host: str) -> str:
    """Return what is said of a name that is not allowed, and how to allow it."""
    shortened = reprlib.Repr()
    shortened.maxstring = _LONGEST
    name = name_in(host) or host
    return (
        f"the simulator does not accept the host name {shortened.repr(name)}, which may be a "
        "website's: use 127.0.0.1 or localhost, or start the simulator with --allowed-host NAME"
    )


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):  # No website can have such a name.
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
