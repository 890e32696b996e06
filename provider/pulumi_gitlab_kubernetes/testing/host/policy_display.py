"""Policy packs and what they found, as the CLI shows them.

Follows ``printPolicies`` and ``renderDiffPolicyViolationEvent`` in ``pkg/backend/display`` of the
Pulumi CLI.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from . import urn as urns
from .events import PolicyRemediation, PolicyViolation
from .policy_pack import EnforcementLevel, PolicyPack
from .printer import Paint, Printer
from .steps import Op
from .values import equal

_LONGEST_PATH: Final = 75
_LEVELS: Final = [EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY]
_SEVERITIES: Final = ["critical", "high", "medium", "low", ""]
_MARKS: Final = {None: "✅", EnforcementLevel.MANDATORY: "❌", EnforcementLevel.ADVISORY: "⚠️"}


def policy_lines(
    packs: Iterable[PolicyPack],
    violations: Sequence[PolicyViolation],
    remediations: Sequence[PolicyRemediation],
    paint: Paint,
) -> list[str]:
    """Shows the packs of a run with all that they found.

    Args:
        packs: The packs.
        violations: What was violated.
        remediations: What was mended.
        paint: Colours a piece of text.

    Returns:
        The lines; none if there are no packs.
    """
    lines = []
    for pack in sorted(packs, key=lambda item: (item.name, item.version)):
        own = [
            item for item in violations if (item.pack, item.version) == (pack.name, pack.version)
        ]
        levels = {item.violation.level for item in own}
        worst = next((level for level in _LEVELS if level in levels), None)
        where = _abbreviated(pack.local.path)
        lines.append(f"    {_MARKS[worst]} {pack.name}@v{pack.version} (local: {where})")
        mended = Counter(
            item.policy
            for item in remediations
            if (item.pack, item.version) == (pack.name, pack.version)
        )
        for policy, count in sorted(mended.items()):
            what = "resource" if count == 1 else "resources"
            lines.append(f"        - [remediate]  {policy}  ({count} {what})")
        for item in sorted(own, key=_rank):
            heading, message = violation_text(item, paint)
            lines.append(f"        - {heading}")
            lines += [f"          {line}".rstrip() for line in message.split("\n")]
    return ["Policies:", *lines, ""] if lines else []


def violation_text(event: PolicyViolation, paint: Paint) -> tuple[str, str]:
    """Shows a violation.

    Args:
        event: The violation.
        paint: Colours a piece of text.

    Returns:
        What was violated by which resource; and the message.
    """
    found = event.violation
    severity = f" [severity: {found.severity}]" if found.severity else ""
    level = f"[{found.level.value}]{severity}  {found.policy}"
    color = Op.DELETE if found.level is EnforcementLevel.MANDATORY else Op.UPDATE
    return f"{paint(color, level)}{_of(event.urn)}", found.message.rstrip("\n")


def packs_table(packs: Iterable[PolicyPack]) -> str:
    """Shows which packs ran."""
    rows = [(f"{item.name}|local|{_abbreviated(item.local.path)}", item.version) for item in packs]
    if not rows:
        return ""
    width = max(len(name) for name, _ in rows)
    lines = [f"    {name:<{width}}  {version}" for name, version in [("Name", "Version"), *rows]]
    return "\n".join(["", "Policy Packs run:", *lines, ""])


def remediation_text(event: PolicyRemediation, printer: Printer) -> str:
    """Shows a remediation, property by property.

    Args:
        event: The remediation.
        printer: Prints the properties that changed.

    Returns:
        The text; empty if nothing changed.
    """
    before, after = printer.visible(event.before), printer.visible(event.after)
    changed = [key for key in {**before, **after} if not equal(before.get(key), after.get(key))]
    printer.print_changes(
        {key: before[key] for key in changed if key in before},
        {key: after[key] for key in changed if key in after},
    )
    if not printer.text:
        return ""
    heading = f"    {event.pack}@v{event.version} [remediate]  {event.policy}{_of(event.urn)}"
    return f"{heading}\n{printer.text}"


def _of(urn: str) -> str:
    return f"  ({urns.display_type(urn)}: {urns.name_of(urn)})" if urn else ""


def _rank(event: PolicyViolation) -> tuple[int, int, str, str]:
    found = event.violation
    severity = _SEVERITIES.index(found.severity)
    return _LEVELS.index(found.level), severity, found.policy, event.urn


def _abbreviated(path: Path) -> str:
    text = os.path.normpath(path)
    parts = text.split("/")
    if len(text) > _LONGEST_PATH and len(parts) > 4:  # noqa: PLR2004 - two at either end
        parts = [*parts[:2], "...", *parts[-2:]]
    return "/".join(parts)
