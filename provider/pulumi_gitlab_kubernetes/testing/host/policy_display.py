"""What policy packs found, as lines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pulumi_gitlab_kubernetes.redaction import one_line
from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.events import PolicyRemediation, PolicyViolation
from pulumi_gitlab_kubernetes.testing.host.policy_pack import EnforcementLevel, PolicyPack
from pulumi_gitlab_kubernetes.testing.host.steps import Op
from pulumi_gitlab_kubernetes.testing.host.style import Paint

_LEVELS: Final = [EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY]
_SEVERITIES: Final = ["critical", "high", "medium", "low", ""]
_MARKS: Final = {EnforcementLevel.MANDATORY: "❌", EnforcementLevel.ADVISORY: "⚠️"}
_COLORS: Final = {EnforcementLevel.MANDATORY: Op.DELETE, EnforcementLevel.ADVISORY: Op.UPDATE}


def policy_lines(
    packs: Iterable[PolicyPack],
    violations: Sequence[PolicyViolation],
    remediations: Sequence[PolicyRemediation],
    paint: Paint,
) -> Iterator[str]:
    """Yield a line for each pack, and for each remediation and violation of its policies.

    Args:
        packs: The packs.
        violations: All violations.
        remediations: All remediations.
        paint: Colours a piece of text.
    """
    packs = sorted(packs, key=lambda pack: (pack.name, pack.version))
    if packs:
        yield "Policies:"
    for pack in packs:
        name = (pack.name, pack.version)
        found = sorted((each for each in violations if _pack_of(each) == name), key=_rank)
        mark = _MARKS[found[0].violation.level] if found else "✅"
        yield f"    {mark} {pack.name}@v{pack.version} (local: {pack.local.path})"
        remediated = Counter(each.policy for each in remediations if _pack_of(each) == name)
        for policy, count in sorted(remediated.items()):
            noun = "resource" if count == 1 else "resources"
            yield f"        - [remediate]  {policy}  ({count} {noun})"
        for each in found:
            yield from _violation_lines(each, paint)
    if packs:
        yield ""


def _violation_lines(event: PolicyViolation, paint: Paint) -> Iterator[str]:
    found, urn = event.violation, event.urn
    severity = f" [severity: {found.severity}]" if found.severity else ""
    heading = paint(_COLORS[found.level], f"[{found.level.value}]{severity}  {found.policy}")
    yield f"        - {heading}  ({urns.display_type(urn)}: {one_line(urns.name_of(urn))})"
    for line in found.message.rstrip("\n").split("\n"):
        yield f"          {line}".rstrip()


def _pack_of(event: PolicyViolation | PolicyRemediation) -> tuple[str, str]:
    return event.pack, event.version


def _rank(event: PolicyViolation) -> tuple[int, int, str, str]:
    found = event.violation
    severity = _SEVERITIES.index(found.severity)
    return _LEVELS.index(found.level), severity, found.policy, event.urn
