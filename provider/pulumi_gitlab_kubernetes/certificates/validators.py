"""Validators of PEM certificates and keys.

`ssl` and `cryptography` are imported on first use, since most stacks have no certificates.
"""

from __future__ import annotations

import base64

from pulumi_gitlab_kubernetes.certificates import x509
from pulumi_gitlab_kubernetes.certificates.pem import Block, blocks, canonical, plain

_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE")
_KEYS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY")
_ENCRYPTED = ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED")


def certificate(value: str) -> str | None:
    """Validate X.509 certificates in PEM, in the form that GitLab receives, with OpenSSL."""
    import ssl  # noqa: PLC0415 (see the module's docstring)

    if "PRIVATE KEY-----" in value:
        return "must hold only certificates: remove the private key, which would not stay secret"
    sent = canonical(value).encode("ascii", "replace").decode()
    try:
        # GitLab reads certificates with OpenSSL too. Nothing trusts this context.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=sent)
    except (ssl.SSLError, ValueError):
        return "must be a certificate in PEM, from -----BEGIN CERTIFICATE----- on" + _why(value)
    return None


def private_key(value: str) -> str | None:
    """Validate an unencrypted private key in PEM."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415 (slow)

    try:
        load_der_private_key(_key(value), None)
    except Exception:  # noqa: BLE001 (the library's error may contain the key)
        if any(mark in value for mark in _ENCRYPTED):
            return "must not be encrypted with a passphrase: GitLab cannot ask for one"
        return "must be a private key in PEM, from -----BEGIN PRIVATE KEY----- on" + _why(value)
    return None


def _why(value: str) -> str:
    """Name a mistake that is hard to see in the text."""
    escaped = "\\n" in value and "\n" not in value.strip()
    return r": it holds \n as two characters, replace them with line breaks" if escaped else ""


def are_a_pair(certificate_: str, key: str) -> bool:
    """Return whether a private key belongs to a certificate. Both must be valid.

    If the type of the certificate's key is unknown, they count as a pair, as in GitLab.
    """
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 (as above)
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
    """Return the first key of a text, which OpenSSL uses."""
    return next((each.content for each in blocks(value) if each.label in _KEYS), b"")


def to_base64(value: str) -> str:
    """Return PEM in base64, which GitLab's code requires. Its documentation says PEM."""
    return base64.b64encode(canonical(value).encode()).decode()


def from_base64(value: str) -> str:
    """Return the PEM text in GitLab's response, or the value itself if it is not base64."""
    try:
        return plain(base64.b64decode(value).decode()) + "\n"
    except ValueError:
        return value
