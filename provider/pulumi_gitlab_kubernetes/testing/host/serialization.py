"""Property values as a deployment's JSON holds them: secrets encrypted, everything else plain.

See https://www.pulumi.com/docs/iac/concepts/state-and-backends/.
"""

import json
from collections.abc import Callable
from operator import is_
from typing import Any, Final

from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.values import (
    RESOURCE_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_STRING,
    Properties,
    ResourceReference,
    Secret,
    Value,
    normal_number,
    reference_properties,
)

_CIPHERTEXT: Final = "ciphertext"
_PLAINTEXT: Final = "plaintext"


class Serializer:
    """Writes values into a deployment and reads them back.

    Args:
        passphrase: Encrypts new secrets.
        previous: What the secrets of the deployment that is read were encrypted with, if it is
            another.
        show_secrets: Write secrets in plain text, as ``pulumi stack export --show-secrets`` does.
    """

    def __init__(
        self,
        passphrase: Passphrase,
        previous: Passphrase | None = None,
        *,
        show_secrets: bool = False,
    ) -> None:
        self._passphrase = passphrase
        self._previous = previous or passphrase
        self._show_secrets = show_secrets
        self._encoded: dict[int, tuple[object, tuple[Any, ...], str]] = {}

    def encoded(self, owner: object, parts: tuple[Any, ...], encode: Callable[[], str]) -> str:
        """Return the cached JSON of an object, and encode it again only if it changed.

        A deployment is written twice per step, and nearly all of it is unchanged.
        Parts are therefore replaced, never changed in place.

        Args:
            owner: The object.
            parts: Its parts.
            encode: Returns the JSON.

        Returns:
            The text.
        """
        known = self._encoded.get(id(owner))
        if known is None or known[0] is not owner or not all(map(is_, known[1], parts)):
            known = self._encoded[id(owner)] = (owner, parts, encode())
        return known[2]

    @property
    def secrets_provider(self) -> dict[str, Any]:
        """The deployment's ``secrets_providers``."""
        return {"type": "passphrase", "state": {"salt": self._passphrase.salt}}

    def write(self, value: Value) -> Any:
        """Return one value as JSON data."""
        if isinstance(value, Secret):
            return self._write_secret(value)
        if isinstance(value, dict):
            return {key: self.write(item) for key, item in sorted(value.items())}
        if isinstance(value, list):
            return [self.write(item) for item in value]
        if isinstance(value, ResourceReference):
            return reference_properties(value) | {"packageVersion": value.package_version}
        return UNKNOWN_STRING if value is UNKNOWN else value

    def read(self, data: Any) -> Value:
        """Return one value from JSON data."""
        if isinstance(data, dict):
            return self._read_object(data)
        if isinstance(data, list):
            return [self.read(item) for item in data]
        if isinstance(data, float):
            return normal_number(data)
        return UNKNOWN if data == UNKNOWN_STRING else data

    def _write_secret(self, secret: Secret) -> dict[str, str]:
        marked = {SIGNATURE: SECRET_SIGNATURE}
        if self._show_secrets:
            return marked | {_PLAINTEXT: self._plain(secret.value)}
        if secret.ciphertext is None:
            secret.ciphertext = self._passphrase.encrypt(self._plain(secret.value))
        return marked | {_CIPHERTEXT: secret.ciphertext}

    def _plain(self, value: Value) -> str:
        inner = Serializer(self._passphrase, show_secrets=True).write(value)
        return json.dumps(inner, separators=(",", ":"), ensure_ascii=False)

    def _read_object(self, data: Properties) -> Value:
        signature = data.get(SIGNATURE)
        if signature == SECRET_SIGNATURE:
            ciphertext = data.get(_CIPHERTEXT)
            text = data[_PLAINTEXT] if ciphertext is None else self._previous.decrypt(ciphertext)
            kept = ciphertext if self._previous is self._passphrase else None
            return Secret(self.read(json.loads(text)), kept)
        if signature == RESOURCE_SIGNATURE:
            return ResourceReference(
                urn=data["urn"],
                id=data.get("id"),
                name=data.get("name", ""),
                type=data.get("type", ""),
                package_version=data.get("packageVersion", ""),
            )
        return {key: self.read(item) for key, item in data.items()}
