"""How a resource differs from what it should be.

See https://www.pulumi.com/docs/iac/concepts/options/replaceonchanges/.
"""

from typing import Final

from . import paths
from .paths import Path
from .provider import Diff, Provider
from .state import Resource
from .values import Properties, Value, equal, unwrap

_INIT_ERROR: Final = "#initerror"


def compare(
    provider: Provider, old: Resource, inputs: Properties, ignored: list[str], *, unknowns: bool
) -> Diff:
    """Asks a provider what differs, and finds it out where the provider cannot tell.

    Args:
        provider: The resource's provider.
        old: The resource as it is.
        inputs: The inputs it should have.
        ignored: Property paths whose changes do not count.
        unknowns: Whether some of the inputs may be unknown.

    Returns:
        The difference.
    """
    diff = provider.diff(old, inputs, ignored, unknowns=unknowns)
    if diff.changes is None:
        wanted, _ = paths.ignore_changes(old.inputs, inputs, ignored)
        diff.paths = changed_paths(unwrap(old.inputs), unwrap(wanted))
        diff.changes = bool(diff.paths)
        diff.changed = sorted({str(path[0]) for path in diff.paths})
    return diff


def changed_paths(old: Value, new: Value) -> list[Path]:
    """The innermost paths at which two values differ."""
    if equal(old, new):
        return []
    found: list[Path] = []
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            found += [(key, *path) for path in changed_paths(old.get(key), new.get(key))]
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            pair = (items[index] if index < len(items) else None for items in (old, new))
            found += [(index, *path) for path in changed_paths(*pair)]
    return found or [()]


def replace_on_changes(diff: Diff, texts: list[str], *, has_init_errors: bool = False) -> None:
    """Makes a difference a reason to replace the resource where the program says so.

    Args:
        diff: The difference; changed in place.
        texts: The property paths that the program named.
        has_init_errors: Whether the resource was not in order when it was last made or changed.
    """
    if not diff.changes and not has_init_errors:
        return
    triggers = [path for text in texts if (path := paths.parse(text)) is not None]
    for path in diff.paths:
        if any(paths.contains(trigger, path) for trigger in triggers):
            diff.replaces = sorted({*diff.replaces, str(path[0])})
    if has_init_errors and any(paths.contains(trigger, (_INIT_ERROR,)) for trigger in triggers):
        diff.replaces = [*diff.replaces, _INIT_ERROR]
        diff.changes = True
