"""Pulumi's passphrase secrets: the salt line of a stack and the values encrypted under it.

A key is derived from the passphrase and the stack's salt with PBKDF2-HMAC-SHA256; a value is
encrypted with AES-256-GCM and written as ``v1:<nonce>:<ciphertext and tag>``, both base64. What is
written here the Pulumi CLI reads, and the other way round.
See https://www.pulumi.com/docs/iac/concepts/secrets/#default-encryption.
"""

import base64
import binascii
import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from pulumi_gitlab_kubernetes.testing.host.errors import HostError

_VERSION: Final = "v1"
_PARTS: Final = 3
_ROUNDS: Final = 1_000_000
_SALT_BYTES: Final = 8
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KNOWN_TEXT: Final = "pulumi"


class WrongPassphraseError(HostError):
    """The passphrase is not the one the stack's secrets were encrypted with."""


class Passphrase:
    """The secrets provider ``passphrase`` of one stack.

    Attributes:
        salt: The stack's salt line, ``v1:<salt>:<"pulumi", encrypted>``: ``encryptionsalt`` in the
            stack's settings file and ``secrets_providers.state.salt`` in its deployment.
    """

    def __init__(self, salt: str, cipher: AESGCM) -> None:
        self.salt = salt
        self._cipher = cipher

    @classmethod
    def create(cls, phrase: str) -> "Passphrase":
        """Create the secrets provider of a new stack, with a random salt.

        Args:
            phrase: The passphrase; Pulumi allows an empty one.

        Returns:
            The secrets provider; its salt line has not been stored yet.
        """
        salt = os.urandom(_SALT_BYTES)
        passphrase = cls("", _cipher(phrase, salt))
        passphrase.salt = f"{_VERSION}:{_encode(salt)}:{passphrase.encrypt(_KNOWN_TEXT)}"
        return passphrase

    @classmethod
    def from_salt(cls, phrase: str, salt_line: str) -> "Passphrase":
        """Create the secrets provider of a stack that has a salt.

        Args:
            phrase: The passphrase.
            salt_line: The stack's whole salt line.

        Returns:
            The secrets provider.

        Raises:
            WrongPassphraseError: The salt line was made with another passphrase.
            HostError: The salt line is malformed.
        """
        version, _, rest = salt_line.partition(":")
        encoded, _, known = rest.partition(":")
        if version != _VERSION or not known:
            raise HostError("the stack's encryption salt is not of the form v1:<salt>:<check>")
        try:
            salt = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise HostError("the stack's encryption salt is not valid base64") from None
        passphrase = cls(salt_line, _cipher(phrase, salt))
        try:
            matches = passphrase.decrypt(known) == _KNOWN_TEXT
        except HostError:
            matches = False
        if not matches:
            raise WrongPassphraseError(
                "incorrect passphrase: set PULUMI_CONFIG_PASSPHRASE or"
                " PULUMI_CONFIG_PASSPHRASE_FILE to the one this stack was made with"
            )
        return passphrase

    def encrypt(self, text: str) -> str:
        """Encrypt a text.

        Args:
            text: A configuration value as it is, or a state value as JSON.

        Returns:
            The ciphertext, different on each call.
        """
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), None)
        return f"{_VERSION}:{_encode(nonce)}:{_encode(sealed)}"

    def decrypt(self, text: str) -> str:
        """Decrypt a text.

        Args:
            text: A ciphertext, ``v1:<nonce>:<ciphertext and tag>``.

        Returns:
            The text that was encrypted.

        Raises:
            HostError: The ciphertext is malformed, or was made with another passphrase or salt.
        """
        parts = text.split(":")
        if len(parts) != _PARTS or parts[0] != _VERSION:
            raise HostError("an encrypted value is not of the form v1:<nonce>:<ciphertext>")
        try:
            nonce, sealed = (base64.b64decode(part, validate=True) for part in parts[1:])
            return self._cipher.decrypt(nonce, sealed, None).decode()
        except InvalidTag:
            raise HostError(
                "an encrypted value belongs to another passphrase or another stack"
            ) from None
        except ValueError:  # not base64, not UTF-8, or a nonce of the wrong length
            raise HostError("an encrypted value is damaged") from None


def passphrase_from_environment(environ: Mapping[str, str]) -> str:
    """Return the passphrase from the variables that the Pulumi CLI uses.

    See https://www.pulumi.com/docs/iac/cli/environment-variables/.

    Args:
        environ: The environment variables.

    Returns:
        ``PULUMI_CONFIG_PASSPHRASE``, which may be set to the empty string, or else the contents of
        the file named by ``PULUMI_CONFIG_PASSPHRASE_FILE`` without surrounding white space.

    Raises:
        HostError: Neither is set, or the file cannot be read.
    """
    phrase = environ.get("PULUMI_CONFIG_PASSPHRASE")
    if phrase is not None:
        return phrase
    file = environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not file:
        raise HostError(
            "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's"
            " passphrase"
        )
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise HostError(f"PULUMI_CONFIG_PASSPHRASE_FILE: {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HostError(f"PULUMI_CONFIG_PASSPHRASE_FILE: {file} is not UTF-8 text") from None


@functools.cache  # A quarter of a second each; it would be twice that with Python's hashlib.
def _cipher(phrase: str, salt: bytes) -> AESGCM:
    return AESGCM(PBKDF2HMAC(SHA256(), _KEY_BYTES, salt, _ROUNDS).derive(phrase.encode()))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
