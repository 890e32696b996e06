"""Passphrase secrets are those of the Pulumi CLI."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_gitlab_kubernetes.testing.host.crypto import (
    Passphrase,
    WrongPassphraseError,
    passphrase_from_environment,
)
from pulumi_gitlab_kubernetes.testing.host.errors import HostError

pytestmark = pytest.mark.slow

# Made by the Pulumi CLI 3.260.0: `pulumi stack init`, `pulumi config set --secret`.
PHRASE = "correct horse"
SALT = "v1:d7krX+RkZcs=:v1:6tzzbaVhXb6uLRxb:V8NhZu4it3j26CE7uXxZIekZzYfrJg=="
CIPHERTEXT = "v1:K8L4mL049hbgrbSa:eQDxye4mASzkGc5YHsShdk2S+WcM+kjXX2rWi8TL6w=="
TEXT = "glpat-Ünï <&>"


@pytest.fixture(scope="module")
def passphrase() -> Passphrase:
    """The stack's secrets, opened."""
    return Passphrase.from_salt(PHRASE, SALT)


def test_reads_what_the_cli_wrote(passphrase: Passphrase) -> None:
    """A salt line and a ciphertext of the Pulumi CLI open with its passphrase."""
    assert passphrase.decrypt(CIPHERTEXT) == TEXT
    assert passphrase.salt == SALT


@given(text=st.text())
def test_every_text_survives(text: str) -> None:
    """Any text is what it was after encryption and decryption."""
    passphrase = Passphrase.from_salt(PHRASE, SALT)
    assert passphrase.decrypt(passphrase.encrypt(text)) == text


def test_one_text_encrypts_differently_each_time(passphrase: Passphrase) -> None:
    """No nonce is used twice, so ciphertexts do not reveal equal secrets."""
    ciphertexts = {passphrase.encrypt(TEXT) for _ in range(100)}
    assert len({ciphertext.split(":")[1] for ciphertext in ciphertexts}) == 100


@pytest.mark.parametrize("phrase", ["another", ""])
def test_a_created_salt_opens_again(phrase: str) -> None:
    """A new salt line opens with its own passphrase, an empty one too, and with no other."""
    created = Passphrase.create(phrase)
    reopened = Passphrase.from_salt(phrase, created.salt)
    assert reopened.decrypt(created.encrypt(TEXT)) == TEXT
    with pytest.raises(WrongPassphraseError) as raised:
        Passphrase.from_salt(phrase + "!", created.salt)
    assert "\n" not in str(raised.value)
    assert Passphrase.create(phrase).salt != created.salt


@pytest.mark.parametrize(
    "salt",
    [
        "",
        "v1",
        "v1:d7krX+RkZcs=",
        SALT.replace("v1:d7", "v2:d7"),
        SALT.replace("RkZcs=", "Rk*cs="),
        SALT.rpartition(":")[0],
    ],
)
def test_a_malformed_salt_is_an_error(salt: str) -> None:
    """A salt line of any other form is rejected in one line."""
    with pytest.raises(HostError) as raised:
        Passphrase.from_salt(PHRASE, salt)
    assert "\n" not in str(raised.value)


def _flip_last_bit(ciphertext: str) -> str:
    version, nonce, sealed = ciphertext.split(":")
    data = bytearray(base64.b64decode(sealed))
    data[-1] ^= 1
    return f"{version}:{nonce}:{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("ciphertext", "reason"),
    [
        (_flip_last_bit(CIPHERTEXT), "another passphrase or another stack"),
        (CIPHERTEXT.replace("v1:", "v2:"), "not of the form"),
        ("plain", "not of the form"),
        ("v1:AAAA:eQDx", "damaged"),
        ("v1:*:*", "damaged"),
    ],
)
def test_a_damaged_ciphertext_is_an_error(
    passphrase: Passphrase, ciphertext: str, reason: str
) -> None:
    """A ciphertext that was changed is rejected in one line that does not repeat it."""
    with pytest.raises(HostError, match=reason) as raised:
        passphrase.decrypt(ciphertext)
    assert ciphertext not in str(raised.value)


def test_the_passphrase_is_not_shown(passphrase: Passphrase) -> None:
    """Neither repr nor str of an opened stack shows the passphrase."""
    assert PHRASE not in f"{passphrase!r} {passphrase} {vars(passphrase)}"


def test_the_environment_is_read_as_by_the_cli(tmp_path: Path) -> None:
    """The variable wins, set to nothing too; then the file, without surrounding white space."""
    file = tmp_path / "phrase"
    file.write_text(" from file \n")
    both = {"PULUMI_CONFIG_PASSPHRASE": " x ", "PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}
    assert passphrase_from_environment(both) == " x "
    assert passphrase_from_environment({**both, "PULUMI_CONFIG_PASSPHRASE": ""}) == ""
    del both["PULUMI_CONFIG_PASSPHRASE"]
    assert passphrase_from_environment(both) == "from file"


def test_without_a_passphrase_both_variables_are_named(tmp_path: Path) -> None:
    """The error for no passphrase, or an unreadable file, says what to set or fix."""
    variables = "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"
    with pytest.raises(HostError, match=variables):
        passphrase_from_environment({"PULUMI_CONFIG_PASSPHRASE_FILE": ""})
    missing = str(tmp_path / "missing")
    with pytest.raises(HostError, match=f"{missing}: No such file"):
        passphrase_from_environment({"PULUMI_CONFIG_PASSPHRASE_FILE": missing})
