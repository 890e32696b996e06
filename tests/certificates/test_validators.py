"""Validators of certificates and keys."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from tests.support.certificates import Key, Pair

from pulumi_gitlab_kubernetes.certificates import validators as certificates


@pytest.mark.parametrize(
    ("check", "part"),
    [(certificates.certificate, "certificate"), (certificates.private_key, "key")],
)
def test_the_error_for_escaped_line_breaks(
    pair: Pair, check: Callable[[str], str | None], part: str
) -> None:
    """A text from JSON or an environment variable may have them."""
    text: str = getattr(pair, part)
    slip = r": it holds \n as two characters, replace them with line breaks"
    assert (check(text.replace("\n", r"\n")) or "").endswith(slip)
    assert slip not in (check(text.partition("-----END")[0]) or slip)


def test_certificates_are_accepted(pair: Pair, other_pair: Pair) -> None:
    """One certificate, or a chain."""
    assert certificates.certificate(pair.certificate) is None
    assert certificates.certificate(pair.certificate + other_pair.certificate) is None


@pytest.mark.parametrize(
    "text", ["x", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"]
)
def test_the_error_for_other_texts(text: str) -> None:
    """The message names the required form."""
    assert (certificates.certificate(text) or "").startswith("must be a certificate in PEM")


@pytest.mark.parametrize("with_certificate", [True, False])
def test_a_certificate_with_a_key_is_rejected(pair: Pair, *, with_certificate: bool) -> None:
    """Otherwise the key would be in the state as plain text."""
    reason = certificates.certificate(pair.certificate * with_certificate + pair.key) or ""
    assert reason.startswith("must hold only certificates")
    assert pair.key.splitlines()[1] not in reason


def test_keys_are_accepted(pair: Pair) -> None:
    """Unencrypted private keys."""
    assert certificates.private_key(pair.key) is None


def test_the_error_for_an_invalid_key_does_not_contain_it(pair: Pair) -> None:
    """An invalid key may still be a secret."""
    damaged = pair.key.replace(pair.key.splitlines()[1][:10], "AAAAAAAAAA")
    for text in ("x", damaged, pair.certificate):
        reason = certificates.private_key(text) or ""
        assert reason == "must be a private key in PEM, from -----BEGIN PRIVATE KEY----- on"


def test_encrypted_keys_are_rejected(pair: Pair) -> None:
    """GitLab cannot ask for the passphrase."""
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    ).decode()
    assert (certificates.private_key(encrypted) or "").startswith("must not be encrypted")


def test_pairs_are_recognized(pair: Pair, other_pair: Pair) -> None:
    """The key belongs to the first certificate of a chain."""
    assert certificates.are_a_pair(pair.certificate, pair.key)
    assert certificates.are_a_pair(pair.certificate + other_pair.certificate, pair.key)
    assert not certificates.are_a_pair(pair.certificate, other_pair.key)


def test_base64_is_encoded_and_decoded(pair: Pair) -> None:
    """GitLab's base64 has lines of 60 characters, and a line break at the end."""
    sent = certificates.to_base64(pair.certificate)
    assert base64.b64decode(sent).decode() == pair.certificate
    wrapped = "\n".join(sent[i : i + 60] for i in range(0, len(sent), 60)) + "\n"
    assert certificates.from_base64(wrapped) == pair.certificate


def test_pem_in_a_response_is_accepted(pair: Pair) -> None:
    """GitLab's documentation says that responses have PEM."""
    assert certificates.from_base64(pair.certificate) == pair.certificate


@pytest.mark.parametrize("serial", [-128, -1, 0])
def test_a_serial_number_below_1_is_accepted(serial: int) -> None:
    """OpenSSL and GitLab accept it. `cryptography` warns about it now, and will reject it.

    Warnings are errors in tests, so this test finds a use of `cryptography`.
    """
    key = Key("P-256")
    certificate = key.certificate("old-ca", serial=serial)
    assert certificates.certificate(certificate) is None
    assert certificates.are_a_pair(certificate, key.pem)
    assert not certificates.are_a_pair(certificate, Key("P-256").pem)
