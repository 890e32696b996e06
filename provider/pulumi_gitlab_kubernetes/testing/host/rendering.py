"""What the displays of a run have in common: a stack's outputs, messages, and the summary.

Follows ``pkg/backend/display`` of the Pulumi CLI.
"""

import math
from collections.abc import Mapping
from typing import Final

from . import urn as urns
from .changes import known_changes
from .events import Diagnostic, Severity
from .printer import INTERNAL, PREFIXES, Paint, Printer, is_worth_printing
from .steps import Op, Step
from .values import equal

_SAID: Final = {Severity.WARNING: "warning: ", Severity.ERROR: "error: ", Severity.DEBUG: "debug: "}
_COUNTED: Final = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.DELETE: "deleted",
    Op.REPLACE: "replaced",
}
_RETAINABLE: Final = frozenset({Op.DELETE, Op.REPLACE, Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED})


def print_outputs(printer: Printer, step: Step, *, preview: bool, refresh: bool) -> None:
    """Prints a resource's outputs as far as they are neither inputs nor as they were.

    Args:
        printer: Prints them.
        step: What was done to the resource.
        preview: Whether nothing was made, so that only the stack's outputs are of interest.
        refresh: Whether the step was a refresh, after which everything is.
    """
    old, new = step.old, step.new
    is_stack = urns.is_root_stack(step.urn)
    if (preview and not refresh and not is_stack) or (old and old.init_errors):
        return
    outputs = printer.visible(new.outputs) if new else {}
    inputs = printer.visible(new.inputs) if new and outputs else {}
    previous = printer.visible(old.outputs) if old else {}
    if preview and is_stack and old:
        outputs = known_changes(previous, outputs)
    sames = is_stack and not preview
    before = previous if old and not equal(_public(previous), _public(outputs)) else None
    if before is None and old and not sames:
        return
    keys = sorted(
        key for key in outputs.keys() | (before or {}).keys() if not key.startswith(INTERNAL)
    )
    width = max(map(len, outputs if before is None else keys), default=0)
    for key in keys:
        is_input = key in inputs and not refresh and equal(outputs.get(key), inputs[key])
        if is_input:
            continue
        if before is None:
            if is_worth_printing(outputs[key]):
                printer.print_property(key, outputs[key], width)
        elif sames or not equal(before.get(key), outputs.get(key)):
            printer.print_change(key, before.get(key), outputs.get(key), width)


def retain_flag(step: Step) -> str:
    """What is put after a step that leaves the thing itself where it is."""
    retained = step.old is not None and step.old.retain_on_delete
    return "[retain]" if retained and step.op in _RETAINABLE else ""


def text_of(diagnostic: Diagnostic, *, prefixed: bool) -> str:
    """A message, preceded by how grave it is if asked."""
    prefix = _SAID.get(diagnostic.severity, "") if prefixed else ""
    return (prefix + diagnostic.message).rstrip()


def summarize(summary: Mapping[str, int], errored: int, seconds: float | None, paint: Paint) -> str:
    """How many resources met with what.

    Args:
        summary: The counts.
        errored: How many resources have errors.
        seconds: How long it took; nothing for a preview.
        paint: Colours a piece of text.

    Returns:
        The lines.
    """
    lines = ["Resources:"]
    counts = {op: summary[op.value] for op in _COUNTED if summary.get(op.value)}
    for op, count in counts.items():
        what = f"to {op.value}" if seconds is None else _COUNTED[op]
        lines.append("    " + paint(op, f"{PREFIXES[op]}{count} {what}"))
    pieces = [f"{sum(counts.values())} changes"] if len(counts) > 1 else []
    if summary.get(Op.SAME.value):
        pieces.append(f"{summary[Op.SAME.value]} unchanged")
    if pieces:
        lines.append(f"    {'. '.join(pieces)}")
    if errored:
        lines.append("    " + paint(Op.DELETE, f"{errored} errored"))
    if seconds is not None:
        lines += ["", f"Duration: {_duration(seconds)}"]
    return "\n".join([*lines, ""])


def _public(properties: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in properties.items() if not key.startswith(INTERNAL)}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest}s"
