"""What an audit found, as a table, as JSON, or as GitLab's Code Quality report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.judge import Unjudged, Violation, judge
from pulumi_gitlab_kubernetes.policy.rule import Level, Rule
from pulumi_gitlab_kubernetes.policy.rules import RULES
from pulumi_gitlab_kubernetes.policy.stack import Stack
from pulumi_gitlab_kubernetes.policy.things import Hidden, Stored, Thing
from pulumi_gitlab_kubernetes.policy.words import counted, printable

_SEVERITIES = {Level.MANDATORY: "critical", Level.ADVISORY: "minor"}


@dataclass(frozen=True)
class Report:
    """What the rules say of some things.

    Args:
        violations: What is wrong, the mandatory first.
        unjudged: What could not be told.
        levels: The level of each rule that was applied.
        things: How many things there are.
    """

    violations: tuple[Violation, ...]
    unjudged: tuple[Unjudged, ...]
    levels: Mapping[Rule, Level]
    things: int

    def count(self, level: Level) -> int:
        """Return how many violations of a level there are."""
        return sum(self.levels[each.rule] is level for each in self.violations)


def audit(things: Iterable[Thing], configuration: Configuration) -> Report:
    """Apply all rules.

    Args:
        things: What exists.
        configuration: The rules' levels and parameters; there is nothing to remediate.

    Returns:
        What they say.
    """
    stack = Stack(things)
    levels = {rule: configuration.level(rule) for rule in RULES}
    levels = {
        rule: Level.MANDATORY if level is Level.REMEDIATE else level
        for rule, level in levels.items()
        if level is not Level.DISABLED
    }
    found: list[Violation | Unjudged] = []
    for rule in levels:
        found += judge(rule, stack.of(rule.kind), stack, configuration.parameters(rule))
    violations = [each for each in found if isinstance(each, Violation)]
    return Report(
        tuple(sorted(violations, key=lambda each: levels[each.rule] is not Level.MANDATORY)),
        tuple(each for each in found if isinstance(each, Unjudged)),
        levels,
        stack.count - len(stack.of(Stored)),
    )


def table(report: Report, _path: str) -> str:
    """Return what people read."""
    rows = [
        (
            report.levels[each.rule].value,
            each.rule.name,
            printable(each.thing.label),
            printable(each.message),
        )
        for each in report.violations
    ]
    heads = ("LEVEL", "RULE", "RESOURCE", "WHAT")
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(3)]
    lines = [
        "  ".join((*(part.ljust(width) for part, width in zip(row, widths, strict=False)), row[3]))
        for row in (heads, *rows)
    ]
    reasons = Counter(_reason(each) for each in report.unjudged)
    unjudged = [f"  {reason} ({count})" for reason, count in reasons.items()]
    advisory = counted(report.count(Level.ADVISORY), "advisory violation")
    summary = (
        f"{counted(report.things, 'resource')}, {counted(len(report.levels), 'rule')}: "
        f"{report.count(Level.MANDATORY)} mandatory and {advisory}."
    )
    shown = [*(lines if rows else ()), *(["Not judged:", *unjudged] if unjudged else ()), summary]
    return "\n".join(shown)


def _reason(each: Unjudged) -> str:
    """Say why a rule could not tell; whose value it is where that value cannot be right."""
    reason = f"`{each.reason.property}` {each.reason.why.value}"
    if each.reason.why is Hidden.MISTYPED:
        reason = f"{printable(each.reason.thing.label)}: {reason}"
    return f"{each.rule.name}: {reason}"


def as_json(report: Report, _path: str) -> str:
    """Return what programs read."""
    return _dumped(
        {
            "violations": [
                {
                    **_named(each),
                    "level": report.levels[each.rule].value,
                    "message": each.message,
                    "docs": each.rule.docs,
                }
                for each in report.violations
            ],
            "unjudged": [
                {**_named(each), "property": each.reason.property, "reason": str(each.reason)}
                for each in report.unjudged
            ],
            "resources": report.things,
            "rules": {rule.name: level.value for rule, level in report.levels.items()},
        }
    )


def code_quality(report: Report, path: str) -> str:
    """Return what a merge request shows.

    Follows https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. Its
    fingerprints stay the same while a violation does: GitLab compares those of two branches.
    """
    seen: Counter[tuple[str, str]] = Counter()
    entries = []
    for each in report.violations:
        key = each.rule.name, each.thing.urn or each.thing.label
        seen[key] += 1
        identity = json.dumps([*key, seen[key]])
        entries.append(
            {
                "description": f"{each.thing.label}: {each.message}",
                "check_name": each.rule.name,
                "fingerprint": hashlib.sha256(identity.encode()).hexdigest(),
                "severity": _SEVERITIES[report.levels[each.rule]],
                "location": {"path": path, "lines": {"begin": 1}},
            }
        )
    return _dumped(entries)


def _named(each: Violation | Unjudged) -> dict[str, Any]:
    return {"rule": each.rule.name, "resource": each.thing.label, "urn": each.thing.urn}


def _dumped(value: Any) -> str:
    return json.dumps(value, indent=2)


FORMATS: Mapping[str, Callable[[Report, str], str]] = {
    "table": table,
    "json": as_json,
    "gitlab-codequality": code_quality,
}
"""The formats, by the names that people give; each takes the file that violations are shown at."""
