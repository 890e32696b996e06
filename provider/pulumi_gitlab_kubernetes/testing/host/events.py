"""The events of a run."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from pulumi_gitlab_kubernetes.testing.host.policy_pack import Violation
from pulumi_gitlab_kubernetes.testing.host.steps import Op, Step
from pulumi_gitlab_kubernetes.testing.host.values import Properties


class Severity(str, Enum):
    """The severity of a message."""

    DEBUG = "debug"
    INFO = "info"
    INFO_ERROR = "info#err"
    WARNING = "warning"
    ERROR = "error"


@dataclass
class Diagnostic:
    """A message.

    Attributes:
        severity: Its severity.
        urn: The resource it concerns; empty for the stack.
        message: The text.
        ephemeral: Show it only while the run lasts.
    """

    severity: Severity
    urn: str
    message: str
    ephemeral: bool = False


@dataclass
class StepStarted:
    """A step starts."""

    step: Step


@dataclass
class StepDone:
    """A step is done, or a component's outputs are registered."""

    step: Step
    op: Op
    outputs: bool = False


@dataclass
class StepFailed:
    """A step failed; the reason is a separate diagnostic."""

    step: Step


@dataclass
class PolicyViolation:
    """A resource, or the stack, violates a policy."""

    urn: str
    pack: str
    version: str
    violation: Violation


@dataclass
class PolicyRemediation:
    """A policy remediated the inputs of a resource."""

    urn: str
    pack: str
    version: str
    policy: str
    before: Properties
    after: Properties


Event = Diagnostic | StepStarted | StepDone | StepFailed | PolicyViolation | PolicyRemediation


@dataclass
class Events:
    """The events of a run, passed to one listener in order."""

    listener: Callable[[Event], None]
    summary: Counter[str] = field(default_factory=Counter)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    steps: list[tuple[Step, Op]] = field(default_factory=list)
    violations: list[PolicyViolation] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def emit(self, event: Event) -> None:
        """Record an event and pass it to the listener."""
        with self._lock:
            if isinstance(event, Diagnostic):
                self.diagnostics.append(event)
            elif isinstance(event, PolicyViolation):
                self.violations.append(event)
            self.listener(event)

    def log(self, severity: Severity, urn: str, message: str) -> None:
        """Emit a diagnostic."""
        self.emit(Diagnostic(severity, urn, message))

    def done(self, step: Step, op: Op, *, counted: bool) -> None:
        """Record a finished step.

        Args:
            step: The step.
            op: Its outcome.
            counted: Whether the summary counts it.
        """
        with self._lock:
            if not step.internal:
                self.steps.append((step, op))
                if counted:
                    self.summary[op.value] += 1
            self.emit(StepDone(step, op))
