"""What a step changes, in short."""

from collections.abc import Callable
from typing import Final

from .steps import Op, Step
from .values import UNKNOWN, Value, equal, redact

_IS_RESOURCE: Final = "@isPulumiResource"  # set by the SDK in previews alone
_METADATA: Final = ("provider", "protect", "taint")


def changed_keys(step: Step, op: Op) -> list[str]:
    """The names of the inputs that a step changes.

    Args:
        step: The step.
        op: What it comes down to.

    Returns:
        The names, sorted, ``provider``, ``protect`` and ``taint`` among them.
    """
    changes = _changes(step, op, lambda value: value) or {}
    return sorted(name for names in changes.values() for name in names)


def short_diff(step: Step, op: Op) -> str:
    """The names of the properties that a step changes, as ``diff: +added-removed~changed``.

    Args:
        step: The step.
        op: What it comes down to.

    Returns:
        The names; empty if the step is not about changes. A secret that changed is not told, as it
        would not be shown.
    """
    changes = _changes(step, op, redact)
    if changes is None:
        return ""
    return "diff: " + "".join(mark + ",".join(keys) for mark, keys in changes.items() if keys)


def known_changes(old: Value, new: Value) -> Value:
    """A stack's outputs without those that may well stay as they are.

    Args:
        old: The outputs as they are.
        new: The outputs as far as a preview knows them.

    Returns:
        The new ones, each unknown replaced by what it was.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            key: old[key] if value is UNKNOWN and key in old else known_changes(old.get(key), value)
            for key, value in new.items()
            if key != _IS_RESOURCE
        }
    return new


def _changes(step: Step, op: Op, seen: Callable[[Value], Value]) -> dict[str, list[str]] | None:
    old, new = step.old, step.new
    if old is None or new is None:
        return None
    changes: dict[str, list[str]] = {"+": [], "-": [], "~": []}
    if op is not Op.SAME:
        for key in sorted(old.inputs.keys() | new.inputs.keys()):
            before, after = old.inputs.get(key), new.inputs.get(key)
            if not key.startswith("__") and not equal(seen(before), seen(after)):
                changes["+" if before is None else "-" if after is None else "~"].append(key)
    changes["~"] += [name for name in _METADATA if getattr(old, name) != getattr(new, name)]
    if not any(changes.values()):
        return None
    if step.diff:
        changes = {
            mark: [key for key in keys if key in step.diff] for mark, keys in changes.items()
        }
    return {mark: sorted(keys) for mark, keys in changes.items()}
