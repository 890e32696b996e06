"""A stack and what can be done with it: the deployment host's own interface."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from . import urn as urns
from .backend import FileBackend
from .checkpoint import Checkpoint
from .errors import HostError
from .operation import Operation, Options
from .policy_pack import Local
from .printer import Paint, plain
from .process import Spawn, start_process
from .project import Project
from .result import Result
from .values import Properties, Secret, Value


class Stack:
    """A stack of a Pulumi project in Python, kept in a file backend.

    The state file is the Pulumi CLI's own: what one leaves behind the other carries on with.

    Args:
        directory: A directory of the project, or the project.
        stack: The stack's name.
        backend: The directory that holds ``.pulumi``; without it ``PULUMI_BACKEND_URL``, the
            project's own backend, or the project's directory.
        passphrase: What the stack's secrets are encrypted with; without it
            ``PULUMI_CONFIG_PASSPHRASE`` or ``PULUMI_CONFIG_PASSPHRASE_FILE``.
        environ: The environment variables of the program and of its dynamic providers; without it
            this process's.
        out: Where operations are shown while they run; without it only their results have that.
        paint: Colours a piece of what is shown.
        spawn: Starts the processes; that of a `ForkServer` makes many small deployments quick.

    Raises:
        HostError: There is no such project, or it is not one that the deployment host can run.
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
        self._operation: Operation | None = None

    def init(self) -> None:
        """Makes the stack, empty, as ``pulumi stack init`` does. Any operation does so, too.

        Raises:
            HostError: It is there already.
        """
        backend = self._checkpoint.backend
        if backend.exists(self.project.name, self.name):
            raise HostError(f"stack '{self.name}' already exists")
        self._checkpoint.passphrase(self._checkpoint.settings())
        backend.save(self.project.name, self.name, None)

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Sets a configuration value, as ``pulumi config set`` does.

        Args:
            key: ``<namespace>:<key>``, or a key of the project's own.
            value: The value.
            secret: Whether it is kept encrypted.
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
        """Shows what `up` would do, and does nothing.

        Args:
            refresh: Read all resources first.
            diff: Show every property that changes.
            show_secrets: Show secrets in plain text.
            policy_packs: What judges the resources.
            parallel: How many operations run at a time; without it ``PULUMI_PARALLEL``, or four
                times the cores.

        Returns:
            What would be done.
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
        """Brings what is there in line with the program.

        Args:
            preview: Only show what would be done.
            refresh: Read all resources first.
            diff: Show every property that changes.
            show_secrets: Show secrets in plain text.
            policy_packs: What judges the resources.
            parallel: How many operations run at a time; without it ``PULUMI_PARALLEL``, or four
                times the cores.

        Returns:
            What was done.
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
        """Brings the stack's record of its resources in line with what is there.

        Args:
            preview: Only show what would change.
            diff: Show every property that changed.
            show_secrets: Show secrets in plain text.
            parallel: As with `up`.

        Returns:
            What was found.
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
        """Deletes all resources of the stack, without the program.

        Args:
            preview: Only show what would be deleted.
            refresh: Read all resources first.
            diff: Show every property.
            show_secrets: Show secrets in plain text.
            parallel: As with `up`.

        Returns:
            What was done.
        """
        return self._run(
            "destroy", Options(preview, refresh, diff, show_secrets, parallel=parallel)
        )

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's deployment, as ``pulumi stack export`` gives it.

        Args:
            show_secrets: Whether secrets are in plain text.

        Returns:
            ``{"version": 3, "deployment": ...}``.
        """
        return self._checkpoint.export(show_secrets=show_secrets)

    def import_(self, exported: Mapping[str, Any]) -> None:
        """Replaces the stack's deployment, as ``pulumi stack import`` does.

        Args:
            exported: What `export`, or ``pulumi stack export``, gave.

        Raises:
            HostError: It is not such a thing, or belongs to another stack.
        """
        self._checkpoint.import_(exported)

    def outputs(self, *, show_secrets: bool = False) -> Properties:
        """The stack's outputs.

        Args:
            show_secrets: Whether secrets are in plain text rather than ``[secret]``.

        Returns:
            The outputs, by name.
        """
        deployment, _ = self._checkpoint.load(self._checkpoint.settings())
        root = deployment.find(self._root)
        outputs = root.outputs if root else {}
        return {
            key: _shown(value, show_secrets=show_secrets) for key, value in sorted(outputs.items())
        }

    def interrupt(self) -> None:
        """Has the operation under way finish the steps that it started, and no other."""
        if self._operation:
            self._operation.interrupt()

    def abandon(self) -> None:
        """Ends the operation under way at once; the state keeps what was being done as pending."""
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
        )
        try:
            return self._operation.run()
        finally:
            self._operation = None


def _shown(value: Value, *, show_secrets: bool) -> Value:
    if isinstance(value, Secret):
        return _shown(value.value, show_secrets=True) if show_secrets else "[secret]"
    if isinstance(value, dict):
        return {key: _shown(item, show_secrets=show_secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item, show_secrets=show_secrets) for item in value]
    return value
