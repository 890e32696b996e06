"""Checks of PEM certificates and keys.

`cryptography` is imported when the first one is checked: most stacks have none, and this module
is loaded in each engine process.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from ._rules import pem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


def certificate(value: str) -> str | None:
    """Accept one or more X.509 certificates in PEM."""
    from cryptography import x509  # noqa: PLC0415 (see the module's docstring)

    if "PRIVATE KEY-----" in value:
        return "must hold certificates alone: take the private key out, it would not stay secret"
    try:
        x509.load_pem_x509_certificates(value.encode())
    except ValueError:
        return "must be a certificate in PEM, from -----BEGIN CERTIFICATE----- on"
    return None


def private_key(value: str) -> str | None:
    """Accept an unencrypted private key in PEM."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        load_pem_private_key(value.encode(), None)
    except TypeError:
        return "must not be encrypted with a passphrase: GitLab cannot ask for one"
    except Exception:  # noqa: BLE001 (whatever the library says of it, it may quote the key)
        return "must be a private key in PEM, from -----BEGIN PRIVATE KEY----- on"
    return None


def are_a_pair(certificate_: str, key: str) -> bool:
    """Tell whether a key is that of a certificate; both have passed their checks."""
    from cryptography import x509  # noqa: PLC0415 (see the module's docstring)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    theirs = x509.load_pem_x509_certificate(certificate_.encode()).public_key()
    ours = load_pem_private_key(key.encode(), None).public_key()
    return _bytes(theirs) == _bytes(ours)


def _bytes(key: PublicKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def to_base64(value: str) -> str:
    """Return a PEM text as GitLab takes it: its documentation says PEM, its code base64 of it."""
    return base64.b64encode(value.encode()).decode()


def from_base64(value: str) -> str:
    """Return a PEM text from GitLab's answer; one that is no base64 is given back as it is."""
    try:
        return pem(base64.b64decode(value).decode()) + "\n"
    except ValueError:
        return value
