"""The two engines of the tests: the deployment host and the Pulumi CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.lifecycle.adapters import DYNAMIC, Adapter
from tests.support.fork_server import FORK_SERVER

from pulumi_gitlab_kubernetes.testing import host
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local
from pulumi_gitlab_kubernetes.testing.host.process import start_process
from pulumi_gitlab_kubernetes.testing.host.project import Project
from pulumi_gitlab_kubernetes.testing.stand_ins import folder as folders

PROGRAM = Path(__file__).with_name("program")
PASSPHRASE = "correct horse"
_STACK = "test"
_ROOT_TYPE = "::pulumi:pulumi:Stack::"
_PARTLY = "1 error occurred:\n\t* "
"""The engine's text before the reason of a partial failure."""
_WITH_POLICIES = ("preview", "up")
"""The commands that apply policies."""
_FOREIGN = ("PULUMI_", "GITLAB_", "CI_")


class Step(NamedTuple):
    """A step of an engine, or of its preview, with the property paths of Python programs."""

    op: str
    name: str
    diff: tuple[str, ...]
    replaces: tuple[str, ...]
    details: Mapping[str, str]
    """The kind of each change by property path, such as `update-replace`."""


class Message(NamedTuple):
    """A message. Its name is the resource's; it is empty for those of the stack and of none."""

    severity: str
    name: str
    text: str


class Violation(NamedTuple):
    """A policy violation. Its name is the resource's, or empty."""

    level: str
    policy: str
    name: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run, in the order of its steps and messages."""

    ok: bool
    steps: tuple[Step, ...]
    messages: tuple[Message, ...]
    text: str
    violations: tuple[Violation, ...] = ()

    def ops(self, name: str) -> list[str]:
        """Return the steps of a resource."""
        return [step.op for step in self.steps if step.name == name]

    def errors(self, name: str = "") -> list[str]:
        """Return the errors of one resource, or of all, as users see them."""
        return [
            message.text.strip().removeprefix(_PARTLY)
            for message in self.messages
            if message.severity == "error" and message.name and name in ("", message.name)
        ]

    def error(self, name: str = "") -> str:
        """Return the only error, which must be one line without a traceback."""
        errors = self.errors(name)
        assert not self.ok, self.text
        assert len(errors) == 1, self.text
        assert "\n" not in errors[0], errors[0]
        assert "Traceback" not in errors[0], errors[0]
        return errors[0]


def resource(class_: str, name: str, /, **args: Any) -> dict[str, Any]:
    """Describe a resource for the program; `opts` and `get` are not its arguments."""
    described = {"class": class_, "name": name, "opts": args.pop("opts", {})}
    if "get" in args:
        return {**described, "get": args["get"]}
    return {**described, "args": {key: each for key, each in args.items() if each is not None}}


def ref(path: str) -> dict[str, str]:
    """Refer to another resource's output, such as `name.attribute`."""
    return {"$ref": path}


