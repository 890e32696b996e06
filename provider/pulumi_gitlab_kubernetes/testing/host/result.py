"""What came of a run."""

from dataclasses import dataclass, field
from typing import NamedTuple


class StepResult(NamedTuple):
    """One step that was made, or would be.

    Attributes:
        op: What it did, in the engine's words: ``create``, ``same``, ``delete-replaced`` and so on.
        urn: The resource.
        type: Its type token.
        name: Its name.
        diff: The inputs that differ.
        replaces: The inputs that made a replacement necessary.
    """

    op: str
    urn: str
    type: str
    name: str
    diff: tuple[str, ...]
    replaces: tuple[str, ...]


class Message(NamedTuple):
    """One message.

    Attributes:
        severity: ``info``, ``info#err``, ``warning`` or ``error``.
        urn: The resource it concerns; empty for the stack.
        message: The text.
    """

    severity: str
    urn: str
    message: str


class Violation(NamedTuple):
    """A policy that was violated.

    Attributes:
        policy: Its name.
        level: ``advisory`` or ``mandatory``.
        urn: The resource; that of the stack where the policy names none.
        message: What is wrong.
    """

    policy: str
    level: str
    urn: str
    message: str


@dataclass(frozen=True, repr=False)
class Result:
    """What came of a run.

    Attributes:
        ok: Whether it succeeded.
        summary: How many resources met with what.
        steps: Each step, in the order it was made.
        diagnostics: Each message, in the order it came.
        stdout: What was displayed.
        violations: Each violation of a policy, in the order it came.
    """

    ok: bool
    summary: dict[str, int] = field(default_factory=dict)
    steps: list[StepResult] = field(default_factory=list)
    diagnostics: list[Message] = field(default_factory=list)
    stdout: str = ""
    violations: list[Violation] = field(default_factory=list)

    def __repr__(self) -> str:
        """What a failed `assert stack.up().ok` is to show: what went wrong, first."""
        wrong = [item.message for item in self.diagnostics if item.severity == "error"]
        broken = [f"{item.policy}: {item.message}" for item in self.violations]
        return f"Result(ok={self.ok}, errors={wrong}, violations={broken}, summary={self.summary})"

    @property
    def exit_code(self) -> int:
        """The exit status of the command: 0, or 1 for a failure."""
        return 0 if self.ok else 1

    @property
    def has_changes(self) -> bool:
        """Whether anything was, or would be, made, changed or deleted."""
        return any(count for op, count in self.summary.items() if op != "same")
