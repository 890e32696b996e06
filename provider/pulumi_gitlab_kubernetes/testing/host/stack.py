"""A stack and its operations: the deployment host's interface."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.backend import FileBackend
from pulumi_gitlab_kubernetes.testing.host.checkpoint import Checkpoint
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.importer import Import
from pulumi_gitlab_kubernetes.testing.host.operation import Operation, Options
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local
from pulumi_gitlab_kubernetes.testing.host.process import Spawn, start_process
from pulumi_gitlab_kubernetes.testing.host.project import Project
from pulumi_gitlab_kubernetes.testing.host.result import Result
from pulumi_gitlab_kubernetes.testing.host.style import Paint, plain
from pulumi_gitlab_kubernetes.testing.host.values import Properties, displayed


class Stack:
    """A stack of a Pulumi project in Python, kept in a file backend.

    The state file is the Pulumi CLI's: both can work on the same stack.

    Args:
        directory: A directory of the project, or the project.
        stack: The stack's name.
        backend: The directory that holds ``.pulumi``; without it ``PULUMI_BACKEND_URL``, the
            project's own backend, or the project's directory.
        passphrase: The passphrase of the stack's secrets; without it
            ``PULUMI_CONFIG_PASSPHRASE`` or ``PULUMI_CONFIG_PASSPHRASE_FILE``.
        environ: The environment variables of the program and of its dynamic providers; without it
            this process's.
        out: Where to show operations while they run; by default only their results have the text.
        paint: Colours a piece of text.
        spawn: Starts the processes; that of a `ForkServer` makes many small deployments quick.
        stand_ins: The files with the answers of stand-ins for other packages' plugins. Then only
            stacks of a GitLab simulator can be deployed.

    Raises:
        HostError: There is no such project, or the deployment host does not support it.
    """

    def __init__(
        self,
        directory: Path | Project,
        stack: str = "dev",
        backend: Path | None = None,
        *,
        passphrase: str | None = None,
        environ: Mapping[str, str] | None = None,
        out: TextIO | None = None,
        paint: Paint = plain,
        spawn: Spawn = start_process,
        stand_ins: str | Path | Sequence[str | Path] = (),
    ) -> None:
        self.project = directory if isinstance(directory, Project) else Project.find(directory)
        self.name = stack
        self.environ = dict(os.environ if environ is None else environ)
        url = self.environ.get("PULUMI_BACKEND_URL") or self.project.backend_url
        if backend is None and url:
            opened = FileBackend.from_url(url)
        else:
            opened = FileBackend(backend or self.project.root)
        self._root = urns.make(
            stack, self.project.name, "", urns.ROOT_STACK_TYPE, f"{self.project.name}-{stack}"
        )
        self._checkpoint = Checkpoint(self.project, stack, opened, passphrase, self.environ)
        self._out = out
        self._paint = paint
        self._spawn = spawn
        files = [stand_ins] if isinstance(stand_ins, str | Path) else stand_ins
        self._stand_ins = [Path(file).absolute() for file in files]
        self._operation: Operation | None = None

    def init(self) -> None:
        """Create the empty stack, as ``pulumi stack init`` does. All operations do so if needed.

        Raises:
            HostError: The stack already exists.
        """
        backend = self._checkpoint.backend
        if backend.exists(self.project.name, self.name):
            raise HostError(f"stack '{self.name}' already exists")
        self._checkpoint.passphrase(self._checkpoint.settings())
        backend.save(self.project.name, self.name, None)

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a configuration value, as ``pulumi config set`` does.

        Args:
            key: ``<namespace>:<key>``, or a key of the project's own.
            value: The value.
            secret: Encrypt it.
        """
        settings = self._checkpoint.settings()
        passphrase = self._checkpoint.passphrase(settings) if secret else None
        settings.set(key, value, secret=secret, passphrase=passphrase)
        settings.save()

    def preview(
        self,
        *,
        refresh: bool = False,
        diff: bool = False,
        show_secrets: bool = False,
        policy_packs: Sequence[Local] = (),
        parallel: int | None = None,
    ) -> Result:
        """Show what `up` would do.

        Args:
            refresh: Read all resources first.
            diff: Show every property that changes.
            show_secrets: Show secrets in plain text.
            policy_packs: Policy packs that check the resources.
            parallel: How many operations run at a time; without it ``PULUMI_PARALLEL``, or four
                times the cores.

        Returns:
            The planned steps.
        """
        return self.up(
            preview=True,
            refresh=refresh,
            diff=diff,
            show_secrets=show_secrets,
            policy_packs=policy_packs,
            parallel=parallel,
        )

    def up(
        self,
        *,
        preview: bool = False,
        refresh: bool = False,
        diff: bool = False,
        show_secrets: bool = False,
        policy_packs: Sequence[Local] = (),
        parallel: int | None = None,
    ) -> Result:
        """Create, update and delete resources as the program requires.

        Args:
            preview: Only show the planned steps.
            refresh: Read all resources first.
            diff: Show every property that changes.
            show_secrets: Show secrets in plain text.
            policy_packs: Policy packs that check the resources.
            parallel: How many operations run at a time; without it ``PULUMI_PARALLEL``, or four
                times the cores.

        Returns:
            The steps.
        """
        return self._run(
            "update",
            Options(preview, refresh, diff, show_secrets, tuple(policy_packs), parallel=parallel),
        )

    def refresh(
        self,
        *,
        preview: bool = False,
        diff: bool = False,
        show_secrets: bool = False,
        parallel: int | None = None,
    ) -> Result:
        """Refresh the stack's state from the providers.

        Args:
            preview: Only show what would change.
            diff: Show every property that changed.
            show_secrets: Show secrets in plain text.
            parallel: As with `up`.

        Returns:
            The steps.
        """
        return self._run(
            "refresh",
            Options(preview, refresh=True, diff=diff, show_secrets=show_secrets, parallel=parallel),
        )

    def destroy(
        self,
        *,
        preview: bool = False,
        refresh: bool = False,
        diff: bool = False,
        show_secrets: bool = False,
        parallel: int | None = None,
    ) -> Result:
        """Delete all resources of the stack. The program does not run.

        Args:
            preview: Only show what would be deleted.
            refresh: Read all resources first.
            diff: Show every property.
            show_secrets: Show secrets in plain text.
            parallel: As with `up`.

        Returns:
            The steps.
        """
        return self._run(
            "destroy", Options(preview, refresh, diff, show_secrets, parallel=parallel)
        )

    def import_resource(
        self,
        wanted: Import,
        *,
        preview: bool = False,
        diff: bool = False,
        show_secrets: bool = False,
        parallel: int | None = None,
    ) -> Result:
        """Import a resource that exists, as ``pulumi import`` does. The program does not run.

        Args:
            wanted: The resource. Declare it in the program afterwards, or the next `up` deletes it.
            preview: Only show what would be imported.
            diff: Show every property.
            show_secrets: Show secrets in plain text.
            parallel: As with `up`.

        Returns:
            The steps.
        """
        options = Options(
            preview,
            refresh=False,
            diff=diff,
            show_secrets=show_secrets,
            parallel=parallel,
            import_=wanted,
        )
        return self._run("import", options)

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the stack's deployment, as ``pulumi stack export`` prints it.

        Args:
            show_secrets: Whether secrets are in plain text.

        Returns:
            ``{"version": 3, "deployment": ...}``.
        """
        return self._checkpoint.export(show_secrets=show_secrets)

    def import_(self, exported: Mapping[str, Any]) -> None:
        """Replace the stack's deployment, as ``pulumi stack import`` does.

        Args:
            exported: The result of `export` or ``pulumi stack export``.

        Raises:
            HostError: It is not an exported deployment, or belongs to another stack.
        """
        self._checkpoint.import_(exported)

    def outputs(self, *, show_secrets: bool = False) -> Properties:
        """Return the stack's outputs.

        Args:
            show_secrets: Whether secrets are in plain text rather than ``[secret]``.

        Returns:
            The outputs, by name.
        """
        deployment, _ = self._checkpoint.load(self._checkpoint.settings(), self._checkpoint.read())
        root = deployment.find(self._root)
        outputs = sorted(root.outputs.items()) if root else []
        return {key: displayed(value, show_secrets=show_secrets) for key, value in outputs}

    def interrupt(self) -> None:
        """Let the running operation finish its running steps, and start no others."""
        if self._operation:
            self._operation.interrupt()

    def abandon(self) -> None:
        """End the operation at once; running steps stay in the state as pending operations."""
        if self._operation:
            self._operation.abandon()

    def _run(self, verb: str, options: Options) -> Result:
        self._operation = Operation(
            verb,
            options,
            project=self.project,
            stack=self.name,
            root=self._root,
            checkpoint=self._checkpoint,
            environ=self.environ,
            out=self._out,
            paint=self._paint,
            spawn=self._spawn,
            stand_ins=self._stand_ins,
        )
        try:
            return self._operation.run()
        finally:
            self._operation = None
