"""The report of an audit, as a table, as JSON or as a GitLab Code Quality report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.policy import findings
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.evaluate import Unevaluated, Violation, evaluate
from pulumi_gitlab_kubernetes.policy.findings import Finding
from pulumi_gitlab_kubernetes.policy.model import Hidden, Resource, Stored
from pulumi_gitlab_kubernetes.policy.rule import Level, Rule
from pulumi_gitlab_kubernetes.policy.rules import RULES
from pulumi_gitlab_kubernetes.policy.stack import Stack
from pulumi_gitlab_kubernetes.text import counted, printable


@dataclass(frozen=True)
class Report:
    """The result of an audit.

    Args:
        violations: The violations, mandatory ones first.
        unevaluated: The rules that could not be evaluated on a resource.
        levels: The level of each rule that is not disabled.
        resources: The number of resources of our kinds.
    """

    violations: tuple[Violation, ...]
    unevaluated: tuple[Unevaluated, ...]
    levels: Mapping[Rule, Level]
    resources: int

    def count(self, level: Level) -> int:
        """Return the number of violations of a level."""
        return sum(self.levels[each.rule] is level for each in self.violations)

    def findings(self) -> list[Finding]:
        """Return the violations in a form that does not depend on the rules."""
        return [
            Finding(
                each.rule.name,
                self.levels[each.rule],
                each.resource.label,
                each.message,
                each.resource.urn,
            )
            for each in self.violations
        ]


def audit(resources: Iterable[Resource], configuration: Configuration) -> Report:
    """Evaluate all rules.

    Args:
        resources: The resources.
        configuration: The rules' levels and parameters. `remediate` counts as `mandatory`.

    Returns:
        The report.
    """
    stack = Stack(resources)
    levels = {rule: configuration.level(rule) for rule in RULES}
    levels = {
        rule: Level.MANDATORY if level is Level.REMEDIATE else level
        for rule, level in levels.items()
        if level is not Level.DISABLED
    }
    found: list[Violation | Unevaluated] = []
    for rule in levels:
        found += evaluate(rule, stack, configuration.parameters(rule))
    violations = [each for each in found if isinstance(each, Violation)]
    return Report(
        tuple(sorted(violations, key=lambda each: levels[each.rule] is not Level.MANDATORY)),
        tuple(each for each in found if isinstance(each, Unevaluated)),
        levels,
        stack.count - len(stack.of(Stored)),
    )


def table(report: Report, _path: str) -> str:
    """Return the report as a table for people."""
    reasons = Counter(_reason(each) for each in report.unevaluated)
    unevaluated = [f"  {reason} ({count})" for reason, count in reasons.items()]
    advisory = counted(report.count(Level.ADVISORY), "advisory violation")
    summary = (
        f"{counted(report.resources, 'resource')}, {counted(len(report.levels), 'rule')}: "
        f"{report.count(Level.MANDATORY)} mandatory and {advisory}."
    )
    shown = [
        *([findings.table(report.findings())] if report.violations else ()),
        *(["Not evaluated:", *unevaluated] if unevaluated else ()),
        summary,
    ]
    return "\n".join(shown)


def _reason(each: Unevaluated) -> str:
    """Return why a rule could not be evaluated, with the resource's name if a value is invalid."""
    reason = f"`{each.reason.property}` {each.reason.why.value}"
    if each.reason.why is Hidden.INVALID:
        reason = f"{printable(each.reason.resource.label)}: {reason}"
    return f"{each.rule.name}: {reason}"


def as_json(report: Report, _path: str) -> str:
    """Return the report as JSON."""
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
                for each in report.unevaluated
            ],
            "resources": report.resources,
            "rules": {rule.name: level.value for rule, level in report.levels.items()},
        }
    )


def code_quality(report: Report, path: str) -> str:
    """Return the report for GitLab's Code Quality widget in merge requests."""
    return findings.code_quality(report.findings(), path)


def _named(each: Violation | Unevaluated) -> dict[str, Any]:
    return {"rule": each.rule.name, "resource": each.resource.label, "urn": each.resource.urn}


def _dumped(value: Any) -> str:
    return json.dumps(value, indent=2)


FORMATS: Mapping[str, Callable[[Report, str], str]] = {
    "table": table,
    "json": as_json,
    "gitlab-codequality": code_quality,
}
"""The formats by name. Each takes the report and the file to which violations are assigned."""
