"""What a certificate in PEM says of itself.

`cryptography` is imported with the first certificate: most stacks have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache, lru_cache

from pulumi_gitlab_kubernetes import _certificates as certificates
from pulumi_gitlab_kubernetes import _x509 as x509

_WEAK_HASHES = {"MD5", "SHA1"}
_PSS, _PSS_HASH = "RSASSA_PSS", 0xA0
_PSS_HASHES = {"1.2.840.113549.2.5": "MD5", "1.3.14.3.2.26": "SHA1"}
_ELLIPTIC_BITS = 256


@dataclass(frozen=True)
class Facts:
    """What matters of a PEM text with one or more certificates.

    Args:
        first: The one that counts; the others are its chain.
        begins: When the last of them becomes valid.
        ends: When the first of them expires.
    """

    first: x509.Certificate
    begins: datetime
    ends: datetime


@lru_cache(maxsize=4096)
def facts(pem: str) -> Facts | None:
    """Read certificates; `None` for what is none.

    Args:
        pem: One or more certificates, the one that counts first.
    """
    try:
        found = certificates.read(pem)
        begins = max(each.begins for each in found)
        return Facts(found[0], begins, min(each.ends for each in found))
    except ValueError:
        return None


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415
        dsa,
        ec,
        ed448,
        ed25519,
        rsa,
    )
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

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
    """Return the names of the known ways to sign by their object identifiers."""
    from cryptography.x509.oid import SignatureAlgorithmOID  # noqa: PLC0415 (see the module)

    named = vars(SignatureAlgorithmOID).items()
    return {oid.dotted_string: name for name, oid in named if hasattr(oid, "dotted_string")}


def _hash(certificate: x509.Certificate) -> str:
    """Return the hash that a certificate is signed with; the way to sign where that fixes it.

    Raises:
        LookupError: It is signed in an unknown way.
    """
    algorithm, *parameters = x509.elements(certificate.signature)
    name = _signatures()[x509.object_identifier(algorithm.content)]
    if name != _PSS:
        return name.rpartition("_WITH_")[2]
    # RFC 4055, section 3.1: the hash comes first, and is SHA-1 where it is left out.
    for each in x509.elements(parameters[0].content):
        if each.tag == _PSS_HASH:
            (given,) = x509.elements(each.content)
            identifier, *_none = x509.elements(given.content)
            return _PSS_HASHES.get(x509.object_identifier(identifier.content), "")
    return "SHA1"


def not_valid(pem: str) -> str | None:
    """Say why certificates are not valid now.

    Args:
        pem: The certificates.
    """
    found = facts(pem)
    now = datetime.now(timezone.utc)
    if found is None:
        return "is no certificate in PEM"
    if found.ends <= now:
        return f"expired on {found.ends:%Y-%m-%d}"
    if found.begins > now:
        return f"is not valid before {found.begins:%Y-%m-%d}"
    return None


_EVER = 1e6  # Days; more than any certificate has.


def expires_within(pem: str, days: float) -> str | None:
    """Say when certificates that are valid now expire, if that is soon.

    Args:
        pem: The certificates.
        days: How many days are soon.
    """
    found = facts(pem)
    now = datetime.now(timezone.utc)
    if found is None or found.ends <= now or found.ends - now > timedelta(days=min(days, _EVER)):
        return None
    return f"expires on {found.ends:%Y-%m-%d}"


def weakness(pem: str, minimum_rsa_bits: int) -> str | None:
    """Say what is weak about a certificate's key or signature.

    Args:
        pem: The certificate, before those of its chain.
        minimum_rsa_bits: The least length of an RSA key.
    """
    found = facts(pem)
    if found is None:
        return None
    try:
        hash_, (algorithm, bits) = _hash(found.first), _key(found.first)
    except Exception:  # noqa: BLE001 (the library has several for what it does not know)
        return "has a key or a signature of an unknown kind"
    if hash_ in _WEAK_HASHES:
        return f"is signed with {hash_}"
    least = {"RSA": minimum_rsa_bits, "EC": _ELLIPTIC_BITS, "Ed25519": 0, "Ed448": 0}
    if bits < least.get(algorithm, bits + 1):
        return f"has a key of the kind {algorithm} with {bits} bits"
    return None
