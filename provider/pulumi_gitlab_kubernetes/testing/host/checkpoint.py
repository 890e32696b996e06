"""Loads and stores a stack's deployment and its secrets."""

from collections.abc import Mapping
from typing import Any, Final

from pulumi_gitlab_kubernetes.testing.host.backend import (
    STATE_VERSION,
    FileBackend,
    require_version,
)
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase, passphrase_from_environment
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.project import Project, StackSettings
from pulumi_gitlab_kubernetes.testing.host.serialization import Serializer
from pulumi_gitlab_kubernetes.testing.host.state import (
    Deployment,
    encode_deployment,
    read_deployment,
    write_deployment,
)

_NOTHING: Final = {
    "manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""},
    "metadata": {},
}


class Checkpoint:
    """Loads and stores the deployment of one stack.

    Args:
        project: The stack's project.
        stack: The stack's name.
        backend: The backend that stores it.
        phrase: The passphrase of its secrets; by default from the environment variables.
        environ: The environment variables.
    """

    def __init__(
        self,
        project: Project,
        stack: str,
        backend: FileBackend,
        phrase: str | None,
        environ: Mapping[str, str],
    ) -> None:
        self.backend = backend
        self._project = project
        self._stack = stack
        self._phrase = phrase
        self._environ = environ

    def settings(self) -> StackSettings:
        """Return the stack's settings."""
        return StackSettings.load(self._project, self._stack)

    def passphrase(self, settings: StackSettings) -> Passphrase:
        """Return the passphrase of the stack's secrets, and create its salt if there is none.

        Args:
            settings: The stack's settings; a salt is added to them, and stored, if they have none.

        Returns:
            The opened passphrase.
        """
        if settings.encryption_salt:
            return self._open(settings.encryption_salt)
        made = Passphrase.create(self._text())
        settings.encryption_salt = made.salt
        settings.save()
        return made

    def read(self) -> dict[str, Any] | None:
        """Return the stored deployment, or nothing if there is none."""
        return self.backend.load(self._project.name, self._stack)

    def load(
        self, settings: StackSettings, data: Mapping[str, Any] | None
    ) -> tuple[Deployment, Serializer]:
        """Load the deployment.

        Args:
            settings: The stack's settings.
            data: The stored deployment.

        Returns:
            The deployment, empty if there was none, and the serializer to write it with.
        """
        if data is None:
            return Deployment(), Serializer(self.passphrase(settings))
        return self._read(data, settings)

    def save(self, deployment: Deployment, serializer: Serializer) -> None:
        """Store the deployment."""
        text = encode_deployment(deployment, serializer)
        self.backend.save(self._project.name, self._stack, text)

    def export(self, *, show_secrets: bool) -> dict[str, Any]:
        """Return the deployment as ``pulumi stack export`` prints it."""
        data = self.read()
        if data is not None and show_secrets:
            settings = self.settings()
            deployment, _ = self._read(data, settings)
            shown = Serializer(self.passphrase(settings), show_secrets=True)
            data = write_deployment(deployment, shown) | {"manifest": data["manifest"]}
        return {"version": STATE_VERSION, "deployment": data or _NOTHING}

    def import_(self, exported: Mapping[str, Any]) -> None:
        """Store an exported deployment.

        Args:
            exported: The deployment.

        Raises:
            HostError: It is not a deployment, or belongs to another stack.
        """
        data = exported.get("deployment")
        if not isinstance(data, dict):
            raise HostError(f"this is not an exported deployment of version {STATE_VERSION}")
        require_version(exported, "the exported deployment")
        settings = self.settings()
        deployment, serializer = self._read(data, settings)
        prefix = f"urn:pulumi:{self._stack}::{self._project.name}::"
        foreign = [item.urn for item in deployment.resources if not item.urn.startswith(prefix)]
        if foreign:
            raise HostError(f"resource '{foreign[0]}' belongs to another stack or project")
        with self.backend.lock(self._project.name, self._stack):
            self.save(deployment, serializer)

    def _read(
        self, data: Mapping[str, Any], settings: StackSettings
    ) -> tuple[Deployment, Serializer]:
        used = data.get("secrets_providers") or {}
        if used and used.get("type") != "passphrase":
            raise HostError(
                f"the deployment's secrets are encrypted with '{used.get('type')}',"
                " not with a passphrase"
            )
        salt = (used.get("state") or {}).get("salt")
        if salt and not settings.encryption_salt:
            settings.encryption_salt = salt
            settings.save()
        passphrase = self.passphrase(settings)
        previous = self._open(salt) if salt and salt != passphrase.salt else None
        return read_deployment(dict(data), Serializer(passphrase, previous)), Serializer(passphrase)

    def _open(self, salt: str) -> Passphrase:
        return Passphrase.from_salt(self._text(), salt)

    def _text(self) -> str:
        return passphrase_from_environment(self._environ) if self._phrase is None else self._phrase
