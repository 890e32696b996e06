"""One operation on a stack."""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TextIO

from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host import program
from pulumi_gitlab_kubernetes.testing.host.changes import changed_keys
from pulumi_gitlab_kubernetes.testing.host.checkpoint import Checkpoint
from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.deployment import Deployer
from pulumi_gitlab_kubernetes.testing.host.display import Display
from pulumi_gitlab_kubernetes.testing.host.engine_service import Engine, serve
from pulumi_gitlab_kubernetes.testing.host.events import Diagnostic, Events, Severity
from pulumi_gitlab_kubernetes.testing.host.importer import Import
from pulumi_gitlab_kubernetes.testing.host.plugin_lookup import Launch, PluginFinder
from pulumi_gitlab_kubernetes.testing.host.plugins import Plugins, recorded_plugins, starter
from pulumi_gitlab_kubernetes.testing.host.policies import Policies
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local, PolicyPack
from pulumi_gitlab_kubernetes.testing.host.process import LineHandler, Process, Spawn
from pulumi_gitlab_kubernetes.testing.host.project import Project
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.result import Message, Result, StepResult, Violation
from pulumi_gitlab_kubernetes.testing.host.style import Paint
from pulumi_gitlab_kubernetes.testing.host.values import Secret
from pulumi_gitlab_kubernetes.testing.stand_ins import folder as stand_in_folder
from pulumi_gitlab_kubernetes.testing.stand_ins.simulators import require_simulators

_PARALLEL_PER_CORE: Final = 4
_HEADINGS: Final = {
    "update": "Updating",
    "refresh": "Refreshing",
    "destroy": "Destroying",
    "import": "Importing",
}
_SEVERITIES: Final = {
    engine_pb2.DEBUG: Severity.DEBUG,
    engine_pb2.INFO: Severity.INFO,
    engine_pb2.WARNING: Severity.WARNING,
    engine_pb2.ERROR: Severity.ERROR,
}


@dataclass(frozen=True)
class Options:
    """The options of an operation."""

    preview: bool
    refresh: bool
    diff: bool
    show_secrets: bool
    policy_packs: tuple[Local, ...] = ()
    parallel: int | None = None
    import_: Import | None = None


def degree_of_parallelism(asked: int | None, environ: Mapping[str, str]) -> int:
    """Return how many steps run at a time: as many as with the Pulumi CLI.

    Args:
        asked: The value of `--parallel`.
        environ: The environment variables; ``PULUMI_PARALLEL`` is the default.
    """
    if asked is not None:
        return max(1, asked)
    with suppress(ValueError):
        if (given := int(environ.get("PULUMI_PARALLEL", ""))) > 0:
            return given
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # Linux alone has it
        cores = os.cpu_count() or 1
    return cores * _PARALLEL_PER_CORE


