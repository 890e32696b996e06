"""The current deployment during a run, written before and after every step.

Follows ``pkg/backend/snapshot.go`` of Pulumi's engine.
"""

import threading
from collections.abc import Callable
from typing import Final

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.state import (
    Deployment,
    PendingOperation,
    Resource,
    renamed,
)
from pulumi_gitlab_kubernetes.testing.host.steps import Op, Step
from pulumi_gitlab_kubernetes.testing.host.values import equal

_OPERATIONS: Final = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.DELETE_REPLACED: "deleting",
    Op.READ_DISCARD: "deleting",
    Op.DISCARD_REPLACED: "deleting",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading",
    Op.IMPORT: "importing",
    Op.IMPORT_REPLACEMENT: "importing",
}
_METADATA: Final = (
    "urn",
    "custom",
    "custom_timeouts",
    "retain_on_delete",
    "provider",
    "parent",
    "deleted_with",
    "replace_with",
    "protect",
    "taint",
)


class Snapshot:
    """Merges new resources with the previous deployment.

    Args:
        previous: The previous deployment.
        write: Keeps a deployment.
    """

    def __init__(self, previous: Deployment, write: Callable[[Deployment], None]) -> None:
        self._previous = previous
        self._write = write
        self._resources: list[Resource] = []
        self._done: set[int] = set()
        self._pending: dict[int, PendingOperation] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._changes = 1  # A run without steps is written, too.
        self._written = 0
        self._frozen = False

    def begin(self, step: Step) -> None:
        """Record that a step is about to run."""
        operation = _OPERATIONS.get(step.op)
        if operation is None:
            return
        with self._lock:
            self._pending[id(step)] = PendingOperation(step.resource, operation)
            self._changes += 1
        self._flush()

    def end(self, step: Step, *, made: bool) -> None:
        """Record the result of a step.

        Args:
            step: The step.
            made: Whether the resource has its new state.
        """
        with self._lock:
            self._pending.pop(id(step), None)
            must_write = self._take(step) if made else step.op in _OPERATIONS
            self._changes += 1
        if must_write:
            self._flush()

    def outputs_changed(self) -> None:
        """Write a component's new outputs."""
        with self._lock:
            self._changes += 1
        self._flush()

    def close(self) -> None:
        """Write all pending changes."""
        self._flush()

    def freeze(self) -> None:
        """Stop writing, whatever steps still end."""
        self._frozen = True

    def current(self) -> Deployment:
        """Return the current deployment."""
        kept = [r for r in (*self._resources, *self._previous.resources) if id(r) not in self._done]
        pending = list(self._pending.values())
        pending += [item for item in self._previous.pending_operations if item.type == "creating"]
        return Deployment(_with_current_names(kept), pending, self._previous.extra)

    def _take(self, step: Step) -> bool:
        """Record the result of a step; return whether it must be written at once."""
        old, new, op = step.old, step.new, step.op
        if op in {Op.REPLACE, Op.REFRESH}:
            return False
        if op in {Op.CREATE, Op.CREATE_REPLACEMENT}:
            if old is not None and old.pending_replacement:
                self._done.add(id(old))
        elif old is not None and not (
            new is None and old.pending_replacement and op is not Op.REMOVE_PENDING_REPLACE
        ):
            self._done.add(id(old))
        if new is not None:
            self._resources.append(new)
        return op is not Op.SAME or old is None or new is None or _differ(old, new)

    def _flush(self) -> None:
        """Wait until all changes so far are written; concurrent callers share one write."""
        wanted = self._changes
        with self._writing:
            if self._written >= wanted:
                return
            with self._lock:
                changes, deployment = self._changes, self.current()
            if not self._frozen:
                self._write(deployment)
            self._written = changes


def _differ(old: Resource, new: Resource) -> bool:
    """Return whether a resource differs in more than its source position."""
    return (
        any(getattr(old, name) != getattr(new, name) for name in _METADATA)
        or not equal(old.inputs, new.inputs)
        or not equal(old.outputs, new.outputs)
        or sorted(old.dependencies) != sorted(new.dependencies)
    )


def _with_current_names(resources: list[Resource]) -> list[Resource]:
    """Return the resources with references to renamed resources updated."""
    names: dict[str, str] = {}
    for resource in resources:
        names.update(dict.fromkeys(resource.aliases, resource.urn))
        parent = names.get(resource.parent)
        if parent and not urns.is_root_stack(parent):
            stack, project = resource.urn.removeprefix("urn:pulumi:").split("::")[:2]
            renamed_urn = urns.make(stack, project, parent, resource.type, resource.name)
            if renamed_urn != resource.urn:
                names[resource.urn] = renamed_urn
    if not names:
        return resources
    return renamed(resources, lambda urn: names.get(urn, urn))
