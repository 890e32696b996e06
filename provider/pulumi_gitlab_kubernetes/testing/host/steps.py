"""The steps of a deployment; each one handles one resource.

Follows ``pkg/resource/deploy/step.go`` of Pulumi's engine.
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.diff import PropertyDiff
from pulumi_gitlab_kubernetes.testing.host.difference import compare
from pulumi_gitlab_kubernetes.testing.host.provider import Provider
from pulumi_gitlab_kubernetes.testing.host.provider_errors import InitError, ProviderError
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.state import Resource, now
from pulumi_gitlab_kubernetes.testing.host.values import UNKNOWN_STRING, equal


class Op(str, Enum):
    """The kinds of steps, by the engine's names."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    READ_DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"


_COUNTED: Final = frozenset(
    {Op.SAME, Op.CREATE, Op.UPDATE, Op.DELETE, Op.REPLACE, Op.READ_DISCARD, Op.IMPORT}
)


@dataclass
class StepContext:
    """What a step needs besides its resource.

    Attributes:
        registry: The deployment's providers.
        preview: Whether the run is a preview.
        warn: Shows a warning on a resource.
    """

    registry: Registry
    preview: bool
    warn: Callable[[str, str], None]

    def provider_of(self, resource: Resource) -> Provider:
        """Return the provider that manages a resource."""
        return self.registry.require(resource.provider, resource.urn)


class ProtectedError(Exception):
    """A protected resource cannot be deleted."""

    def __init__(self, urn: str) -> None:
        super().__init__(
            f'resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect the'
            " resource, either remove the `protect` flag from the resource in your Pulumi program"
            f" and run `pulumi up`, or use the command:\n`pulumi state unprotect '{urn}'`"
        )


@dataclass(eq=False)
class Step:
    """One step.

    Attributes:
        op: Its kind.
        old: The resource before; nothing if there is none.
        new: The resource after; nothing if there is none.
        result: The registration that waits for the resource.
        diff: The properties that differ, if known; empty for all.
        replaces: The properties that require a replacement.
        detailed: The difference of each property, by path, if the provider tells it.
    """

    op: Op
    old: Resource | None = None
    new: Resource | None = None
    result: "Future[Resource] | None" = None
    diff: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    detailed: Mapping[str, PropertyDiff] | None = None

    @property
    def resource(self) -> Resource:
        """The resource of the step."""
        found = self.new or self.old
        if found is None:
            raise AssertionError
        return found

    @property
    def urn(self) -> str:
        """That resource's URN."""
        return self.resource.urn

    @property
    def counted(self) -> bool:
        """Whether the summary counts it."""
        return self.op in _COUNTED

    @property
    def internal(self) -> bool:
        """Whether it is hidden from the user, as steps of default providers are."""
        resource = self.resource
        is_default = resource.is_provider and urns.name_of(resource.urn).startswith("default")
        return is_default or self.op is Op.REMOVE_PENDING_REPLACE

    def apply(self, context: StepContext) -> None:
        """Run the step.

        Raises:
            ProviderError: The step failed; an `InitError` if the resource exists all the same.
        """

    def complete(self) -> None:
        """Hand the resource to the waiting registration."""
        if self.result is not None and self.new is not None:
            with suppress(InvalidStateError):  # the deployment was cancelled
                self.result.set_result(self.new)


@dataclass(eq=False)
class SameStep(Step):
    """Keeps an unchanged resource."""

    op: Op = Op.SAME

    def apply(self, context: StepContext) -> None:
        """Keep id and outputs; configure a provider as before."""
        old, new = _both(self)
        new.id, new.outputs = old.id, old.outputs
        if new.is_provider:
            context.registry.keep(new, old.inputs)


@dataclass(eq=False)
class CreateStep(Step):
    """Creates a resource, possibly as a replacement."""

    op: Op = Op.CREATE
    pending_delete: bool = False
    """The old resource still exists and is deleted at the end."""

    def apply(self, context: StepContext) -> None:
        """Create the resource; in a preview, ask the provider what that would give."""
        new = self.resource
        failure: InitError | None = None
        if new.custom:
            manager = context.registry.manager_of(new)
            try:
                new.id, new.outputs = manager.create(new, preview=context.preview)
            except InitError as error:
                failure = error
                new.id, new.outputs, new.init_errors = error.id, error.outputs, error.reasons
        new.created = new.modified = now()
        if self.pending_delete and self.old is not None:
            self.old.delete = True
        if failure:
            raise failure


@dataclass(eq=False)
class UpdateStep(Step):
    """Updates a resource in place."""

    op: Op = Op.UPDATE

    def apply(self, context: StepContext) -> None:
        """Update the resource; in a preview, ask the provider what that would give."""
        old, new = _both(self)
        new.id, new.created, new.modified = old.id, old.created, old.modified
        if not new.custom:
            return
        failure: InitError | None = None
        manager = context.registry.manager_of(new)
        try:
            new.outputs = manager.update(old, new, preview=context.preview)
        except InitError as error:
            failure = error
            new.outputs, new.init_errors = error.outputs, error.reasons
        new.modified = now()
        if failure:
            raise failure


