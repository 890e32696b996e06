"""The tables of policies, from the rules."""

import json

from pulumi_gitlab_kubernetes.policy.rule import Rule, Scope
from pulumi_gitlab_kubernetes.policy.rules import RULES


def rule_row(rule: Rule) -> str:
    """Return a rule's row as Markdown."""
    notes = ["audits alone"] if rule.scope is Scope.STATE else []
    notes += ["can remediate"] if rule.remediate else []
    parameters = "<br>".join(
        f"`{each.key}`: {each.doc} Default: `{json.dumps(each.default)}`."
        for each in rule.parameters
    )
    level = ", ".join([rule.level.value, *notes])
    return f"| [`{rule.name}`]({rule.docs}) | {level} | {rule.holds} {rule.mend} | {parameters} |"


def policies() -> str:
    """Return the rules as tables in Markdown, one for each module of rules."""
    tables: dict[str, list[str]] = {}
    for rule in RULES:
        tables.setdefault(rule.check.__module__.rpartition(".")[2], []).append(rule_row(rule))
    head = ["| rule | level | requirement, and how to meet it | parameters |", "|---|---|---|---|"]
    return "\n".join(
        "\n".join([f"**{module.replace('_', ' ').capitalize()}**", "", *head, *rows, ""])
        for module, rows in tables.items()
    )
