"""The difference between a resource and its goal, whoever computes it.

Follows ``pkg/resource/deploy/step_generator.go`` of Pulumi's engine.
"""

from collections.abc import Mapping

from pulumi_gitlab_kubernetes.testing.host import paths
from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.aliases import Aliases
from pulumi_gitlab_kubernetes.testing.host.diff import Diff, difference_of_inputs
from pulumi_gitlab_kubernetes.testing.host.provider import ResourceProvider
from pulumi_gitlab_kubernetes.testing.host.provider_errors import DiffUnavailableError
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.report import InvalidResourceError, Report
from pulumi_gitlab_kubernetes.testing.host.seen import Seen
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import (
    Properties,
    contains_unknowns,
    equal,
    unwrap,
)


def compare(
    provider: ResourceProvider,
    old: Resource,
    inputs: Properties,
    ignored: list[str],
    *,
    unknowns: bool,
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

    Raises:
        DiffUnavailableError: The provider cannot be asked.
        ProviderError: The provider failed.
    """
    diff = provider.diff(old, inputs, ignored, unknowns=unknowns)
    if diff.changes is not None:
        return diff
    wanted, _ = paths.ignore_changes(old.inputs, inputs, ignored)
    found = difference_of_inputs(old.inputs, wanted)
    if not found.changes:
        diff.changes = False
        return diff
    diff.changes, diff.changed, diff.detailed = True, found.changed, found.detailed
    return diff


class Differences:
    """Compares the resources of a run with the previous deployment.

    Args:
        olds: The live resources of the previous deployment, by URN.
        registry: The run's providers.
        aliases: The earlier names of resources.
        seen: The resources handled so far.
        report: Receives messages.
        preview: Whether values may be unknown.
    """

    def __init__(
        self,
        olds: Mapping[str, Resource],
        registry: Registry,
        aliases: Aliases,
        seen: Seen,
        report: Report,
        *,
        preview: bool,
    ) -> None:
        self._olds = olds
        self._registry = registry
        self._aliases = aliases
        self._seen = seen
        self._report = report
        self._preview = preview
        self._providers: dict[str, Resource] = {}
        """The provider resources of this run, by their current and earlier URNs."""

    def add_provider(self, provider: Resource) -> None:
        """Note a provider of this run."""
        self._providers.update(dict.fromkeys([provider.urn, *provider.aliases], provider))

    def is_triggered(self, old: Resource, new: Resource) -> bool:
        """Return whether the value of ``replacementTrigger`` replaces a resource.

        Raises:
            InvalidResourceError: It is not known.
        """
        now, before = unwrap(new.replacement_trigger), unwrap(old.replacement_trigger)
        if contains_unknowns(now) or contains_unknowns(before):
            if not self._preview:
                self._report.error(new.urn, f"replacement trigger contains unknowns for {new.urn}")
                raise InvalidResourceError
            return True
        return now is not None and before is not None and not equal(now, before)

    def of(self, old: Resource, new: Resource) -> Diff:
        """Return how a resource differs from its goal.

        Raises:
            ProviderError: The provider failed.
        """
        forced = self._forced_by(old, new)
        if forced:
            return Diff(changes=True, replaces=[forced])
        if not new.custom:
            return Diff(changes=not equal(old.inputs, new.inputs))
        manager = self._registry.manager_of(new)
        renamed = old if old.urn == new.urn else old.copy(urn=new.urn)
        try:
            return compare(manager, renamed, new.inputs, new.ignore_changes, unknowns=self._preview)
        except DiffUnavailableError as error:
            self._report.warning(new.urn, str(error))
            return Diff(changes=True)

    def _forced_by(self, old: Resource, new: Resource) -> str:
        """Return what requires a replacement regardless of the provider, if anything does."""
        if old.taint:
            return "id"
        if any(urn in self._seen.replaces for urn in new.replace_with):
            return "replaceWith"
        if new.deleted_with in self._seen.replaces:
            return "deletedWith"
        return "provider" if self._is_provider_replaced(old, new) else ""

    def _is_provider_replaced(self, old: Resource, new: Resource) -> bool:
        """Return whether a resource gets a provider that cannot take it over from its old one."""
        if not (old.provider and new.provider):
            return old.provider != new.provider
        old_urn, _ = urns.split_reference(old.provider)
        new_urn, _ = urns.split_reference(new.provider)
        renamed = old_urn != new_urn and self._aliases.new_name(old_urn) == new_urn
        if old.provider == new.provider or renamed:
            return False
        diff = self._registry.diff_config(
            new.provider, self._olds[old_urn], self._providers[new_urn].inputs
        )
        return diff.is_replacement
