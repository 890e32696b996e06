"""Checks of PEM certificates and keys.

`ssl` and `cryptography` are imported when the first one is checked: most stacks have none, and this
module is loaded in each engine process.
"""

from __future__ import annotations

import base64

from . import _x509 as x509
from ._pem import Block, blocks, canonical
from ._rules import pem

_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE")
_KEYS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY")
_ENCRYPTED = ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED")


def certificate(value: str) -> str | None:
    """Accept X.509 certificates in PEM that OpenSSL takes in the form that GitLab is sent."""
    import ssl  # noqa: PLC0415 (see the module's docstring)

    if "PRIVATE KEY-----" in value:
        return "must hold certificates alone: take the private key out, it would not stay secret"
    sent = canonical(value).encode("ascii", "replace").decode()
    try:
        # What GitLab reads certificates with, and only a reading: nothing trusts this context.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=sent)
    except (ssl.SSLError, ValueError):
        return "must be a certificate in PEM, from -----BEGIN CERTIFICATE----- on" + _why(value)
    return None


def private_key(value: str) -> str | None:
    """Accept an unencrypted private key in PEM."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

    try:
        load_der_private_key(_key(value), None)
    except Exception:  # noqa: BLE001 (whatever the library says of it, it may quote the key)
        if any(mark in value for mark in _ENCRYPTED):
            return "must not be encrypted with a passphrase: GitLab cannot ask for one"
        return "must be a private key in PEM, from -----BEGIN PRIVATE KEY----- on" + _why(value)
    return None


def _why(value: str) -> str:
    """Name a slip that leaves a text looking right."""
    escaped = "\\n" in value and "\n" not in value.strip()
    return r": it holds \n as two characters, replace them by line ends" if escaped else ""


def are_a_pair(certificate_: str, key: str) -> bool:
    """Tell whether a key is that of a certificate; both have passed their checks.

    A certificate with a key of an unknown kind counts as its pair: GitLab asks for no more.
    """
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
        load_der_private_key,
        load_der_public_key,
    )

    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ours = load_der_private_key(_key(key), None).public_key().public_bytes(*form)
    try:
        theirs = load_der_public_key(read(certificate_)[0].public_key).public_bytes(*form)
    except Exception:  # noqa: BLE001 (the library has several for a key that it does not know)
        return True
    return theirs == ours


def read(value: str) -> list[x509.Certificate]:
    """Read certificates in PEM.

    Raises:
        ValueError: One cannot be read.
    """
    return [x509.read(block.content) for block in _certificates(value)]


def _certificates(value: str) -> list[Block]:
    return [block for block in blocks(value) if block.label in _CERTIFICATES]


def _key(value: str) -> bytes:
    """Return the first key of a text, which is the one that OpenSSL takes."""
    return next((each.content for each in blocks(value) if each.label in _KEYS), b"")


def to_base64(value: str) -> str:
    """Return a PEM text as GitLab takes it: its documentation says PEM, its code base64 of it."""
    return base64.b64encode(canonical(value).encode()).decode()


def from_base64(value: str) -> str:
    """Return a PEM text from GitLab's answer; one that is no base64 is given back as it is."""
    try:
        return pem(base64.b64decode(value).decode()) + "\n"
    except ValueError:
        return value
