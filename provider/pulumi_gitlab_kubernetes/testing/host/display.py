"""A run as the CLI shows it without a terminal: a line for all that happens, then the outcome.

Follows ``pkg/backend/display/progress.go`` of the Pulumi CLI.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TextIO

from . import urn as urns
from .changes import short_diff
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
from .policy_display import policy_lines
from .policy_pack import EnforcementLevel, PolicyPack
from .printer import PREFIXES, Paint, Printer, visible
from .rendering import print_outputs, retain_flag, summarize, text_of
from .steps import Op, Step

_GOING: Final = {
    Op.CREATE: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.REPLACE: "replacing",
    Op.CREATE_REPLACEMENT: "creating replacement",
    Op.DELETE_REPLACED: "deleting original",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading for replacement",
    Op.REFRESH: "refreshing",
    Op.READ_DISCARD: "discarding",
    Op.DISCARD_REPLACED: "discarding original",
}
_DONE: Final = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.DELETE: "deleted",
    Op.REPLACE: "replaced",
    Op.CREATE_REPLACEMENT: "created replacement",
    Op.DELETE_REPLACED: "deleted original",
    Op.READ: "read",
    Op.READ_REPLACEMENT: "read for replacement",
    Op.REFRESH: "refresh",
    Op.READ_DISCARD: "discarded",
    Op.DISCARD_REPLACED: "discarded original",
}
_PLANNED: Final = {
    Op.CREATE: "create",
    Op.UPDATE: "update",
    Op.DELETE: "delete",
    Op.REPLACE: "replace",
    Op.CREATE_REPLACEMENT: "create replacement",
    Op.DELETE_REPLACED: "delete original",
    Op.READ: "read",
    Op.READ_REPLACEMENT: "read for replacement",
    Op.REFRESH: "refreshing",
    Op.READ_DISCARD: "discard",
    Op.DISCARD_REPLACED: "discard original",
}


@dataclass
class Row:
    """What is known of one resource."""

    urn: str
    step: Step | None = None
    op: Op = Op.SAME
    started: float = 0.0
    ended: float = 0.0
    outputs_of: set[Op] = field(default_factory=set)
    replacing: Step | None = None
    failed: bool = False
    hidden: bool = True
    said: list[Diagnostic] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def count(self, *severities: Severity) -> int:
        """How many messages of some severities there are."""
        return sum(item.severity in severities for item in self.diagnostics)


class ProgressDisplay:
    """Shows a run.

    Args:
        out: Where to.
        root: The stack's URN.
        preview: Whether nothing is made.
        paint: Colours a piece of text.
        show_secrets: Whether outputs that are secret are shown.
    """

    def __init__(
        self, out: TextIO, root: str, *, preview: bool, paint: Paint, show_secrets: bool = False
    ) -> None:
        self._out = out
        self._root = root
        self._preview = preview
        self._paint = paint
        self._show_secrets = show_secrets
        self._rows: dict[str, Row] = {}
        self.policy_packs: Sequence[PolicyPack] = ()
        self._violations: list[PolicyViolation] = []
        self._remediations: list[PolicyRemediation] = []
        self._stack_key = ""  # the stack's row has no URN until the first step on the stack
        self._finished = False
        self._began = time.monotonic()
        self._lock = threading.RLock()

    def begin(self, heading: str) -> None:
        """Shows what is about to happen."""
        self._print(f"{heading}:\n")

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        with self._lock:
            if isinstance(event, Diagnostic):
                self._say(event)
            elif isinstance(event, PolicyViolation | PolicyRemediation):
                self._judge(event)
            elif not event.step.internal:
                self._step(event)

    def finish(self, summary: Mapping[str, int]) -> None:
        """Shows what came of it all."""
        with self._lock:
            unfinished = [row for row in self._rows.values() if not self._is_done(row)]
            self._finished = True
            for row in unfinished:
                self._show(row)
            lines = policy_lines(
                self.policy_packs, self._violations, self._remediations, self._paint
            )
            for line in lines:
                self._print(line)
            self._print_diagnostics()
            self._print_outputs()
            if any(item.violation.level is EnforcementLevel.MANDATORY for item in self._violations):
                return
            errored = sum(row.count(Severity.ERROR) > 0 for row in self._rows.values())
            seconds = None if self._preview else time.monotonic() - self._began
            self._print(summarize(summary, errored, seconds, self._paint))

    def _print_diagnostics(self) -> None:
        """Shows all messages, resource by resource."""
        heading = True
        for row in self._rows.values():
            if not row.diagnostics:
                continue
            if heading:
                self._print("Diagnostics:")
                heading = False
            self._print(f"  {urns.display_type(row.urn)} ({visible(urns.name_of(row.urn))}):")
            for stream in dict.fromkeys(item.stream for item in row.diagnostics):
                of_stream = [item for item in row.diagnostics if item.stream == stream]
                lines = [
                    line
                    for item in of_stream
                    for line in text_of(item, prefixed=not stream).split("\n")
                ]
                for line in lines:
                    self._print(f"    {line}".rstrip())
                self._print("")

    def _print_outputs(self) -> None:
        row = self._rows.get(self._stack_key)
        if row is None or row.step is None:
            return
        printer = Printer(show_secrets=self._show_secrets, paint=self._paint)
        print_outputs(printer, row.step, preview=self._preview, refresh=False)
        if printer.text:
            self._print("Outputs:")
            self._print(printer.text)

    def _step(self, event: StepStarted | StepDone | StepFailed) -> None:
        step = event.step
        if step.op in {Op.READ_DISCARD, Op.READ_REPLACEMENT}:
            return
        if step.op is Op.READ:
            if not isinstance(event, StepFailed):
                text = f"read {urns.display_type(step.urn)} {visible(step.resource.name)}"
                self._say(Diagnostic(Severity.INFO, "", text, ephemeral=True))
            return
        is_stack = step.urn == self._stack_key
        row = self._row(step.urn, step.resource.parent)
        if is_stack or _is_news(event, step):
            row.hidden = False
        if isinstance(event, StepStarted):
            row.step, row.op, row.started, row.ended = step, step.op, time.monotonic(), 0.0
        elif isinstance(event, StepFailed):
            row.failed = True
        else:
            self._done(row, event)
            return
        self._show(row)

    def _done(self, row: Row, event: StepDone) -> None:
        was_refresh = row.op is Op.REFRESH
        resource = event.step.resource
        shown = (
            resource.custom or self._preview or event.outputs or event.op in {Op.DELETE, Op.REFRESH}
        )
        if not shown and not was_refresh:
            return
        row.step, row.op, row.ended = event.step, event.op, time.monotonic()
        row.outputs_of.add(event.op)
        if event.op is Op.REPLACE:
            row.replacing = event.step
        if was_refresh or (not self._preview and resource.custom and event.op is not Op.SAME):
            self._show(row)

    def _say(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity is Severity.DEBUG or not diagnostic.message.strip():
            return
        row = self._row(diagnostic.urn or self._stack_key)
        row.hidden = False
        row.said = [diagnostic]
        if not diagnostic.ephemeral:
            row.diagnostics.append(diagnostic)
        self._show(row)

    def _judge(self, event: PolicyViolation | PolicyRemediation) -> None:
        row = self._row(event.urn)
        if isinstance(event, PolicyRemediation):
            self._remediations.append(event)
            row.hidden = False
        else:
            self._violations.append(event)
        self._show(row)

    def _row(self, urn: str, parent: str = "") -> Row:
        """The row of a resource; there is always one for its parent and for the stack, too."""
        row = self._rows.get(urn)
        if row is None and urn == self._root:
            self._stack_key = urn
            row = self._rows.pop("", None) or Row(urn)
            self._rows[urn] = row
            return row
        if row is None:
            row = self._rows.setdefault(urn, Row(urn or self._root))
        if parent and parent != self._stack_key:
            self._rows.setdefault(parent, Row(parent))
        self._rows.setdefault(self._stack_key, Row(self._root, hidden=False))
        return row

    def _show(self, row: Row) -> None:
        if row.hidden:
            return
        columns = [
            self._paint(row.op, PREFIXES[row.op]),
            urns.display_type(row.urn),
            visible(urns.name_of(row.urn)),
            self._status(row),
            self._info(row),
        ]
        self._print(" " + " ".join(columns))

    def _is_done(self, row: Row) -> bool:
        if row.failed or self._finished:
            return True
        return not self._is_stack(row) and row.op in row.outputs_of

    def _is_stack(self, row: Row) -> bool:
        return row.step is not None and row.step.urn == self._root

    def _status(self, row: Row) -> str:
        failed = row.failed or row.count(Severity.ERROR) > 0
        if self._is_done(row):
            status = self._done_status(row, failed=failed)
        elif self._is_stack(row) and row.op is Op.SAME:
            status = "running"
        elif self._preview:
            status = _PLANNED.get(row.op, "")
        else:
            status = _timed(_GOING.get(row.op, ""), time.monotonic() - row.started, whole=True)
        return self._paint(row.op, status + (retain_flag(row.step) if row.step else ""))

    def _done_status(self, row: Row, *, failed: bool) -> str:
        if self._preview:
            planned = _PLANNED.get(row.op, "")
            return "refresh" if row.op is Op.REFRESH else planned
        if failed:
            doing = _GOING.get(row.op, "").partition(" ")[0]
            return f"**{doing} failed**" if doing else "**failed**"
        if row.op is Op.SAME:
            return ""
        if row.op not in row.outputs_of and row.step and row.step.resource.custom:
            return f"{_GOING[row.op]} (interrupted)"
        if not row.ended:
            return _DONE[row.op]
        return _timed(_DONE[row.op], row.ended - row.started, whole=False)

    def _info(self, row: Row) -> str:
        step = row.step
        if row.op in {Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED} and row.replacing:
            step = row.replacing
        changes = short_diff(step, row.op) if step else ""
        pieces = [f"[{changes}]"] if changes else []
        if self._finished:
            counts = {
                "error": row.count(Severity.ERROR),
                "warning": row.count(Severity.WARNING),
                "message": row.count(Severity.INFO, Severity.INFO_ERROR),
            }
            pieces += [
                f"{count} {what}{'s' if count > 1 else ''}"
                for what, count in counts.items()
                if count
            ]
        else:
            pieces += [text_of(item, prefixed=True) for item in row.said]
        return "; ".join(pieces).partition("\n")[0]

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)


def _is_news(event: StepStarted | StepDone | StepFailed, step: Step) -> bool:
    """Whether a step is worth a line: one that changes nothing is not."""
    op = event.op if isinstance(event, StepDone) else step.op
    if op is not Op.SAME:
        return True
    return bool(step.old and step.new and step.old.protect != step.new.protect)


def _timed(text: str, seconds: float, *, whole: bool) -> str:
    if not text:
        return ""
    return f"{text} ({seconds:.2f}s)" if seconds < 1 and not whole else f"{text} ({int(seconds)}s)"
