"""Checks of certificates and keys."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from tests.certificates import Key, Pair

from pulumi_gitlab_kubernetes import _certificates as certificates


@pytest.mark.parametrize(
    ("check", "part"),
    [(certificates.certificate, "certificate"), (certificates.private_key, "key")],
)
def test_escaped_line_ends_are_named(
    pair: Pair, check: Callable[[str], str | None], part: str
) -> None:
    """A text out of JSON or an environment variable looks right all the same."""
    text: str = getattr(pair, part)
    slip = r": it holds \n as two characters, replace them by line ends"
    assert (check(text.replace("\n", r"\n")) or "").endswith(slip)
    assert slip not in (check(text.partition("-----END")[0]) or slip)


def test_certificates_pass(pair: Pair, other_pair: Pair) -> None:
    """One, or a chain of them."""
    assert certificates.certificate(pair.certificate) is None
    assert certificates.certificate(pair.certificate + other_pair.certificate) is None


@pytest.mark.parametrize(
    "text", ["x", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_told(text: str) -> None:
    """The reason says which form is meant."""
    assert (certificates.certificate(text) or "").startswith("must be a certificate in PEM")


@pytest.mark.parametrize("with_certificate", [True, False])
def test_a_key_is_no_certificate(pair: Pair, *, with_certificate: bool) -> None:
    """A file with both is refused: as a certificate the key would be in state in plain text."""
    reason = certificates.certificate(pair.certificate * with_certificate + pair.key) or ""
    assert reason.startswith("must hold certificates alone")
    assert pair.key.splitlines()[1] not in reason


def test_keys_pass(pair: Pair) -> None:
    """An unencrypted private key is fine."""
    assert certificates.private_key(pair.key) is None


def test_what_is_no_key_is_told_without_quoting_it(pair: Pair) -> None:
    """A damaged key may still be one to keep."""
    damaged = pair.key.replace(pair.key.splitlines()[1][:10], "AAAAAAAAAA")
    for text in ("x", damaged, pair.certificate):
        reason = certificates.private_key(text) or ""
        assert reason == "must be a private key in PEM, from -----BEGIN PRIVATE KEY----- on"


def test_encrypted_keys_are_refused(pair: Pair) -> None:
    """GitLab cannot ask for the passphrase."""
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    ).decode()
    assert (certificates.private_key(encrypted) or "").startswith("must not be encrypted")


def test_pairs_are_told_from_others(pair: Pair, other_pair: Pair) -> None:
    """The first certificate of a chain is the one that counts."""
    assert certificates.are_a_pair(pair.certificate, pair.key)
    assert certificates.are_a_pair(pair.certificate + other_pair.certificate, pair.key)
    assert not certificates.are_a_pair(pair.certificate, other_pair.key)


def test_base64_goes_there_and_back(pair: Pair) -> None:
    """GitLab wraps its base64 after 60 characters and ends it with a line end."""
    sent = certificates.to_base64(pair.certificate)
    assert base64.b64decode(sent).decode() == pair.certificate
    wrapped = "\n".join(sent[i : i + 60] for i in range(0, len(sent), 60)) + "\n"
    assert certificates.from_base64(wrapped) == pair.certificate


def test_pem_in_an_answer_stays_pem(pair: Pair) -> None:
    """GitLab's documentation says that it answers so."""
    assert certificates.from_base64(pair.certificate) == pair.certificate


@pytest.mark.parametrize("serial", [-128, -1, 0])
def test_a_serial_number_below_1_is_as_good_as_any(serial: int) -> None:
    """OpenSSL takes it, so GitLab does; `cryptography` warns of it now, and will refuse it.

    Its warnings are errors here: this is how the check fares with its next version.
    """
    key = Key("P-256")
    certificate = key.certificate("old-ca", serial=serial)
    assert certificates.certificate(certificate) is None
    assert certificates.are_a_pair(certificate, key.pem)
    assert not certificates.are_a_pair(certificate, Key("P-256").pem)
