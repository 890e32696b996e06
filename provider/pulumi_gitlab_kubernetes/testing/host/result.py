"""The result of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class StepResult(NamedTuple):
    """One step of a run or preview.

    Attributes:
        op: The engine's name of its kind: ``create``, ``same``, ``delete-replaced`` and so on.
        urn: The resource.
        type: Its type token.
        name: Its name.
        diff: The inputs that differ.
        replaces: The inputs that require a replacement.
        detailed: What happens to each property, by its path, such as ``update`` or
            ``add-replace``; empty if the provider does not tell.
    """

    op: str
    urn: str
    type: str
    name: str
    diff: tuple[str, ...]
    replaces: tuple[str, ...]
    detailed: Mapping[str, str]


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
        message: The policy's message.
    """

    policy: str
    level: str
    urn: str
    message: str


@dataclass(frozen=True, repr=False)
class Result:
    """The result of a run.

    Attributes:
        ok: Whether it succeeded.
        summary: How many resources had which kind of step.
        steps: The steps, in the order in which they finished.
        diagnostics: The messages, in order.
        stdout: The text that was shown.
        violations: The violations of policies, in order.
    """

    ok: bool
    summary: dict[str, int] = field(default_factory=dict)
    steps: list[StepResult] = field(default_factory=list)
    diagnostics: list[Message] = field(default_factory=list)
    stdout: str = ""
    violations: list[Violation] = field(default_factory=list)

    def __repr__(self) -> str:
        """Return what a failed `assert stack.up().ok` shows: errors first."""
        wrong = [item.message for item in self.diagnostics if item.severity == "error"]
        broken = [f"{item.policy}: {item.message}" for item in self.violations]
        return f"Result(ok={self.ok}, errors={wrong}, violations={broken}, summary={self.summary})"

    @property
    def exit_code(self) -> int:
        """The exit status of the command: 0, or 1 for a failure."""
        return 0 if self.ok else 1

    @property
    def has_changes(self) -> bool:
        """Whether any step changes something."""
        return any(count for op, count in self.summary.items() if op != "same")