class Stack(ABC):
    """A stack of a program, by default the suite's, on one of the engines.

    Attributes:
        adapter: The adapter of its resources.
        package: The package of the program's resource classes.
        forks: Whether the deployment host forks its processes, which then have no command line.

    Args:
        directory: An empty directory for the project and its state.
        config: The stack's configuration.
        secrets: The secret part of it.
        environ: Additional environment variables.
        adapter: The adapter of its resources.
        program: The directory of the program, which is copied.
        stand_ins: The files with the answers of stand-ins.
        environment: The virtual environment that the program has as `.venv`.
    """

    def __init__(
        self,
        directory: Path,
        config: Mapping[str, str],
        secrets: Mapping[str, str],
        environ: Mapping[str, str] | None = None,
        *,
        adapter: Adapter = DYNAMIC,
        program: Path = PROGRAM,
        stand_ins: Sequence[Path] = (),
        environment: Path | None = None,
    ) -> None:
        self.adapter = adapter
        self.package = adapter.package
        self.forks = True
        self.directory = directory
        self.project = directory / "project"
        self.backend = directory / "state"
        self.backend.mkdir(parents=True)
        self.stand_ins = stand_ins
        ignored = shutil.ignore_patterns("__pycache__", ".venv")
        shutil.copytree(program, self.project, ignore=ignored)
        if environment:
            (self.project / ".venv").symlink_to(environment)
        self.environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NO_PROXY": "127.0.0.1,localhost",
            **(environ or {}),
        }
        self._init(config, secrets)

    def up(self, *resources: dict[str, Any], refresh: bool = False, **exports: Any) -> Outcome:
        """Declare these resources and deploy them."""
        self.declare(*resources, **exports)
        return self.run("up", refresh=refresh)

    def preview(self, *resources: dict[str, Any], refresh: bool = False) -> Outcome:
        """Declare these resources and preview their deployment."""
        self.declare(*resources)
        return self.run("preview", refresh=refresh)

    def refresh(self) -> Outcome:
        """Update the state from GitLab."""
        return self.run("refresh")

    def destroy(self) -> Outcome:
        """Delete all resources of the stack."""
        return self.run("destroy")

    def resources(self, *, show_secrets: bool = False) -> dict[str, dict[str, Any]]:
        """Return the resources in the state by name, without those pending deletion."""
        return {
            each["urn"].rpartition("::")[2]: self.adapter.plain(each)
            for each in self.deployment(show_secrets=show_secrets).get("resources", [])
            if not each.get("delete")
        }

    def taint(self, name: str) -> None:
        """Let the next deployment replace a resource, whatever its diff is."""
        exported = self.deployment()
        for each in exported["resources"]:
            if each["urn"].endswith(f"::{name}"):
                each["taint"] = True
        self.import_({"version": 3, "deployment": exported})

    def files(self) -> dict[Path, bytes]:
        """Return all files of the engine: state, its backups and history, settings."""
        return {
            path: path.read_bytes()
            for path in self.directory.rglob("*")
            if path.is_file() and path.name != "program.json" and path.suffix != ".pyc"
        }

    def declare(self, *resources: dict[str, Any], **exports: Any) -> None:
        """Write the program."""
        described = {"resources": resources, "exports": exports, "package": self.package}
        (self.project / "program.json").write_text(json.dumps(described))

    def _step(
        self,
        op: str,
        urn: str,
        diff: Iterable[str],
        replaces: Iterable[str],
        details: Mapping[str, str],
    ) -> Step:
        path = self.adapter.in_program
        return Step(
            op,
            urn.rpartition("::")[2],
            tuple(map(path, diff)),
            tuple(map(path, replaces)),
            {path(each): kind for each, kind in details.items()},
        )

    def _popen(self, *command: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, "--yes", "--skip-preview", "--color", "never", "--stack", _STACK],
            cwd=self.project,
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _policy_config(self, config: Mapping[str, Any]) -> Path:
        file = self.directory / "policies.json"
        file.write_text(json.dumps(config))
        return file

    @abstractmethod
    def check_policies(self, pack: Path, config: Mapping[str, Any]) -> None:
        """Let later previews and updates apply a policy pack."""

    @abstractmethod
    def _init(self, config: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Create the empty stack."""

    @abstractmethod
    def set_config(self, key: str, value: str) -> None:
        """Set a secret configuration value."""

    @abstractmethod
    def run(self, verb: str, *, refresh: bool = False) -> Outcome:
        """Run the engine, with or without a refresh first."""

    @abstractmethod
    def begin(self, verb: str, *options: str) -> subprocess.Popen[str]:
        """Start the engine in a new process, which can be killed."""

    @abstractmethod
    def unlock(self) -> None:
        """Do what the engine requires after it was killed."""

    @abstractmethod
    def deployment(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the deployment in the state."""

    @abstractmethod
    def import_(self, exported: dict[str, Any]) -> None:
        """Replace the deployment in the state."""


class HostStack(Stack):
    """A stack on the deployment host."""

    _policies: Sequence[Local] = ()

    def _init(self, config: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self._stack.init()
        for key, value in config.items():
            self._stack.set_config(key, value)
        for key, value in secrets.items():
            self._stack.set_config(key, value, secret=True)

    @property
    def _stack(self) -> host.Stack:
        """The stack with the current environment variables."""
        return host.Stack(
            self.project,
            _STACK,
            backend=self.backend,
            passphrase=PASSPHRASE,
            environ=self.environ,
            spawn=FORK_SERVER.spawn if self.forks else start_process,
            stand_ins=self.stand_ins,
        )

    def check_policies(self, pack: Path, config: Mapping[str, Any]) -> None:
        """Pass the pack to later previews and updates."""
        self._policies = [Local(pack, self._policy_config(config))]

    def set_config(self, key: str, value: str) -> None:
        """Set a secret configuration value."""
        self._stack.set_config(key, value, secret=True)

    def run(self, verb: str, *, refresh: bool = False) -> Outcome:
        """Run the deployment host."""
        options: dict[str, Any] = {"refresh": True} if refresh else {}
        if verb in _WITH_POLICIES:
            options["policy_packs"] = self._policies
        result = getattr(self._stack, verb)(**options)
        return Outcome(
            ok=result.ok,
            steps=tuple(
                self._step(s.op, s.name, s.diff, s.replaces, s.detailed) for s in result.steps
            ),
            messages=tuple(
                Message(m.severity, _name_of(m.urn), m.message) for m in result.diagnostics
            ),
            violations=tuple(
                Violation(v.level, v.policy, v.urn.rpartition("::")[2], v.message)
                for v in result.violations
            ),
            text=result.stdout,
        )

    def begin(self, verb: str, *options: str) -> subprocess.Popen[str]:
        """Start the deployment host by its command."""
        return self._popen(
            *(sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "stack", verb, *options),
            PULUMI_BACKEND_URL=f"file://{self.backend}",
            PULUMI_CONFIG_PASSPHRASE=PASSPHRASE,
        )

    def unlock(self) -> None:
        """Do nothing, because the next run removes the lock of a dead process."""

    def deployment(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the deployment in the state."""
        exported = self._stack.export(show_secrets=show_secrets)
        deployment: dict[str, Any] = exported["deployment"]
        return deployment

    def import_(self, exported: dict[str, Any]) -> None:
        """Replace the deployment in the state."""
        self._stack.import_(exported)


class CliStack(Stack):
    """A stack on the Pulumi CLI."""

    _policies: tuple[str, ...] = ()

    def _init(self, config: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self.environ |= {
            "PULUMI_HOME": str(self.directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DEBUG_COMMANDS": "1",  # shows the option --event-log
        }
        if self.stand_ins:
            self._put_stand_ins()
        self._call("stack", "init")
        plain = [part for item in config.items() for part in ("--plaintext", "=".join(item))]
        secret = [part for item in secrets.items() for part in ("--secret", "=".join(item))]
        if plain or secret:
            self._call("config", "set-all", *plain, *secret)

    def _put_stand_ins(self) -> None:
        """Put stand-ins on PATH."""
        folder = self.directory / "stand-ins"
        python = Project.find(self.project).python(self.environ)
        folders.write(folder, self.stand_ins, python=python, environ=self.environ)
        self.environ["PATH"] = f"{folder}{os.pathsep}{self.environ['PATH']}"

    def check_policies(self, pack: Path, config: Mapping[str, Any]) -> None:
        """Pass the pack's options to later previews and updates."""
        file = self._policy_config(config)
        self._policies = ("--policy-pack", str(pack), "--policy-pack-config", str(file))

    def set_config(self, key: str, value: str) -> None:
        """Set a secret configuration value."""
        self._call("config", "set", "--secret", key, value)

    def run(self, verb: str, *, refresh: bool = False) -> Outcome:
        """Run `pulumi`, and read its log of events."""
        log = self.directory / "events.json"
        log.unlink(missing_ok=True)
        options: tuple[str, ...] = () if verb == "preview" else ("--yes", "--skip-preview")
        options += ("--refresh",) if refresh else ()
        options += self._policies if verb in _WITH_POLICIES else ()
        done = self._start(verb, *options, "--color", "never", "--event-log", str(log))
        events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return Outcome(
            ok=done.returncode == 0,
            steps=tuple(
                self._of(event["resOutputsEvent"]["metadata"])
                for event in events
                if "resOutputsEvent" in event
            ),
            messages=tuple(
                _message(event["diagnosticEvent"])
                for event in events
                if "diagnosticEvent" in event and not event["diagnosticEvent"].get("ephemeral")
            ),
            text=done.stdout,
            violations=tuple(
                _violation(event["policyEvent"]) for event in events if "policyEvent" in event
            ),
        )

    def begin(self, verb: str, *options: str) -> subprocess.Popen[str]:
        """Start `pulumi`."""
        return self._popen("pulumi", verb, *options, "--non-interactive")

    def unlock(self) -> None:
        """Remove incomplete files and the lock, which block each run."""
        for file in self.backend.rglob("*.attrs"):
            if not file.stat().st_size:
                file.unlink()
        self._call("cancel", "--yes")

    def deployment(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the deployment in the state, from its file unless secrets are needed."""
        if show_secrets:
            exported: dict[str, Any] = json.loads(self._call("stack", "export", "--show-secrets"))
            return exported["deployment"] or {}
        (file,) = (self.backend / ".pulumi" / "stacks").glob(f"*/{_STACK}.json")
        return json.loads(file.read_text())["checkpoint"]["latest"] or {}

    def import_(self, exported: dict[str, Any]) -> None:
        """Replace the deployment in the state."""
        file = self.directory / "import.json"
        file.write_text(json.dumps(exported))
        self._call("stack", "import", "--file", str(file))
        file.unlink()

    def _of(self, metadata: dict[str, Any]) -> Step:
        return self._step(
            metadata["op"],
            metadata["urn"],
            metadata.get("diffs") or (),
            metadata.get("keys") or (),
            {path: each["diffKind"] for path, each in (metadata.get("detailedDiff") or {}).items()},
        )

    def _call(self, *arguments: str) -> str:
        done = self._start(*arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def _start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--stack", _STACK, "--non-interactive"],  # noqa: S607 (whichever is on PATH)
            cwd=self.project,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def _message(event: dict[str, Any]) -> Message:
    return Message(event["severity"], _name_of(event.get("urn", "")), event["message"])


def _name_of(urn: str) -> str:
    return "" if _ROOT_TYPE in urn else urn.rpartition("::")[2]


def _violation(event: dict[str, Any]) -> Violation:
    return Violation(
        event["enforcementLevel"],
        event["policyName"],
        event.get("resourceUrn", "").rpartition("::")[2],
        event["message"],
    )


ENGINES: Mapping[str, type[Stack]] = {"host": HostStack, "cli": CliStack}
