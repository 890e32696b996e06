"""What the policy packs of a run have to say, resource by resource and of the whole stack.

Follows ``analyzeResource`` and ``AnalyzeResources`` in ``pkg/resource/deploy`` of Pulumi's engine.
"""

from collections.abc import Collection, Mapping

from . import urn as urns
from .events import Events, PolicyRemediation, PolicyViolation
from .policy_pack import EnforcementLevel, Judged, PolicyPack, Violation
from .state import Resource


class Policies:
    """The policy packs of one run.

    Args:
        packs: Them, configured.
        events: Who hears of violations.
        root: The stack's URN.
        preview: Whether nothing is made.
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

    def judge(self, resource: Resource, *, delete_before_replace: bool | None) -> bool:
        """Judges a resource that is about to be made or changed, after mending its inputs.

        Args:
            resource: The resource; its inputs are replaced by mended ones.
            delete_before_replace: The option as the program gave it.

        Returns:
            Whether it may be made.
        """
        if not self._packs:
            return True
        self._options[resource.urn] = delete_before_replace
        if resource.is_provider:
            self._providers[resource.urn] = resource
        for pack in self._packs:
            for mended in pack.remediate(self._judged(resource)):
                if mended.diagnostic:
                    told = Violation(
                        mended.policy, EnforcementLevel.ADVISORY, mended.diagnostic, resource.urn
                    )
                    self._tell(pack, resource.urn, told)
                else:
                    self._events.emit(
                        PolicyRemediation(
                            resource.urn,
                            pack.name,
                            pack.version,
                            mended.policy,
                            resource.inputs,
                            mended.properties,
                        )
                    )
                    resource.inputs = mended.properties
        allowed = True
        for pack in self._packs:
            for violation in pack.analyze(self._judged(resource)):
                self._tell(pack, resource.urn, violation)
                if violation.level is EnforcementLevel.MANDATORY and not self._preview:
                    allowed = False
        return allowed

    def judge_stack(self, resources: Mapping[str, Resource]) -> None:
        """Judges all resources as the run leaves them.

        Args:
            resources: Them, by URN.
        """
        for pack in self._packs:
            judged = [self._judged(resource) for resource in resources.values()]
            for violation in pack.analyze_stack(judged):
                urn = violation.urn if violation.urn in resources else self._root
                self._tell(pack, urn, violation)

    def _judged(self, resource: Resource) -> Judged:
        urn = urns.split_reference(resource.provider)[0] if resource.provider else ""
        return Judged(resource, self._providers.get(urn), self._options.get(resource.urn))

    def _tell(self, pack: PolicyPack, urn: str, violation: Violation) -> None:
        if violation.level is EnforcementLevel.MANDATORY:
            self.violated = True
        self._events.emit(PolicyViolation(urn, pack.name, pack.version, violation))
