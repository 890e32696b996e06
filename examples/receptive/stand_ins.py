"""What the tests of this stack use instead of the cluster and of Pulumi's package `tls`."""

import datetime as dt
from typing import Any

import pulumi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


class Certificates(pulumi.runtime.Mocks):
    """Answer with real keys and certificates, since GitLab checks them."""

    packages = ("kubernetes", "tls")

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Return the ID and outputs of a new resource."""
        outputs = dict(args.inputs)
        if args.typ == "tls:index/privateKey:PrivateKey":
            outputs["privateKeyPem"] = _private_key()
        elif args.typ == "tls:index/selfSignedCert:SelfSignedCert":
            outputs["certPem"] = _certificate(args.inputs)
        return args.name, outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        """Return nothing: this stack calls no function."""
        del args
        return {}


def _private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _certificate(inputs: dict[str, Any]) -> str:
    key = load_pem_private_key(inputs["privateKeyPem"].encode(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, inputs["subject"]["commonName"])])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(hours=inputs["validityPeriodHours"]))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
