"""The policy packs of a run, applied to each resource and to the whole stack.

Follows ``analyzeResource`` and ``AnalyzeResources`` in ``pkg/resource/deploy`` of Pulumi's engine.
"""

from collections.abc import Collection, Mapping

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.events import Events, PolicyRemediation, PolicyViolation
from pulumi_gitlab_kubernetes.testing.host.policy_pack import (
    EnforcementLevel,
    PolicyInput,
    PolicyPack,
    Violation,
)
from pulumi_gitlab_kubernetes.testing.host.state import Resource


class Policies:
    """The policy packs of one run.

    Args:
        packs: The configured packs.
        events: Receives violations and remediations.
        root: The stack's URN.
        preview: Whether the run is a preview.
    """

    def __init__(
        self, packs: Collection[PolicyPack], events: Events, root: str, *, preview: bool
    ) -> None:
        self._packs = packs
        self._events = events
        self._root = root
        self._preview = preview
        self._options: dict[str, bool | None] = {}
        self._providers: dict[str, Resource] = {}
        self.violated = False
        """Whether a mandatory policy was violated."""

    def evaluate(self, resource: Resource, *, delete_before_replace: bool | None) -> bool:
        """Remediate the inputs of a resource, then evaluate the policies.

        Args:
            resource: The resource; its inputs are replaced by the remediated ones.
            delete_before_replace: The resource option.

        Returns:
            Whether it may be created or updated.
        """
        if not self._packs:
            return True
        self._options[resource.urn] = delete_before_replace
        if resource.is_provider:
            self._providers[resource.urn] = resource
        for pack in self._packs:
            for remediation in pack.remediate(self._input(resource)):
                if remediation.diagnostic:
                    violation = Violation(
                        remediation.policy,
                        EnforcementLevel.ADVISORY,
                        remediation.diagnostic,
                        resource.urn,
                    )
                    self._report(pack, resource.urn, violation)
                else:
                    self._events.emit(
                        PolicyRemediation(
                            resource.urn,
                            pack.name,
                            pack.version,
                            remediation.policy,
                            resource.inputs,
                            remediation.properties,
                        )
                    )
                    resource.inputs = remediation.properties
        allowed = True
        for pack in self._packs:
            for violation in pack.analyze(self._input(resource)):
                self._report(pack, resource.urn, violation)
                if violation.level is EnforcementLevel.MANDATORY and not self._preview:
                    allowed = False
        return allowed

    def evaluate_stack(self, resources: Mapping[str, Resource]) -> None:
        """Evaluate the stack policies.

        Args:
            resources: The resources, by URN.
        """
        for pack in self._packs:
            inputs = [self._input(resource) for resource in resources.values()]
            for violation in pack.analyze_stack(inputs):
                urn = violation.urn if violation.urn in resources else self._root
                self._report(pack, urn, violation)

    def _input(self, resource: Resource) -> PolicyInput:
        urn = urns.split_reference(resource.provider)[0] if resource.provider else ""
        return PolicyInput(resource, self._providers.get(urn), self._options.get(resource.urn))

    def _report(self, pack: PolicyPack, urn: str, violation: Violation) -> None:
        if violation.level is EnforcementLevel.MANDATORY:
            self.violated = True
        self._events.emit(PolicyViolation(urn, pack.name, pack.version, violation))
