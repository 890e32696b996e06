"""Keys and certificates in PEM, of any algorithm, size and validity."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_KINDS: dict[str, Any] = {
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()),
    "RSA-1024": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 (weak on purpose)
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "DSA-1024": lambda: dsa.generate_private_key(1024),  # noqa: S505 (weak on purpose)
}


class Key:
    """A new private key.

    Args:
        kind: The algorithm and size.
    """

    def __init__(self, kind: str = "Ed25519") -> None:
        self._private = _KINDS[kind]()
        self._digest = None if kind == "Ed25519" else hashes.SHA256()

    @property
    def pem(self) -> str:
        """The private key in PEM."""
        given = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        return bytes(self._private.private_bytes(*given)).decode()

    def certificate(
        self,
        host_name: str,
        *,
        begins: float = -1,
        ends: float = 365,
        serial: int | None = None,
        hosts: bool = True,
    ) -> str:
        """Return a self-signed certificate for a host and for this machine.

        Args:
            host_name: The host name.
            begins: When it becomes valid, in days from now.
            ends: When it expires, in days from now.
            serial: The serial number of one byte, also below 1. The default is random.
            hosts: Whether the subjectAltName contains the hosts.
        """
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host_name)])
        names = [x509.DNSName(host_name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        now = dt.datetime.now(dt.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._private.public_key())
            .serial_number(x509.random_serial_number() if serial is None else 1)
            .not_valid_before(now + dt.timedelta(days=begins))
            .not_valid_after(now + dt.timedelta(days=ends))
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = builder.sign(self._private, self._digest)
        if serial is None:
            return made.public_bytes(Encoding.PEM).decode()
        der, one = made.public_bytes(Encoding.DER), bytes([2, 1, 2, 2, 1])  # Version 3, a number.
        given = der.replace(one + b"\1", one + serial.to_bytes(1, "big", signed=True), 1)
        return to_pem("CERTIFICATE", given)


def to_pem(label: str, der: bytes, width: int = 64) -> str:
    """Return DER as PEM.

    Args:
        label: The type, such as `CERTIFICATE`.
        der: The DER.
        width: The number of characters per line.
    """
    text = base64.b64encode(der).decode()
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def to_der(pem: str) -> bytes:
    """Return the DER of a PEM text that has only one block."""
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


def make_pair(host_name: str) -> Pair:
    """Return a new key and its certificate for a host."""
    key = Key("P-256")
    return Pair(key.certificate(host_name), key.pem)
