"""Certificates and keys in PEM, made when the suite starts."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def _certificate(key: Ed25519PrivateKey, common_name: str) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, None)
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def _pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


_ONE = Ed25519PrivateKey.generate()
_TWO = Ed25519PrivateKey.generate()

KEY = _pem(_ONE)
CERTIFICATE = _certificate(_ONE, "one")
RENEWED = _certificate(_ONE, "one, renewed")
"""Another certificate of the same key."""
OTHER_KEY = _pem(_TWO)
OTHER_CERTIFICATE = _certificate(_TWO, "two")


def respelled(pem: str) -> str:
    """Return the same PEM with other white space."""
    return "\n  " + pem.replace("\n", "\r\n") + "\n\n"
