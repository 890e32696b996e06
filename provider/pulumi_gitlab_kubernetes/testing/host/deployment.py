"""One run: turns registrations into steps, then deletes what the program no longer declares.

Follows ``pkg/resource/deploy/deployment_executor.go`` of Pulumi's engine.
"""

import threading
from collections.abc import Callable
from typing import Final

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.events import Events, Severity
from pulumi_gitlab_kubernetes.testing.host.executor import Executor
from pulumi_gitlab_kubernetes.testing.host.generator import StepGenerator
from pulumi_gitlab_kubernetes.testing.host.goal import Imported, Outputs, ReadRequest, Registration
from pulumi_gitlab_kubernetes.testing.host.graph import antichains, dependencies
from pulumi_gitlab_kubernetes.testing.host.importer import Import, Importer
from pulumi_gitlab_kubernetes.testing.host.monitor import ProgramDone, Refused
from pulumi_gitlab_kubernetes.testing.host.policies import Policies
from pulumi_gitlab_kubernetes.testing.host.process import Process
from pulumi_gitlab_kubernetes.testing.host.program import ERROR_SHOWN
from pulumi_gitlab_kubernetes.testing.host.provider_errors import ProviderError
from pulumi_gitlab_kubernetes.testing.host.refresh import refresh
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.report import InvalidResourceError, Report
from pulumi_gitlab_kubernetes.testing.host.snapshot import Snapshot
from pulumi_gitlab_kubernetes.testing.host.source import Event, Exited, ProgramSource, Stop
from pulumi_gitlab_kubernetes.testing.host.state import Deployment
from pulumi_gitlab_kubernetes.testing.host.steps import StepContext

_PENDING_ADVICE: Final = """\
These resources are in an unknown state because the run that changed them was interrupted. Check
them with the provider.

A refresh clears these pending operations, except for those that were creating a resource: check
whether it exists. To clear them, run `pulumi refresh --clear-pending-creates`, or remove them from
the output of `export` and `import` it."""