class Operation:
    """An update, refresh, destroy or import, or a preview of one.

    Args:
        verb: ``update``, ``refresh``, ``destroy`` or ``import``.
        options: Its options.
        project: The stack's project.
        stack: The stack's name.
        root: The URN of the stack's own resource.
        checkpoint: Stores its deployment.
        environ: The environment variables of the program and of its dynamic providers.
        out: Where to show the run, besides the result.
        paint: Colours a piece of text.
        spawn: Starts its processes.
        stand_ins: The files with the answers of stand-ins.
    """

    def __init__(
        self,
        verb: str,
        options: Options,
        *,
        project: Project,
        stack: str,
        root: str,
        checkpoint: Checkpoint,
        environ: Mapping[str, str],
        out: TextIO | None,
        paint: Paint,
        spawn: Spawn,
        stand_ins: Sequence[Path],
    ) -> None:
        self._stand_ins = stand_ins
        self._verb = verb
        self._spawn = spawn
        self._options = options
        self._project = project
        self._stack = stack
        self._root = root
        self._checkpoint = checkpoint
        self._environ = environ
        self._captured = io.StringIO()
        shown: Any = _Tee(self._captured, out) if out else self._captured
        self._display = Display(
            shown,
            root,
            preview=options.preview,
            diff=options.diff,
            show_secrets=options.show_secrets,
            paint=paint,
        )
        self._events = Events(self._display)
        self._deployer: Deployer | None = None
        self._plugins: Plugins | None = None

    def run(self) -> Result:
        """Run the operation.

        Returns:
            The result.

        Raises:
            HostError: The operation could not start.
        """
        doing = f"Previewing {self._verb}" if self._options.preview else _HEADINGS[self._verb]
        with self._checkpoint.backend.lock(self._project.name, self._stack) as cleared:
            self._display.begin(f"{doing} ({self._stack})")
            for lock in cleared:
                self._events.log(
                    Severity.WARNING, "", f"removed the lock of a process that has ended: {lock}"
                )
            ok = self._deploy()
            self._display.finish(self._events.summary)
        return self._result(ok=ok)

    def interrupt(self) -> None:
        """Start no further step, and wait for the running ones."""
        if self._deployer is None:
            raise KeyboardInterrupt
        self._deployer.interrupt()
        if self._plugins:
            self._plugins.cancel()

    def abandon(self) -> None:
        """End at once; running steps stay in the state as pending operations."""
        if self._deployer:
            self._deployer.abandon()
        if self._plugins:
            self._plugins.close()

    def _deploy(self) -> bool:
        options, events = self._options, self._events
        parallel = degree_of_parallelism(options.parallel, self._environ)
        with ExitStack() as cleanup:
            plugin_lines = _lines_to(events)
            engine, address = serve(
                engine_pb2_grpc.add_EngineServicer_to_server,
                Engine(lambda request: events.emit(_diagnostic(request))),
            )
            cleanup.callback(engine.stop, None)

            plugin_lines = _lines_to(events)

            stand_ins = self._write_stand_ins(cleanup)
            recorded = self._checkpoint.read()
            plugins = self._plugins = self._start_plugins(address, recorded or {}, stand_ins)
            cleanup.callback(plugins.close)
            settings = self._checkpoint.settings()
            previous, serializer = self._checkpoint.load(settings, recorded)
            config, secret_keys = settings.decrypted(
                self._checkpoint.passphrase(settings), self._project
            )
            if stand_ins and not options.preview:  # Before anything changes in GitLab.
                require_simulators(self._environ, config)
            packs: list[PolicyPack] = []
            for local in options.policy_packs:
                packs.append(PolicyPack(local, self._environ, address, plugin_lines, self._spawn))
                cleanup.callback(packs[-1].stop)
            for pack in packs:  # All of them start at the same time.
                pack.configure(
                    stack=self._stack,
                    project=self._project.name,
                    preview=options.preview,
                    config=config,
                    secret_keys=secret_keys,
                )
            self._display.policy_packs = packs
            marked = {
                key: Secret(text) if key in secret_keys else text for key, text in config.items()
            }
            self._deployer = Deployer(
                DeployedStack(
                    self._stack,
                    self._project.name,
                    self._project.root,
                    marked,
                    previous,
                    options.preview,
                    parallel,
                ),
                Registry(plugins, preview=options.preview),
                Policies(packs, events, self._root, preview=options.preview),
                events,
                lambda deployment: self._checkpoint.save(deployment, serializer),
            )

            def start_program(monitor: str) -> Process:
                return program.start(
                    self._project,
                    self._environ,
                    _lines_to(events),
                    stack=self._stack,
                    config=config,
                    secret_keys=secret_keys,
                    monitor=monitor,
                    engine=address,
                    preview=options.preview,
                    parallel=parallel,
                    spawn=self._spawn,
                )

            if options.import_:
                return self._deployer.import_(options.import_)
            if self._verb == "refresh":
                return self._deployer.refresh()
            start = None if self._verb == "destroy" else start_program
            return self._deployer.update(start, refresh_first=options.refresh)

    def _write_stand_ins(self, cleanup: ExitStack) -> dict[str, Launch]:
        """Write the folder of the run's stand-ins; return how to start them."""
        if not self._stand_ins:
            return {}
        folder = Path(cleanup.enter_context(TemporaryDirectory()))
        python = self._project.python(self._environ)
        made = stand_in_folder.write(folder, self._stand_ins, python=python, environ=self._environ)
        main = str(folder / stand_in_folder.MAIN)
        return {
            each.package: Launch(
                f"the stand-in for {each.package}", (sys.executable, "-u", main, each.package)
            )
            for each in made
        }

    def _start_plugins(
        self, engine: str, recorded: Mapping[str, Any], stand_ins: Mapping[str, Launch]
    ) -> Plugins:
        """Start the plugins of the recorded deployment: most runs need the same ones."""
        plugins = Plugins(
            PluginFinder(
                self._project,
                self._environ,
                lambda text: self._events.log(Severity.WARNING, "", text),
                stand_ins,
            ),
            starter(self._project, self._environ, engine, self._spawn),
            engine,
            on_line=_lines_to(self._events),
            warn=lambda text: self._events.log(Severity.WARNING, "", text),
            report=lambda text: self._events.log(Severity.ERROR, "", text),
        )
        for package, version in recorded_plugins(recorded):
            plugins.expect(package, version)
        return plugins

    def _result(self, *, ok: bool) -> Result:
        steps = [
            StepResult(
                op.value,
                step.urn,
                step.resource.type,
                step.resource.name,
                tuple(changed_keys(step, op)),
                tuple(step.replaces),
                {path: str(each) for path, each in (step.detailed or {}).items()},
            )
            for step, op in self._events.steps
        ]
        messages = [
            Message(item.severity.value, item.urn, item.message)
            for item in self._events.diagnostics
            if not item.ephemeral and item.severity is not Severity.DEBUG
        ]
        violations = [
            Violation(
                item.violation.policy, item.violation.level.value, item.urn, item.violation.message
            )
            for item in self._events.violations
        ]
        return Result(
            ok,
            dict(self._events.summary),
            steps,
            messages,
            self._captured.getvalue(),
            violations,
        )


class _Tee(io.TextIOBase):
    """Writes to two places."""

    def __init__(self, *outs: TextIO) -> None:
        self._outs = outs

    def write(self, text: str) -> int:
        for out in self._outs:
            out.write(text)
            out.flush()
        return len(text)


def _lines_to(events: Events) -> LineHandler:
    def handle(line: str, is_error: bool) -> None:
        if line.strip():
            severity = Severity.INFO_ERROR if is_error else Severity.INFO
            events.log(severity, "", line)

    return handle


def _diagnostic(request: engine_pb2.LogRequest) -> Diagnostic:
    return Diagnostic(
        _SEVERITIES[request.severity],
        request.urn,
        request.message,
        ephemeral=request.ephemeral,
    )
