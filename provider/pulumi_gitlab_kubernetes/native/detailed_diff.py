"""Detailed diffs: what happens to each property, nested ones too.

See https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers/implementers-guide.html
and https://www.pulumi.com/docs/iac/concepts/options/ignorechanges/ for the paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from pulumi.runtime.proto import provider_pb2

from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.schema import Difference
from pulumi_gitlab_kubernetes.core.spelling import camel_case, in_camel_case
from pulumi_gitlab_kubernetes.core.values import Values

_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def respond(
    kind: Kind, found: Difference, olds: Values, news: Values, *, rewrite: bool
) -> provider_pb2.DiffResponse:
    """Return the response to a diff.

    Args:
        kind: The kind of the resource.
        found: The changes.
        olds: The old inputs.
        news: The new inputs.
        rewrite: Whether the state must be rewritten, with or without a change.
    """
    changed = provider_pb2.DiffResponse.DIFF_SOME
    if not found.changed and not rewrite:
        changed = provider_pb2.DiffResponse.DIFF_NONE
    details = {
        path: provider_pb2.PropertyDiff(kind=_KINDS[what, name in found.replaces], inputDiff=True)
        for name in found.changed
        for path, what in _changes(
            camel_case(name),
            *(in_camel_case(each.get(name), kind.schema.names_in(name)) for each in (olds, news)),
        )
    }
    return provider_pb2.DiffResponse(
        changes=changed,
        replaces=[camel_case(name) for name in found.replaces],
        diffs=[camel_case(name) for name in found.changed],
        stables=[*map(camel_case, kind.ids), *_stable_outputs(kind)],
        deleteBeforeReplace=found.delete_first,
        detailedDiff=details,
        hasDetailedDiff=True,
    )


def _stable_outputs(kind: Kind) -> Iterator[str]:
    return (camel_case(output.name) for output in kind.schema.outputs if not output.volatile)


def _changes(path: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    """Yield the path of each changed value, and how it changes."""
    if _has_maps(old) and _has_maps(new):
        for i, (before, after) in enumerate(zip_longest(old, new)):
            if before != after:
                yield from _changes(f"{path}[{i}]", before, after)
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
        if not any(key.endswith("\\") for key in keys):  # No path can have such a key.
            for key in keys:
                yield from _changes(f"{path}{_key(key)}", old.get(key), new.get(key))
            return
    if old is None and new is not None:
        yield path, "add"
    elif new is None and old is not None:
        yield path, "delete"
    else:
        yield path, "update"


def _has_maps(value: Any) -> bool:
    """Return whether a value is a list of maps. Other lists are compared as one value."""
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def _key(key: str) -> str:
    """Return a key in a path, in which only quotes are escaped."""
    quoted = key.replace('"', '\\"')
    return f".{key}" if key.isidentifier() else f'["{quoted}"]'
