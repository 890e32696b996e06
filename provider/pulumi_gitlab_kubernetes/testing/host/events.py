"""What happens during a run, as whoever shows or keeps it hears of it."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from .policy_pack import Violation
from .steps import Op, Step
from .values import Properties


class Severity(str, Enum):
    """How grave a message is."""

    DEBUG = "debug"
    INFO = "info"
    INFO_ERROR = "info#err"
    WARNING = "warning"
    ERROR = "error"


@dataclass
class Diagnostic:
    """A message.

    Attributes:
        severity: How grave it is.
        urn: The resource it concerns; empty for the stack.
        message: The text.
        ephemeral: Whether it is worth showing only while the run lasts.
        stream: Non-zero for the parts of one longer message.
    """

    severity: Severity
    urn: str
    message: str
    ephemeral: bool = False
    stream: int = 0


@dataclass
class StepStarted:
    """A step is about to be made."""

    step: Step


@dataclass
class StepDone:
    """A step was made, or a component's outputs are there."""

    step: Step
    op: Op
    outputs: bool = False


@dataclass
class StepFailed:
    """A step failed; why is a diagnostic of its own."""

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
    """A policy mended the inputs of a resource."""

    urn: str
    pack: str
    version: str
    policy: str
    before: Properties
    after: Properties


Event = Diagnostic | StepStarted | StepDone | StepFailed | PolicyViolation | PolicyRemediation


@dataclass
class Events:
    """Everything that happened, told to one listener in order."""

    listener: Callable[[Event], None]
    summary: Counter[str] = field(default_factory=Counter)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    steps: list[tuple[Step, Op]] = field(default_factory=list)
    violations: list[PolicyViolation] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def emit(self, event: Event) -> None:
        """Tells of an event."""
        with self._lock:
            if isinstance(event, Diagnostic):
                self.diagnostics.append(event)
            elif isinstance(event, PolicyViolation):
                self.violations.append(event)
            self.listener(event)

    def say(self, severity: Severity, urn: str, message: str) -> None:
        """Tells of a message."""
        self.emit(Diagnostic(severity, urn, message))

    def done(self, step: Step, op: Op, *, counted: bool) -> None:
        """Tells that a step was made.

        Args:
            step: The step.
            op: What it came down to.
            counted: Whether the summary counts it.
        """
        with self._lock:
            if not step.internal:
                self.steps.append((step, op))
                if counted:
                    self.summary[op.value] += 1
            self.emit(StepDone(step, op))
