"""The difference between a resource and its goal.

See https://www.pulumi.com/docs/iac/concepts/options/replaceonchanges/.
"""

from typing import Final

from pulumi_gitlab_kubernetes.testing.host import paths
from pulumi_gitlab_kubernetes.testing.host.paths import Path
from pulumi_gitlab_kubernetes.testing.host.provider import Diff, Provider
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import Properties, Value, equal, unwrap

_INIT_ERROR: Final = "#initerror"


def compare(
    provider: Provider, old: Resource, inputs: Properties, ignored: list[str], *, unknowns: bool
) -> Diff:
    """Ask a provider for the difference, and compute it if the provider does not know.

    Args:
        provider: The resource's provider.
        old: The current resource.
        inputs: The inputs it should have.
        ignored: Property paths whose changes are ignored.
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
    """Return the innermost paths at which two values differ."""
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
    """Apply the resource option ``replaceOnChanges`` to a difference.

    Args:
        diff: The difference; changed in place.
        texts: The property paths that the program named.
        has_init_errors: Whether the resource failed to initialize in the last run.
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
