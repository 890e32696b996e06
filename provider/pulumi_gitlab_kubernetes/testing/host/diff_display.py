"""A run as the CLI shows it with ``--diff``: every property of each resource that changes.

Follows ``pkg/backend/display/diff.go`` of the Pulumi CLI.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from . import urn as urns
from .events import (
    Diagnostic,
    Event,
    PolicyRemediation,
    PolicyViolation,
    Severity,
    StepDone,
    StepFailed,
    StepStarted,
)
from .policy_display import packs_table, remediation_text, violation_text
from .policy_pack import PolicyPack
from .printer import PREFIXES, Paint, Printer
from .rendering import print_outputs, retain_flag, summarize, text_of
from .steps import Op, Step

_REPLACEMENT: Final = frozenset(
    {Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.READ_REPLACEMENT, Op.DISCARD_REPLACED}
)
_OWN: Final = frozenset(
    {Op.CREATE, Op.DELETE, Op.DELETE_REPLACED, Op.READ_DISCARD, Op.DISCARD_REPLACED}
)


class DiffDisplay:
    """Shows a run, property by property.

    Args:
        out: Where to.
        preview: Whether nothing is made.
        paint: Colours a piece of text.
        show_secrets: Whether secrets are shown.
    """

    def __init__(
        self, out: TextIO, *, preview: bool, paint: Paint, show_secrets: bool = False
    ) -> None:
        self._out = out
        self._preview = preview
        self._paint = paint
        self._show_secrets = show_secrets
        self.policy_packs: Sequence[PolicyPack] = ()
        self._seen: dict[str, Step] = {}
        self._refreshed: set[str] = set()
        self._errored: set[str] = set()
        self._began = time.monotonic()
        self._lock = threading.RLock()

    def begin(self, heading: str) -> None:
        """Shows what is about to happen."""
        self._write(f"{heading}:\n")

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        with self._lock:
            if isinstance(event, Diagnostic):
                self._say(event)
            elif isinstance(event, PolicyViolation):
                self._write(self._violated(event))
            elif isinstance(event, PolicyRemediation):
                self._write(remediation_text(event, self._printer(2, Op.UPDATE)))
            elif event.step.internal:
                return
            elif isinstance(event, StepStarted):
                self._start(event.step)
            elif isinstance(event, StepFailed):
                self._errored.add(event.step.urn)
            else:
                self._done(event)

    def finish(self, summary: Mapping[str, int]) -> None:
        """Shows what came of it all."""
        seconds = None if self._preview else time.monotonic() - self._began
        self._write(summarize(summary, len(self._errored), seconds, self._paint))
        self._write(packs_table(self.policy_packs))

    def _say(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity is Severity.DEBUG or diagnostic.ephemeral:
            return
        blank = "\n" if diagnostic.severity in {Severity.INFO, Severity.INFO_ERROR} else ""
        self._write(f"{text_of(diagnostic, prefixed=True)}\n{blank}")

    def _violated(self, event: PolicyViolation) -> str:
        heading, message = violation_text(event, self._paint)
        return f"    {event.pack}@v{event.version} {heading}{message}\n"

    def _start(self, step: Step) -> None:
        self._seen[step.urn] = step
        if step.op is Op.REFRESH:
            self._refreshed.add(step.urn)
        elif _is_shown(step, step.op):
            self._write(self._heading(step, step.op) + self._details(step, step.op))

    def _done(self, event: StepDone) -> None:
        step, op = event.step, event.op
        told = (
            step.resource.custom
            or event.outputs
            or self._preview
            or step.op in {Op.REFRESH, Op.DELETE}
        )
        if not told or not _is_shown(step, op):
            return
        refreshed = step.urn in self._refreshed and step.op is Op.REFRESH
        if refreshed and op is Op.UPDATE:
            self._write(self._heading(step, op) + self._details(step, op))
            return
        printer = self._printer(self._indent(step) + 1, op)
        print_outputs(printer, step, preview=self._preview, refresh=refreshed)
        if refreshed and (op is not Op.REFRESH or printer.text or urns.is_root_stack(step.urn)):
            self._write(self._heading(step, op))
        if printer.text:
            self._write(self._blanks(self._indent(step) + 1) + f"--outputs:--\n{printer.text}")

    def _heading(self, step: Step, op: Op) -> str:
        indent = self._indent(step)
        old, new = step.old, step.new
        was, is_ = bool(old and old.protect), bool(new and new.protect)
        lock = " \N{OPEN LOCK}" if was and new and not is_ else " \N{LOCK}" if was or is_ else ""
        mark = self._paint(op, PREFIXES[op])
        what = f"({op.value}{retain_flag(step)}){lock}"
        lines = [f"{self._blanks(indent)}{mark}{step.resource.type}: {what}"]
        own = op if op in _OWN else Op.SAME
        if old and old.id:
            lines.append(self._blanks(indent + 1) + self._paint(own, f"[id={old.id}]"))
        lines.append(self._blanks(indent + 1) + self._paint(own, f"[urn={step.urn}]"))
        return "\n".join([*lines, ""])

    def _details(self, step: Step, op: Op) -> str:
        if op is Op.SAME:
            return ""
        printer = self._printer(self._indent(step) + 1, op)
        old, new = step.old, step.new
        if old is None or new is None:
            only = step.resource
            printer.print_object(only.outputs if new and only.outputs else only.inputs)
        elif new.outputs:
            printer.print_changes(printer.visible(old.outputs), printer.visible(new.outputs))
        else:
            old_inputs, new_inputs = printer.visible(old.inputs), printer.visible(new.inputs)
            printer.print_changes(old_inputs, new_inputs, step.diff)
        return printer.text

    def _printer(self, indent: int, op: Op) -> Printer:
        return Printer(
            indent=indent, op=op, prefixed=False, show_secrets=self._show_secrets, paint=self._paint
        )

    def _indent(self, step: Step) -> int:
        indent = 0
        parent = step.resource.parent
        while parent in self._seen:
            above = self._seen[parent]
            indent += _is_shown(above, above.op)
            parent = above.resource.parent
        return indent

    @staticmethod
    def _blanks(indent: int) -> str:
        return "    " * indent

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _is_shown(step: Step, op: Op) -> bool:
    """Whether a step is worth showing: not if it changes nothing or is part of a replacement."""
    if urns.is_root_stack(step.urn):
        return True
    if op is Op.SAME:
        return bool(step.old and step.new and step.old.protect != step.new.protect)
    return op not in _REPLACEMENT
