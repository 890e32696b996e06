"""Validity and strength of certificates in PEM.

`cryptography` is imported only for the first certificate: most stacks have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache, lru_cache

from pulumi_gitlab_kubernetes.certificates import validators as certificates
from pulumi_gitlab_kubernetes.certificates import x509

_WEAK_HASHES = {"MD5", "SHA1"}
_PSS, _PSS_HASH = "RSASSA_PSS", 0xA0
_PSS_HASHES = {"1.2.840.113549.2.5": "MD5", "1.3.14.3.2.26": "SHA1"}
_ELLIPTIC_BITS = 256
_MOST_DAYS = 1e6  # Longer than any certificate is valid; `timedelta` has a limit.


@dataclass(frozen=True)
class Facts:
    """What the rules need to know of one or more certificates.

    Args:
        first: The first certificate; the others are its chain.
        not_before: When the last of them becomes valid.
        not_after: When the first of them expires.
    """

    first: x509.Certificate
    not_before: datetime
    not_after: datetime


@lru_cache(maxsize=4096)
def facts(pem: str) -> Facts | None:
    """Return the facts of certificates, or `None` if the text is not PEM.

    Args:
        pem: One or more certificates; the chain follows the certificate.
    """
    try:
        found = certificates.read(pem)
        not_before = max(each.not_before for each in found)
        return Facts(found[0], not_before, min(each.not_after for each in found))
    except ValueError:
        return None


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    """Return the algorithm of a certificate's key and its length in bits."""
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 (slow)
        dsa,
        ec,
        ed448,
        ed25519,
        rsa,
    )
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 (slow)

    match key := load_der_public_key(certificate.public_key):
        case rsa.RSAPublicKey():
            return "RSA", key.key_size
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return type(key).__name__.partition("Public")[0], _ELLIPTIC_BITS
        case dsa.DSAPublicKey():
            return "DSA", key.key_size
        case _:
            return type(key).__name__, 0


@cache
def _signatures() -> dict[str, str]:
    """Return the names of the known signature algorithms by object identifier."""
    from cryptography.x509.oid import SignatureAlgorithmOID  # noqa: PLC0415 (see the module)

    named = vars(SignatureAlgorithmOID).items()
    return {oid.dotted_string: name for name, oid in named if hasattr(oid, "dotted_string")}


def _hash(certificate: x509.Certificate) -> str:
    """Return the hash of a certificate's signature, or its algorithm if that implies the hash.

    Raises:
        LookupError: The signature algorithm is unknown.
    """
    algorithm, *parameters = x509.elements(certificate.signature)
    name = _signatures()[x509.object_identifier(algorithm.content)]
    if name != _PSS:
        return name.rpartition("_WITH_")[2]
    # RFC 4055, section 3.1: the hash is the first parameter; SHA-1 is the default.
    for each in x509.elements(parameters[0].content):
        if each.tag == _PSS_HASH:
            (given,) = x509.elements(each.content)
            identifier, *_none = x509.elements(given.content)
            return _PSS_HASHES.get(x509.object_identifier(identifier.content), "")
    return "SHA1"


def not_valid(pem: str) -> str | None:
    """Return why certificates are not valid now, or `None` if they are.

    Args:
        pem: The certificates; empty if there are none.
    """
    found = facts(pem)
    now = datetime.now(timezone.utc)
    if not pem:
        return None
    if found is None:
        return "is not a PEM certificate"
    if found.not_after <= now:
        return f"expired on {found.not_after:%Y-%m-%d}"
    if found.not_before > now:
        return f"is not valid before {found.not_before:%Y-%m-%d}"
    return None


def expires_within(pem: str, days: float) -> str | None:
    """Return when valid certificates expire, or `None` if that is not soon.

    Args:
        pem: The certificates.
        days: The number of days that counts as soon.
    """
    found = facts(pem)
    now = datetime.now(timezone.utc)
    if (
        found is None
        or found.not_after <= now
        or found.not_after - now > timedelta(days=min(days, _MOST_DAYS))
    ):
        return None
    return f"expires on {found.not_after:%Y-%m-%d}"


def weakness(pem: str, minimum_rsa_bits: int) -> str | None:
    """Return what is weak about a certificate's key or signature, or `None`.

    Args:
        pem: The certificate; the certificates of its chain are not checked.
        minimum_rsa_bits: Minimum length of an RSA key in bits.
    """
    found = facts(pem)
    if found is None:
        return None
    try:
        hash_, (algorithm, bits) = _hash(found.first), _key(found.first)
    except Exception:  # noqa: BLE001 (cryptography raises several types for unknown algorithms)
        return "has an unknown type of key or signature"
    if hash_ in _WEAK_HASHES:
        return f"is signed with {hash_}"
    least = {"RSA": minimum_rsa_bits, "EC": _ELLIPTIC_BITS, "Ed25519": 0, "Ed448": 0}
    if bits < least.get(algorithm, bits + 1):
        return f"has a {bits}-bit {algorithm} key"
    return None
