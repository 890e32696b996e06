"""The step that takes over an existing resource.

Follows ``ImportStep`` in ``pkg/resource/deploy/step.go`` of Pulumi's engine; see
https://www.pulumi.com/docs/iac/guides/migration/import/.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.changes import value_text
from pulumi_gitlab_kubernetes.testing.host.diff import Diff
from pulumi_gitlab_kubernetes.testing.host.failures import describe
from pulumi_gitlab_kubernetes.testing.host.provider_errors import InitError, ProviderError
from pulumi_gitlab_kubernetes.testing.host.state import Resource, now
from pulumi_gitlab_kubernetes.testing.host.steps import Op, Step, StepContext


def replaced_import(old: Resource, new: Resource, diff: Diff) -> str:
    """Return why a resource that the program imports by its id may not be replaced.

    Args:
        old: The resource.
        new: The resource that the program wants.
        diff: Their difference.
    """
    changes = [
        f"{key}: {value_text(old.inputs.get(key), show_secrets=False)}"
        f" => {value_text(new.inputs.get(key), show_secrets=False)}"
        for key in diff.replaces
    ]
    reason = (
        "previously-imported resources that still specify an ID may not be replaced; please remove"
        " the `import` declaration from your program;"
    )
    return "\n".join([reason, *changes])


@dataclass(eq=False)
class ImportStep(Step):
    """Reads a resource and records it; the program's goal is compared with it afterwards."""

    op: Op = Op.IMPORT
    original: Resource | None = None
    """The resource that it replaces."""
    then: Callable[[Resource], None] = lambda _: None
    """Takes the imported resource."""

    def apply(self, context: StepContext) -> None:
        """Read the resource, in a preview too."""
        new = self.resource
        provider = context.provider_of(new)
        try:
            result = provider.read(new, None, None)
            id_, outputs, inputs = result.id, result.outputs, result.inputs
        except InitError as error:
            id_, outputs, inputs = error.id, error.outputs, error.inputs
            new.init_errors = error.reasons
        if outputs is None:
            raise ProviderError(f"resource '{new.import_id}' does not exist")
        if inputs is None:
            package = new.type.partition(":")[0]
            raise ProviderError(
                "provider does not support importing resources; please try updating the"
                f" '{package}' plugin"
            )
        new.id, new.inputs, new.outputs = id_ or new.import_id, inputs, outputs
        new.created = new.modified = now()
        if self.original:
            self.original.delete = True

    def complete(self) -> None:
        """Hand the resource to what compares it with the program's goal."""
        self.then(self.resource)


@dataclass(eq=False)
class PlannedImportStep(ImportStep):
    """Imports a resource that no program declares yet."""

    exists: bool = False
    """Whether the state has another resource of this name."""

    def apply(self, context: StepContext) -> None:
        """Read the resource, and warn if its inputs are not valid."""
        new = self.resource
        if self.exists:
            raise ProviderError(f"resource '{new.urn}' already exists")
        super().apply(context)
        new.import_id = ""
        _, failures = context.provider_of(new).check(
            new.urn, new.inputs, new.inputs, unknowns=context.preview
        )
        if failures:
            package = urns.type_of(urns.split_reference(new.provider)[0]).rpartition(":")[2]
            context.warn(
                new.urn,
                "One or more imported inputs failed to validate. This is almost certainly a bug in"
                f" the `{package}` provider. The import will still proceed, but you will need to"
                " edit the generated code after copying it into your program.",
            )
        for failure in failures:
            context.warn(new.urn, describe(new, failure))
