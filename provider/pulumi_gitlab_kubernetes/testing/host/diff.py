"""How a resource differs from its goal, as a whole and property by property.

Follows ``pkg/resource/plugin/provider.go`` of Pulumi's engine; see ``DiffResponse`` in
https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from pulumi.runtime.proto import provider_pb2

from pulumi_gitlab_kubernetes.testing.host import paths
from pulumi_gitlab_kubernetes.testing.host.values import Properties, Value, equal, unwrap

_INIT_ERROR: Final = "#initerror"


class Kind(str, Enum):
    """What happens to a property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


_INVERSE: Final = {Kind.ADD: Kind.DELETE, Kind.DELETE: Kind.ADD, Kind.UPDATE: Kind.UPDATE}


class PropertyDiff(NamedTuple):
    """The difference of one property.

    Attributes:
        kind: What happens to it.
        replaces: Whether that replaces the resource.
        inputs: Whether the old value is that of the inputs, rather than of the outputs.
    """

    kind: Kind
    replaces: bool = False
    inputs: bool = False

    def __str__(self) -> str:
        """Return the name that the engine's log of events has for it."""
        return f"{self.kind.value}-replace" if self.replaces else self.kind.value


@dataclass
class Diff:
    """How a resource differs from its goal.

    Attributes:
        changes: Whether it differs; nothing if the provider does not know.
        replaces: The properties that cannot be changed in place.
        delete_before_replace: Whether a replacement deletes the old resource first.
        changed: The properties that differ, if the provider names them.
        detailed: The difference of each property, by path, if the provider tells it.
    """

    changes: bool | None
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False
    changed: list[str] = field(default_factory=list)
    detailed: Mapping[str, PropertyDiff] | None = None

    @property
    def is_replacement(self) -> bool:
        """Whether the resource must be replaced."""
        return bool(self.replaces) or any(each.replaces for each in (self.detailed or {}).values())

    def inverted(self) -> "Diff":
        """Return the difference in the other direction."""
        return Diff(
            self.changes,
            self.replaces,
            self.delete_before_replace,
            self.changed,
            self.detailed
            and {
                path: each._replace(kind=_INVERSE[each.kind])
                for path, each in self.detailed.items()
            },
        )


def read_diff(response: provider_pb2.DiffResponse) -> Diff:
    """Read a provider's response."""
    changes = {
        provider_pb2.DiffResponse.DIFF_NONE: False,
        provider_pb2.DiffResponse.DIFF_SOME: True,
    }.get(response.changes)
    detailed = None
    if response.hasDetailedDiff:
        detailed = {
            path: _read_property_diff(each) for path, each in sorted(response.detailedDiff.items())
        }
    return Diff(
        changes,
        list(response.replaces),
        response.deleteBeforeReplace,
        list(response.diffs),
        detailed,
    )


def difference_of_inputs(old: Properties, new: Properties) -> Diff:
    """Compare inputs, for a provider that cannot tell.

    Args:
        old: The resource's inputs.
        new: The inputs that it should have.
    """
    detailed = {
        paths.join(path): PropertyDiff(kind, inputs=True)
        for path, kind in _changed_paths(unwrap(old), unwrap(new), ())
    }
    return Diff(
        bool(detailed),
        changed=sorted({str(steps[0]) for path in detailed if (steps := paths.parse(path))}),
        detailed=detailed,
    )


def replace_on_changes(diff: Diff, texts: list[str], *, has_init_errors: bool = False) -> Diff:
    """Apply the resource option ``replaceOnChanges`` to a difference.

    See https://www.pulumi.com/docs/iac/concepts/options/replaceonchanges/.

    Args:
        diff: The difference.
        texts: The property paths that the program named.
        has_init_errors: Whether the resource failed to initialize in the last run.

    Returns:
        The difference; whatever the program named replaces the resource.
    """
    triggers = [path for text in texts if (path := paths.parse(text)) is not None]
    if not triggers or not (diff.changes or has_init_errors):
        return diff

    def triggered(text: str) -> bool:
        path = paths.parse(text)
        return path is not None and any(paths.contains(trigger, path) for trigger in triggers)

    replaces = [*diff.replaces, *filter(triggered, diff.changed)]
    detailed = diff.detailed and {
        path: each._replace(replaces=each.replaces or triggered(path))
        for path, each in diff.detailed.items()
    }
    changes = diff.changes
    if has_init_errors and triggered(_INIT_ERROR):
        replaces.append(_INIT_ERROR)
        changes = True
    return Diff(
        changes,
        sorted(set(replaces)),
        diff.delete_before_replace,
        diff.changed,
        detailed,
    )


def _read_property_diff(message: provider_pb2.PropertyDiff) -> PropertyDiff:
    name, _, replaces = provider_pb2.PropertyDiff.Kind.Name(message.kind).partition("_")
    return PropertyDiff(Kind[name], bool(replaces), message.inputDiff)


def _changed_paths(old: Value, new: Value, path: paths.Path) -> list[tuple[paths.Path, Kind]]:
    """Return the innermost paths at which two values differ, and how."""
    if equal(old, new):
        return []
    keys: list[str | int] = []
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(old.keys() | new.keys())
    elif isinstance(old, list) and isinstance(new, list):
        keys = list(range(max(len(old), len(new))))
    if not keys:
        kind = Kind.ADD if old is None else Kind.DELETE if new is None else Kind.UPDATE
        return [(path, kind)]
    return [
        found
        for key in keys
        for found in _changed_paths(_item(old, key), _item(new, key), (*path, key))
    ]


def _item(value: Value, key: str | int) -> Value:
    if isinstance(key, int):
        return value[key] if key < len(value) else None
    return value.get(key)
