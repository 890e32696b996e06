"""Dependents that must be deleted when a resource is deleted before its replacement.

See https://www.pulumi.com/docs/iac/concepts/options/deletebeforereplace/.
"""

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.diff import replace_on_changes
from pulumi_gitlab_kubernetes.testing.host.difference import compare
from pulumi_gitlab_kubernetes.testing.host.graph import dependents
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.seen import Seen
from pulumi_gitlab_kubernetes.testing.host.state import Deployment, Resource
from pulumi_gitlab_kubernetes.testing.host.values import UNKNOWN


class Replacements:
    """Finds the dependents that are deleted together with a resource.

    Args:
        previous: The previous deployment.
        registry: The deployment's providers.
        seen: The resources handled so far.
    """

    def __init__(self, previous: Deployment, registry: Registry, seen: Seen) -> None:
        self._previous = previous
        self._registry = registry
        self._seen = seen
        self.keys: dict[str, list[str]] = {}
        """By the URN of a dependent, the properties that make its replacement necessary."""

    def of(self, root: Resource, urn: str) -> list[Resource]:
        """Return the resources that must be deleted before another, in the deployment's order.

        Args:
            root: The old resource.
            urn: Its current URN.

        Returns:
            The dependents whose providers say that they do not survive a change of what they depend
            on, and those that ask to be replaced or deleted with it.
        """
        found: list[Resource] = []
        condemned = {root.urn}
        for dependent in dependents(self._previous.resources, root, self._seen.decided):
            keys = self._replaced_keys(dependent, condemned)
            if keys is not None:
                found.append(dependent)
                condemned.add(dependent.urn)
                self.keys[dependent.urn] = keys
        for resource in self._previous.resources:
            follows = resource.deleted_with == urn or urn in resource.replace_with
            if follows and not resource.delete and resource not in found:
                found.append(resource)
                self.keys[resource.urn] = []
        return found

    def _replaced_keys(self, resource: Resource, condemned: set[str]) -> list[str] | None:
        """Return the properties that make a replacement necessary, or nothing if none is."""
        if not resource.custom or resource.external:
            return None
        if resource.provider and urns.split_reference(resource.provider)[0] in condemned:
            self._registry.ensure(resource.provider, self._previous.resources)
            return []
        if resource.deleted_with in condemned:
            return []
        unknown = {
            key
            for key in resource.inputs
            if not condemned.isdisjoint(resource.property_dependencies.get(key, ()))
        }
        if not unknown:
            return None
        inputs = {key: UNKNOWN if key in unknown else item for key, item in resource.inputs.items()}
        if resource.is_provider:
            self._registry.keep(resource, resource.inputs, was_checked=False)
        else:
            self._registry.ensure(resource.provider, self._previous.resources)
        manager = self._registry.manager_of(resource)
        diff = compare(manager, resource, inputs, resource.ignore_changes, unknowns=True)
        diff = replace_on_changes(diff, resource.replace_on_changes)
        return diff.replaces if diff.is_replacement else None
