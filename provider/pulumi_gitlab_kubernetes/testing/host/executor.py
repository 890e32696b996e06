"""Runs steps, several at a time.

Follows ``pkg/resource/deploy/step_executor.go`` and ``pkg/engine/update.go`` of Pulumi's engine.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import grpc

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.events import (
    Events,
    Severity,
    StepDone,
    StepFailed,
    StepStarted,
)
from pulumi_gitlab_kubernetes.testing.host.goal import Outputs
from pulumi_gitlab_kubernetes.testing.host.provider_errors import InitError, ProviderError
from pulumi_gitlab_kubernetes.testing.host.snapshot import Snapshot
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.steps import (
    Op,
    ProtectedError,
    RefreshStep,
    Step,
    StepContext,
)
from pulumi_gitlab_kubernetes.testing.host.values import Secret

_FAILURES = (ProviderError, ProtectedError, HostError, grpc.RpcError)


class Executor:
    """Runs the steps of a deployment.

    Args:
        context: The context of the steps.
        snapshot: Records the results; nothing in a preview.
        events: Receives the events.
        parallel: How many at a time.
        on_failure: Called when no further step will run.
        refreshing: Whether the run is a refresh, whose summary counts outcomes.
        stop_on_failure: Start no further step after a failure.
    """

    def __init__(
        self,
        context: StepContext,
        snapshot: Snapshot | None,
        events: Events,
        parallel: int,
        on_failure: Callable[[], None],
        *,
        refreshing: bool = False,
        stop_on_failure: bool = True,
    ) -> None:
        self._context = context
        self._snapshot = snapshot
        self._events = events
        self._on_failure = on_failure
        self._refreshing = refreshing
        self._stop_on_failure = stop_on_failure
        self._pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="step")
        self._under_way: set[Future[None]] = set()
        self._registered: dict[str, Step] = {}
        self._defect: Exception | None = None
        self.cancelled = threading.Event()
        self.failed = False
        self.failures: list[Resource] = []
        """The resources of failed steps."""
        self.resources: dict[str, Resource] = {}
        """The resources of finished steps, by URN."""

    def submit(self, chain: list[Step]) -> Future[None]:
        """Queue steps to run one after the other."""
        future = self._pool.submit(self._run, chain)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def submit_all(self, steps: Iterable[Step]) -> None:
        """Run steps in any order, and wait for them."""
        wait([self.submit([step]) for step in steps])

    def cancel(self) -> None:
        """Start no further step; running steps continue."""
        self.cancelled.set()

    def drain(self) -> None:
        """Wait for all steps submitted so far."""
        wait(list(self._under_way))

    def close(self) -> None:
        """Wait for the running steps; no more can be submitted."""
        self._pool.shutdown(wait=True)
        if self._defect:
            raise self._defect

    def set_outputs(self, event: Outputs) -> None:
        """Set the outputs that the program registered for a component or the stack."""
        step = self._registered.get(event.urn)
        if step is None or step.new is None:
            raise HostError(
                f"cannot complete a resource '{event.urn}' whose registration isn't pending"
            )
        step.new.outputs = event.outputs
        if self._snapshot:
            self._snapshot.outputs_changed()
        self._events.emit(StepDone(step, step.op, outputs=True))

    def _run(self, chain: list[Step]) -> None:
        try:
            for step in chain:
                if self.cancelled.is_set() or not self._make(step):
                    return
        except Exception as error:  # noqa: BLE001 (raised again by `close`, where someone listens)
            self._defect = error
            self.failed = True
            self.cancelled.set()
            self._on_failure()

    def _make(self, step: Step) -> bool:
        """Run a step; return whether the next one may run."""
        if self._snapshot:
            self._snapshot.begin(step)
        self._events.emit(StepStarted(step))
        failure: Exception | None = None
        try:
            step.apply(self._context)
        except _FAILURES as error:
            failure = error
        if step.new is not None and step.op is not Op.REPLACE:
            mark_secrets(step.new)
            self.resources[step.new.urn] = step.new
            if failure is None:
                self._registered[step.urn] = step
        self._report(step, failure)
        if step.op is Op.UPDATE and isinstance(failure, InitError) and step.new and step.old:
            step.new.inputs = dict(step.old.inputs)  # the update did not succeed
        if self._snapshot:
            self._snapshot.end(step, made=failure is None or isinstance(failure, InitError))
        if failure is None:
            step.complete()
            return True
        self.failed = True
        self.failures.append(step.resource)
        if self._stop_on_failure and not isinstance(failure, ProtectedError):
            self.cancelled.set()
            self._on_failure()
        return False

    def _report(self, step: Step, failure: Exception | None) -> None:
        if failure is None:
            op, counted = step.op, step.counted
            if isinstance(step, RefreshStep):
                op, counted = (step.outcome, True) if self._refreshing else (Op.REFRESH, False)
            self._events.done(step, op, counted=counted)
            return
        urn = "" if step.internal else step.urn
        message = str(failure)
        self._events.log(
            Severity.ERROR, urn, f"Preview failed: {message}" if self._context.preview else message
        )
        if not self._context.preview:
            self._events.emit(StepFailed(step))


def mark_secrets(resource: Resource) -> None:
    """Mark outputs as secret: those the program names, and those whose input is secret."""
    named = {key for key in resource.additional_secret_outputs if key != "id"}
    named |= {key for key, value in resource.inputs.items() if isinstance(value, Secret)}
    resource.outputs = {
        key: Secret(value) if key in named and not isinstance(value, Secret) else value
        for key, value in resource.outputs.items()
    }
