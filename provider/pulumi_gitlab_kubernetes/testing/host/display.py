"""A run as text: a line for each step, then policies, diagnostics, outputs and a summary."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TextIO

from pulumi_gitlab_kubernetes.redaction import one_line
from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.changes import (
    Change,
    detailed_changes,
    input_changes,
    known_changes,
    output_lines,
    property_changes,
)
from pulumi_gitlab_kubernetes.testing.host.events import (
    Diagnostic,
    Event,
    PolicyRemediation,
    PolicyViolation,
    Severity,
    StepDone,
    StepFailed,
    StepStarted,
)
from pulumi_gitlab_kubernetes.testing.host.policy_display import policy_lines
from pulumi_gitlab_kubernetes.testing.host.policy_pack import PolicyPack
from pulumi_gitlab_kubernetes.testing.host.steps import DeleteStep, Op, Step
from pulumi_gitlab_kubernetes.testing.host.style import STYLES, Paint

_PREFIXES: Final = {Severity.WARNING: "warning: ", Severity.ERROR: "error: "}
_COUNTED: Final = (Op.IMPORT, Op.CREATE, Op.UPDATE, Op.DELETE, Op.REPLACE)


class Display:
    """Shows a run.

    Args:
        out: Where to write.
        root: The stack's URN.
        preview: Whether the run is a preview.
        diff: Show the old and the new value of each property that changes.
        show_secrets: Show secrets in plain text.
        paint: Colours a piece of text.
    """

    def __init__(
        self,
        out: TextIO,
        root: str,
        *,
        preview: bool,
        diff: bool,
        show_secrets: bool,
        paint: Paint,
    ) -> None:
        self._out = out
        self._root = root
        self._preview = preview
        self._diff = diff
        self._show_secrets = show_secrets
        self._paint = paint
        self.policy_packs: Sequence[PolicyPack] = ()
        self._violations: list[PolicyViolation] = []
        self._remediations: list[PolicyRemediation] = []
        self._diagnostics: dict[str, list[Diagnostic]] = {}
        self._started: dict[Step, float] = {}
        self._root_step: Step | None = None
        self._began = time.monotonic()

    def begin(self, heading: str) -> None:
        """Show which operation runs."""
        self._print(f"{heading}:\n")

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Diagnostic):
            self._show_diagnostic(event)
        elif isinstance(event, PolicyViolation):
            self._violations.append(event)
        elif isinstance(event, PolicyRemediation):
            self._show_remediation(event)
        elif isinstance(event, StepStarted):
            self._show_start(event.step)
        elif isinstance(event, StepDone):
            self._show_done(event)
        else:
            self._show_failure(event)

    def finish(self, summary: Mapping[str, int]) -> None:
        """Show the results: policies, diagnostics, outputs and the summary.

        Args:
            summary: How many resources had which kind of step.
        """
        lines = [
            *policy_lines(self.policy_packs, self._violations, self._remediations, self._paint),
            *self._diagnostic_lines(),
            *self._output_lines(),
            *self._summary_lines(summary),
        ]
        for line in lines:
            self._print(line)

    def _show_diagnostic(self, event: Diagnostic) -> None:
        text = event.message.strip()
        if not text or event.severity is Severity.DEBUG:
            return
        urn = event.urn or self._root
        if not event.ephemeral:
            self._diagnostics.setdefault(urn, []).append(event)
        self._show(Op.SAME, urn, _PREFIXES.get(event.severity, "") + text.partition("\n")[0])

    def _show_remediation(self, event: PolicyRemediation) -> None:
        self._remediations.append(event)
        self._show(Op.UPDATE, event.urn, f"remediated by {event.policy}")
        if self._diff:
            self._show_changes(property_changes(event.before, event.after))

    def _show_start(self, step: Step) -> None:
        self._started[step] = time.monotonic()
        if not self._preview and _is_shown(step, step.op):
            self._show(step.op, step.urn, STYLES[step.op].running)

    def _show_failure(self, event: StepFailed) -> None:
        step = event.step
        if not step.internal:
            status = f"**{STYLES[step.op].running} failed**"
            self._show(step.op, step.urn, status + _summary(step, step.op))

    def _show_done(self, event: StepDone) -> None:
        step, op = event.step, event.op
        if step.urn == self._root:
            self._root_step = step
        if event.outputs != self._awaits_outputs(step):
            return
        if step.op is Op.REFRESH and op is Op.SAME:
            op = Op.REFRESH
        if not _is_shown(step, op):
            return
        status = STYLES[op].planned
        if not self._preview:
            status = f"{STYLES[op].done} ({time.monotonic() - self._started[step]:.2f}s)"
        if isinstance(step, DeleteStep) and step.resource.retain_on_delete:
            status += " [retain]"
        self._show(op, step.urn, status + _summary(step, op))
        if self._diff:
            self._show_changes(_details(step))

    def _awaits_outputs(self, step: Step) -> bool:
        """Return whether a step ends with ``RegisterResourceOutputs``, as a component's does."""
        refreshed = step.op is Op.REFRESH or step.new is None
        return not (self._preview or refreshed or step.resource.custom)

    def _show_changes(self, changes: Iterator[Change]) -> None:
        for change in changes:
            text = change.text(show_secrets=self._show_secrets)
            self._print(f"      {self._paint(change.op, text)}")

    def _show(self, op: Op, urn: str, text: str) -> None:
        resource = f"{urns.display_type(urn)} {one_line(urns.name_of(urn))}"
        self._print(f" {self._paint(op, STYLES[op].mark)} {resource} {self._paint(op, text)}")

    def _diagnostic_lines(self) -> Iterator[str]:
        if self._diagnostics:
            yield "Diagnostics:"
        for urn, diagnostics in self._diagnostics.items():
            yield f"  {urns.display_type(urn)} ({one_line(urns.name_of(urn))}):"
            for diagnostic in diagnostics:
                for line in _text_of(diagnostic).split("\n"):
                    yield f"    {line}".rstrip()
            yield ""

    def _output_lines(self) -> Iterator[str]:
        """Yield all outputs; of a preview, those that change."""
        step = self._root_step
        if step is None or step.new is None:
            return
        if self._preview:
            before = step.old.outputs if step.old else {}
            changes = property_changes(before, known_changes(before, step.new.outputs))
            lines = [
                f"    {self._paint(change.op, change.text(show_secrets=self._show_secrets))}"
                for change in changes
            ]
        else:
            lines = output_lines(step.new.outputs, show_secrets=self._show_secrets)
        if lines:
            yield from ("Outputs:", *lines, "")

    def _summary_lines(self, summary: Mapping[str, int]) -> Iterator[str]:
        yield "Resources:"
        for op in _COUNTED:
            if count := summary.get(op.value):
                style = STYLES[op]
                what = f"to {style.planned}" if self._preview else style.done
                yield "    " + self._paint(op, f"{style.mark}{count} {what}")
        if unchanged := summary.get(Op.SAME.value):
            yield f"    {unchanged} unchanged"
        errored = sum(
            any(each.severity is Severity.ERROR for each in diagnostics)
            for diagnostics in self._diagnostics.values()
        )
        if errored:
            yield "    " + self._paint(Op.DELETE, f"{errored} errored")
        if not self._preview:
            yield f"\nDuration: {math.ceil(time.monotonic() - self._began)}s"

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)


def _is_shown(step: Step, op: Op) -> bool:
    """Return whether a step is shown: if it changes something, or the option ``protect``."""
    protects = step.old and step.new and step.old.protect != step.new.protect
    return not step.internal and (op is not Op.SAME or bool(protects))


def _summary(step: Step, op: Op) -> str:
    """Return the names of what a step changes."""
    names = ",".join(change.marked for change in input_changes(step, op))
    return f" [diff: {names}]" if names else ""


def _details(step: Step) -> Iterator[Change]:
    """Return each property that a step changes; of a refresh, what changed it."""
    old, new = step.old, step.new
    if step.detailed is not None:
        return iter(detailed_changes(step))
    if step.op is Op.REFRESH:
        return property_changes(old.outputs if old else {}, new.outputs if new else {})
    return property_changes(old.inputs if old else {}, new.inputs if new else {})


def _text_of(diagnostic: Diagnostic) -> str:
    return _PREFIXES.get(diagnostic.severity, "") + diagnostic.message.rstrip()
