"""The tables of policy rules."""

import json
import sys

from pulumi_gitlab_kubernetes.policy.rule import Rule, Scope
from pulumi_gitlab_kubernetes.policy.rules import RULES


def rule_row(rule: Rule) -> str:
    """Return the row of a rule in Markdown."""
    notes = ["only audits"] if rule.scope is Scope.STATE else []
    notes += ["can remediate"] if rule.remediate else []
    parameters = "<br>".join(
        f"`{each.key}`: {each.doc} Default: `{json.dumps(each.default)}`."
        for each in rule.parameters
    )
    level = ", ".join([rule.level.value, *notes])
    how = f"{rule.description} {rule.remediation}"
    return f"| [`{rule.name}`]({rule.docs}) | {level} | {how} | {parameters} |"


def policies() -> str:
    """Return a table in Markdown for each module of rules."""
    tables: dict[str, list[str]] = {}
    for rule in RULES:
        heading = str(sys.modules[rule.check.__module__].__doc__).rstrip(".")
        tables.setdefault(heading, []).append(rule_row(rule))
    head = ["| Rule | Level | Requirement and remediation | Parameters |", "|---|---|---|---|"]
    return "\n".join(
        "\n".join([f"## {heading}", "", *head, *rows, ""]) for heading, rows in tables.items()
    )