class Deployer:
    """Runs one deployment of a stack.

    Args:
        stack: The stack.
        registry: The providers of this run.
        policies: The policies that check its resources.
        events: Receives the events of the run.
        write: Stores a deployment.
    """

    def __init__(
        self,
        stack: DeployedStack,
        registry: Registry,
        policies: Policies,
        events: Events,
        write: Callable[[Deployment], None],
    ) -> None:
        self._stack = stack
        self._registry = registry
        self._policies = policies
        self._events = events
        self._preview = stack.preview
        self._verb = "preview" if stack.preview else "update"
        self._snapshot = None if stack.preview else Snapshot(stack.previous, write)
        self._executors: list[Executor] = []
        self._source: ProgramSource | None = None
        self._stopping = threading.Event()
        self._interrupted = False

    def interrupt(self) -> None:
        """Start no further step; running steps continue."""
        self._interrupted = True
        self._stop()

    def abandon(self) -> None:
        """Freeze the deployment as last written: running steps stay as pending operations."""
        if self._snapshot:
            self._snapshot.freeze()

    def refresh(self) -> bool:
        """Refresh the deployment; return whether that succeeded."""
        ok = self._refresh(alone=True)
        if self._snapshot:
            self._snapshot.close()
        return ok

    def import_(self, wanted: Import) -> bool:
        """Import a resource; return whether that succeeded."""
        executor = self._executor(lambda: None, refreshing=False)
        begun = True
        try:
            Importer(self._stack, self._registry, executor).run(wanted)
        except (ProviderError, HostError) as error:
            self._events.log(Severity.ERROR, "", str(error))
            begun = False
        executor.close()
        self._close_snapshot()
        self._say_result(executor, failed=not begun)
        return begun and not executor.failed and not self._interrupted

    def update(self, start: Callable[[str], Process] | None, *, refresh_first: bool) -> bool:
        """Create, update and delete resources as the program requires.

        Args:
            start: Starts the program; nothing to delete all resources.
            refresh_first: Refresh the deployment first.

        Returns:
            Whether that succeeded.
        """
        if refresh_first:
            if not self._refresh(alone=False):
                self._close_snapshot()
                return False
        elif self._stack.previous.pending_operations and not self._preview:
            self._warn_of_pending_operations()
        executor = self._executor(self._stop, refreshing=False)
        generator = StepGenerator(
            self._stack.name,
            self._stack.project,
            self._stack.previous,
            self._registry,
            self._policies,
            preview=self._preview,
            report=Report(
                error=lambda urn, text: self._events.log(Severity.ERROR, urn, text),
                info=lambda urn, text: self._events.log(Severity.INFO, urn, text),
                warning=lambda urn, text: self._events.log(Severity.WARNING, urn, text),
            ),
            resume=self._post,
        )
        ok = False
        try:
            done, outputs = self._run_program(start, generator, executor) if start else (True, None)
            if done:
                executor.drain()
                done = self._delete(generator, executor)
            executor.close()
            made = done and not executor.failed and not self._interrupted
            ok = made and not self._has_failed(generator)
            if outputs:
                self._finish_outputs(executor, outputs, ok=ok)
            if made and start:
                ok = self._evaluate(executor) and ok
            self._close_snapshot()
            if done or self._stopping.is_set():
                self._say_result(executor, failed=self._has_failed(generator))
        finally:
            if self._source:
                self._source.close(kill=not ok)
        return ok

    def _run_program(
        self, start: Callable[[str], Process], generator: StepGenerator, executor: Executor
    ) -> tuple[bool, Outputs | None]:
        """Handle events until the program ends; return whether it succeeded, and its outputs."""
        source = ProgramSource(start, self._stack, self._registry, executor.resources)
        self._source = source
        outputs: Outputs | None = None
        while not self._stopping.is_set():
            event = source.next()
            if isinstance(event, ProgramDone) or event == Exited(0):
                return True, outputs
            if isinstance(event, Outputs) and urns.is_root_stack(event.urn):
                outputs = event
            elif not self._handle(event, generator, executor):
                break
        executor.cancel()
        return False, outputs

    def _handle(self, event: Event, generator: StepGenerator, executor: Executor) -> bool:
        """Handle an event; return whether to go on."""
        urn = ""
        try:
            if isinstance(event, Registration | ReadRequest):
                goal = event.goal
                urn = urns.make(
                    self._stack.name, self._stack.project, goal.parent, goal.type, goal.name
                )
                executor.submit(
                    generator.registration_steps(event)
                    if isinstance(event, Registration)
                    else generator.read_steps(event)
                )
            elif isinstance(event, Imported):
                urn = event.resource.urn
                executor.submit(generator.imported_steps(event))
            elif isinstance(event, Outputs):
                executor.set_outputs(event)
            elif isinstance(event, Refused):
                self._events.log(Severity.ERROR, "", event.message)
                return False
            elif isinstance(event, Exited):
                if event.status != ERROR_SHOWN:
                    self._events.log(
                        Severity.ERROR,
                        "",
                        "an unhandled error occurred: program exited with non-zero exit code:"
                        f" {event.status}",
                    )
                return False
        except InvalidResourceError:
            return False
        except (ProviderError, HostError) as error:
            self._events.log(Severity.ERROR, urn, str(error))
            return False
        return True

    def _delete(self, generator: StepGenerator, executor: Executor) -> bool:
        """Delete resources that the program no longer declares; return whether deletion started."""
        resources = self._stack.previous.resources
        try:
            steps = {id(step.resource): step for step in generator.delete_steps()}
        except (ProviderError, HostError) as error:
            self._events.log(Severity.ERROR, "", str(error))
            return False
        for group in antichains(resources, [step.resource for step in steps.values()]):
            if executor.cancelled.is_set():
                break
            needed = dependencies(resources, executor.failures)
            executor.submit_all([steps[id(item)] for item in group if item.urn not in needed])
        return True

    def _refresh(self, *, alone: bool) -> bool:
        executor = self._executor(lambda: None, refreshing=alone, stop_on_failure=False)
        begun = True
        try:
            refresh(self._stack.previous, self._registry, executor)
        except (ProviderError, HostError) as error:
            self._events.log(Severity.ERROR, "", str(error))
            begun = False
        executor.close()
        if begun:
            self._say_result(executor, failed=False)
        return begun and not executor.failed and not self._interrupted

    def _executor(
        self, on_failure: Callable[[], None], *, refreshing: bool, stop_on_failure: bool = True
    ) -> Executor:
        context = StepContext(
            self._registry,
            self._preview,
            lambda urn, text: self._events.log(Severity.WARNING, urn, text),
        )
        executor = Executor(
            context,
            self._snapshot,
            self._events,
            self._stack.parallel,
            on_failure,
            refreshing=refreshing,
            stop_on_failure=stop_on_failure,
        )
        self._executors.append(executor)
        return executor

    def _finish_outputs(self, executor: Executor, event: Outputs, *, ok: bool) -> None:
        """Set the stack's outputs; after a failure, keep old ones that are not registered."""
        old = self._stack.previous.find(event.urn)
        if not ok and old is not None:
            event.outputs = {**old.outputs, **event.outputs}
        executor.set_outputs(event)

    def _close_snapshot(self) -> None:
        if self._snapshot:
            self._snapshot.close()

    def _evaluate(self, executor: Executor) -> bool:
        """Evaluate the stack policies; return whether no mandatory policy was violated."""
        try:
            self._policies.evaluate_stack(executor.resources)
        except HostError as error:
            self._events.log(Severity.ERROR, "", str(error))
            return False
        return not self._policies.violated

    def _has_failed(self, generator: StepGenerator) -> bool:
        return generator.failed or self._policies.violated

    def _say_result(self, executor: Executor, *, failed: bool) -> None:
        if executor.failed or failed:
            self._events.log(Severity.ERROR, "", f"{self._verb} failed")
        elif self._interrupted:
            self._events.log(Severity.ERROR, "", f"{self._verb} canceled")

    def _post(self, event: Event) -> None:
        if self._source:
            self._source.post(event)

    def _stop(self) -> None:
        self._stopping.set()
        for executor in self._executors:
            executor.cancel()
        self._post(Stop())

    def _warn_of_pending_operations(self) -> None:
        pending = self._stack.previous.pending_operations
        listed = "\n".join(
            f"  * {item.resource.urn}, interrupted while {item.type}" for item in pending
        )
        self._events.log(
            Severity.WARNING,
            "",
            f"Attempting to deploy or update resources with {len(pending)} pending operations from"
            f" previous deployment.\n{listed}\n{_PENDING_ADVICE}",
        )
