"""Certificates and keys in PEM, created when the suite starts."""

from __future__ import annotations

from tests.support.certificates import Key

_ONE, _TWO = Key(), Key()

KEY = _ONE.pem
CERTIFICATE = _ONE.certificate("one")
RENEWED = _ONE.certificate("one-renewed")
"""Another certificate of the same key."""
OTHER_KEY = _TWO.pem
OTHER_CERTIFICATE = _TWO.certificate("two")


def respelled(pem: str) -> str:
    """Return the same PEM with other white space."""
    return "\n  " + pem.replace("\n", "\r\n") + "\n\n"


def in_one_line(pem: str) -> str:
    """Return PEM with blanks in place of line ends, which OpenSSL does not accept."""
    return " ".join(pem.splitlines())
