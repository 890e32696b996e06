"""What a stand-in tells the engine about the run, and requires of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pulumi_gitlab_kubernetes.engine.log import log_info, log_warning
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.plugin_lookup import installed_plugins
from pulumi_gitlab_kubernetes.testing.host.project import Project, StackSettings
from pulumi_gitlab_kubernetes.testing.stand_ins.folder import StandIn
from pulumi_gitlab_kubernetes.testing.stand_ins.simulators import require_simulators


class Run:
    """The run of an engine, as its stand-ins see it.

    Args:
        stand_ins: The stand-ins.
        folder: Their folder.
        engine: The engine's address; `None` if it is unknown.
    """

    def __init__(self, stand_ins: Iterable[StandIn], folder: Path, engine: str | None) -> None:
        self.engine = engine
        self._stand_ins = list(stand_ins)
        self._folder = folder
        self._checked = False

    def begin(self, urn: str, *, deployed: bool) -> None:
        """Say once for all stand-ins what they are.

        Args:
            urn: The URN of the provider.
            deployed: Whether this is not the first preview of the provider.

        Raises:
            HostError: The stack is not one of a GitLab simulator.
        """
        first = self._is_first()
        if first:
            log_info(self.engine, "", self._description())
            if real := self._installed():
                log_warning(self.engine, "", f"stand-ins hide installed plugins: {real}")
        try:
            self.require_simulators(urn)
        except HostError as error:
            if deployed:
                raise
            if first:
                log_warning(self.engine, "", str(error))

    def require_simulators(self, urn: str) -> None:
        """Require that the stack has the addresses of GitLab simulators, and no other ones.

        Args:
            urn: The URN of one of its resources.

        Raises:
            HostError: It has not.
        """
        if not self._checked:
            require_simulators(os.environ, _config(urn))
            self._checked = True

    def _is_first(self) -> bool:
        """Return whether no stand-in of this run has spoken yet."""
        try:
            (self._folder / f"spoken-{self.engine}".replace(":", "-")).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _description(self) -> str:
        packages = ", ".join(f"{each.package} {each.version}".rstrip() for each in self._stand_ins)
        files = sorted({Path(each.file).name for each in self._stand_ins if each.file})
        source = f"; answers from {', '.join(files)}" if files else ""
        return f"stand-ins for {packages}: nothing is created in a cloud{source}"

    def _installed(self) -> str:
        found = (
            f"{each.package} {max(versions)}"
            for each in self._stand_ins
            if (versions := installed_plugins(each.package, os.environ))
        )
        return ", ".join(found)


def _config(urn: str) -> dict[str, str]:
    """Return the plain part of the stack's configuration, as far as it can be read."""
    stack = urn.removeprefix("urn:pulumi:").partition("::")[0]
    try:
        settings = StackSettings.load(Project.find(Path.cwd()), stack)
    except HostError:  # A program in another language, or without settings.
        return {}
    return {key: "" if each.secret else each.value for key, each in settings.config.items()}
