"""The command `gitlab-kubernetes local`."""

from __future__ import annotations

import argparse
import json
import secrets
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.interrupts import ended_by_interrupt
from pulumi_gitlab_kubernetes.policy import folder
from pulumi_gitlab_kubernetes.testing.environ import overriding
from pulumi_gitlab_kubernetes.testing.host.backend import FileBackend
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.files import write_atomically
from pulumi_gitlab_kubernetes.testing.host.project import Project, StackSettings
from pulumi_gitlab_kubernetes.testing.local.engine import Engine
from pulumi_gitlab_kubernetes.testing.local.simulator import LocalSimulator
from pulumi_gitlab_kubernetes.testing.simulator import ROOT_TOKEN_VARIABLE
from pulumi_gitlab_kubernetes.testing.simulator.default_seed import PROJECT

STACK = "local"
_ARGUMENTS = {
    "up": ["up", "--yes", "--skip-preview"],
    "preview": ["preview"],
    "refresh": ["refresh", "--yes", "--skip-preview"],
    "down": ["destroy", "--yes", "--skip-preview"],
}
_HELP = {
    "up": "start the simulator, deploy the stack, print its outputs",
    "preview": "show what `up` would change",
    "refresh": "bring the state up to date with the simulator",
    "down": "destroy the stack and stop the simulator",
    "env": "print environment variables for `pulumi` on the local stack, and the simulator's token",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `gitlab-kubernetes local`.

    Args:
        parser: The parser to add them to.
    """
    parser.add_argument(
        "action", choices=_HELP, help="; ".join(f"{k}: {v}" for k, v in _HELP.items())
    )
    parser.add_argument("-C", "--cwd", type=Path, default=Path(), help="folder of the project")


@ended_by_interrupt()
def run(arguments: argparse.Namespace) -> int:
    """Run one action.

    Args:
        arguments: The parsed arguments.

    Returns:
        The exit status: the engine's, or 1 for an error.
    """
    try:
        local = Local(Project.find(arguments.cwd.resolve()))
        if arguments.action == "env":
            local.make_folder()
            exported = local.shell_environ()
            for name in sorted(set(overriding()) - exported.keys()):
                print(f"unset {name}")
            for name, value in exported.items():
                print(f"export {name}={shlex.quote(value)}")
            return 0
        return local.down() if arguments.action == "down" else local.deploy(arguments.action)
    except (ProviderError, HostError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


class Local:
    """A project's local stack; all its files are in the project's folder `.local`.

    Args:
        project: The project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.root / ".local"
        self._backend = FileBackend(self._folder / "state")

    def environ(self) -> dict[str, str]:
        """Return the environment variables of the local state."""
        return {
            "PULUMI_BACKEND_URL": f"file://{self._folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._folder / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def shell_environ(self) -> dict[str, str]:
        """Return the variables that a shell needs for `pulumi` and the simulator."""
        simulator = LocalSimulator.load(self._folder)
        asking = {} if simulator is None else {ROOT_TOKEN_VARIABLE: simulator.root_token}
        return {**self.environ(), "PULUMI_STACK": STACK, **asking}

    def make_folder(self) -> None:
        """Create the folder `.local`."""
        self._folder.mkdir(mode=0o700, exist_ok=True)  # It holds secrets.
        (self._folder / ".gitignore").write_text("*\n")
        (self._folder / "state").mkdir(exist_ok=True)

    def deploy(self, action: str) -> int:
        """Run `up`, `preview`, `refresh` or `down` after starting the simulator.

        Args:
            action: The action.

        Returns:
            The engine's exit status.
        """
        self.make_folder()
        simulator = LocalSimulator.start(self._folder)
        at = f"{simulator.url} (open it in a browser)"
        print(f"GitLab: the simulator at {at}, project {PROJECT}.")
        print(
            f"Its administrator's token is in {self._folder.name}/simulator.json; "
            f"`gitlab-kubernetes local env` (`make env`) exports it as {ROOT_TOKEN_VARIABLE}."
        )
        self._configure(simulator)
        engine = Engine.choose()
        print(engine.reason, flush=True)
        policies = _policy_pack() if action == "preview" else []
        return self._run(engine, [*_ARGUMENTS[action], *policies])

    def down(self) -> int:
        """Destroy the stack, then stop the simulator.

        Returns:
            The engine's exit status.
        """
        if self._deployment().get("resources"):
            status = self.deploy("down")
            if status != 0:
                return status
        simulator = LocalSimulator.load(self._folder)
        if simulator is not None and simulator.pid:
            simulator = LocalSimulator.start(self._folder)
            if swept := simulator.sweep():
                print(f"Deleted {swept} more objects, left in the simulator by an interrupted run.")
            simulator.stop(self._folder)
        print("Everything is deleted, and the simulator has stopped.")
        return 0

    def _deployment(self) -> dict[str, Any]:
        return self._backend.load(self._project.name, STACK) or {}

    def _run(self, engine: Engine, arguments: list[str]) -> int:
        self._backend.clear_dead_locks(self._project.name, STACK)
        self._backend.clear_torn_attributes()
        deployment = self._deployment()
        if not self._backend.exists(self._project.name, STACK):
            self._backend.save(self._project.name, STACK, None)
        elif deployment.pop("pending_operations", None):
            # The run below adopts what an interrupted run may have created.
            self._backend.save(self._project.name, STACK, deployment)
        # Only this stack uses the simulator, so everything in it belongs to the stack.
        environ = {**self.environ(), "PULUMI_GITLAB_ADOPT_EXISTING": "1"}
        return engine.run([*arguments, "--stack", STACK], self._project.root, environ)

    def _configure(self, simulator: LocalSimulator) -> None:
        """Set the stack's configuration; keep existing values except the address."""
        settings = StackSettings.load(self._project, STACK)
        namespace = self._project.name
        plain: dict[str, Any] = {f"{namespace}:project": PROJECT}
        secret = {f"{NAMESPACE}:token": simulator.token}
        example = self._project.program / "local.yaml"
        if example.exists():
            values = yaml.safe_load(example.read_text()) or {}
            made_up = values.pop("secrets", [])
            secret |= {f"{namespace}:{name}": secrets.token_hex() for name in made_up}
            plain |= {f"{namespace}:{name}": value for name, value in values.items()}
        if not (self._folder / "passphrase").exists():  # The old secrets cannot be decrypted.
            for key in [key for key, value in settings.config.items() if value.secret]:
                settings.remove(key)
            settings.encryption_salt = None
        settings.set(f"{NAMESPACE}:baseUrl", simulator.url)
        for key, value in plain.items():
            if key not in settings.config:
                settings.set(key, value if isinstance(value, str) else json.dumps(value))
        if missing := secret.keys() - settings.config.keys():
            passphrase = self._passphrase(settings)
            for key in sorted(missing):
                settings.set(key, secret[key], secret=True, passphrase=passphrase)
        settings.save()

    def _passphrase(self, settings: StackSettings) -> Passphrase:
        file = self._folder / "passphrase"
        if not file.exists():
            write_atomically(file, secrets.token_urlsafe())
        phrase = file.read_text()
        if settings.encryption_salt:
            return Passphrase.from_salt(phrase, settings.encryption_salt)
        return Passphrase.create(phrase)


def _policy_pack() -> list[str]:
    """Return the policy options of a preview if the extra `policy` is installed."""
    if find_spec("pulumi_policy") is None:
        return []
    return ["--policy-pack", str(folder.write())]