@dataclass(eq=False)
class ReplaceStep(Step):
    """Marks a resource as replaced; other steps create and delete."""

    op: Op = Op.REPLACE


@dataclass(eq=False)
class DeleteStep(Step):
    """Deletes a resource, possibly because it is replaced."""

    op: Op = Op.DELETE
    others: Collection[str] = ()
    """URNs of all that is deleted."""
    pending_replacement: bool = False
    """The replacement has not been created yet."""

    @classmethod
    def of(
        cls, old: Resource, others: Collection[str], *, replaced: bool, pending: bool = False
    ) -> "DeleteStep":
        """Return the step that deletes a resource.

        Args:
            old: The resource.
            others: URNs of all that is deleted, now or later.
            replaced: Whether it is replaced.
            pending: Whether its replacement has not been created yet.
        """
        if old.external:
            op = Op.DISCARD_REPLACED if replaced else Op.READ_DISCARD
        else:
            op = Op.DELETE_REPLACED if replaced else Op.DELETE
        return cls(op=op, old=old, others=others, pending_replacement=pending)

    def apply(self, context: StepContext) -> None:
        """Delete the resource, unless the stack does not own or keeps it."""
        old = self.resource
        replaced = self.op in {Op.DELETE_REPLACED, Op.DISCARD_REPLACED}
        if old.protect and not replaced:
            raise ProtectedError(old.urn)
        kept = old.external or old.retain_on_delete or old.deleted_with in self.others
        if not context.preview and not kept and old.custom:
            context.registry.manager_of(old).delete(old)
        if self.pending_replacement:
            old.pending_replacement = True


@dataclass(eq=False)
class RemovePendingReplaceStep(Step):
    """Removes a deleted resource that will not be created again."""

    op: Op = Op.REMOVE_PENDING_REPLACE


@dataclass(eq=False)
class ReadStep(Step):
    """Reads a resource that the stack does not own."""

    op: Op = Op.READ

    @property
    def counted(self) -> bool:
        """Whether the resource changed since the last run."""
        return (
            self.op is Op.READ
            and self.old is not None
            and not equal(self.old.outputs, self.resource.outputs)
        )

    def apply(self, context: StepContext) -> None:
        """Read the resource, in a preview too."""
        old, new = self.old, self.resource
        failure: InitError | None = None
        if new.id != UNKNOWN_STRING:
            try:
                result = context.provider_of(new).read(new, new.inputs, new.inputs)
                if result.outputs is None:
                    raise ProviderError(f"resource '{new.id}' does not exist")
                new.id, new.outputs = result.id or new.id, result.outputs
            except InitError as error:
                failure = error
                new.outputs, new.init_errors = error.outputs, error.reasons
        if old is not None:
            if self.op is Op.READ_REPLACEMENT:
                old.delete = True
            changed = not (equal(old.inputs, new.inputs) and equal(old.outputs, new.outputs))
            new.created, new.modified = old.created, now() if changed else old.modified
        if failure:
            raise failure


@dataclass(eq=False)
class RefreshStep(Step):
    """Reads the current state of a resource."""

    op: Op = Op.REFRESH
    changed: bool = False
    """Whether it differs from the stack's inputs."""

    @property
    def counted(self) -> bool:
        """Always true, in a refresh."""
        return True

    @property
    def outcome(self) -> Op:
        """The change to the resource's state."""
        if self.new is None:
            return Op.DELETE
        return Op.UPDATE if self.changed else Op.SAME

    @property
    def refreshes(self) -> bool:
        """Whether the resource can be read."""
        old = self.old
        return (
            old is not None and old.custom and not old.is_provider and not old.pending_replacement
        )

    def apply(self, context: StepContext) -> None:
        """Read the resource, in a preview too; a blank id means that it no longer exists."""
        old = self.old
        self.new = old
        if old is None or not self.refreshes:
            return
        provider = context.provider_of(old)
        reasons: list[str] = []
        try:
            result = provider.read(old, old.inputs, old.outputs)
            id_, outputs, inputs = result.id, result.outputs, result.inputs
        except InitError as error:
            id_, outputs, inputs, reasons = error.id, error.outputs, error.inputs, error.reasons
            unhealthy = "Refreshed resource is in an unhealthy state:\n* " + "\n* ".join(reasons)
            context.warn(old.urn, unhealthy)
        if not id_ or outputs is None:
            self.new = None
            return
        new = old.copy(
            id=id_,
            outputs=outputs,
            inputs=old.inputs if inputs is None else inputs,
            init_errors=reasons,
        )
        if not (equal(new.inputs, old.inputs) and equal(new.outputs, old.outputs)):
            new.modified = now()
        self.new = new
        if old.external:
            self.changed = not equal(old.outputs, new.outputs)
        else:
            found = compare(
                provider, new, old.inputs, old.ignore_changes, unknowns=context.preview
            ).inverted()
            self.changed, self.diff = bool(found.changes), found.changed
            self.detailed = found.detailed


def _both(step: Step) -> tuple[Resource, Resource]:
    if step.old is None or step.new is None:
        raise AssertionError
    return step.old, step.new
