"""Evaluate rules on resources, for the policy pack and the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pulumi_gitlab_kubernetes.policy.model import HiddenValueError, NotCreatedError, Resource
from pulumi_gitlab_kubernetes.policy.rule import Rule, Scope
from pulumi_gitlab_kubernetes.policy.stack import Stack


@dataclass(frozen=True)
class Violation:
    """A resource that violates a rule.

    Args:
        rule: The rule.
        resource: The resource.
        message: What is wrong, how to fix it and where to read more, without property values.
    """

    rule: Rule
    resource: Resource
    message: str


@dataclass(frozen=True)
class Unevaluated:
    """A rule that could not be evaluated on a resource.

    Args:
        rule: The rule.
        resource: The resource.
        reason: The hidden property that the rule needs.
    """

    rule: Rule
    resource: Resource
    reason: HiddenValueError


def evaluate(
    rule: Rule, stack: Stack, arguments: Mapping[str, Any]
) -> list[Violation | Unevaluated]:
    """Evaluate a rule on all resources of its kind.

    Args:
        rule: The rule.
        stack: The resources.
        arguments: The arguments of the rule's check, see `Rule.arguments`.

    Returns:
        The violations, and the resources that the rule needs a hidden value of. Resources that
        do not exist yet are skipped if the rule needs their outputs.
    """
    check = partial(rule.check, **arguments)
    more = (stack,) if rule.scope is Scope.STACK else ()
    found: list[Violation | Unevaluated] = []
    for resource in stack.of(rule.kind):
        try:
            for problem in check(resource, *more):
                found.append(Violation(rule, resource, rule.message(problem)))  # noqa: PERF401 (keeps those before an error)
        except NotCreatedError:  # noqa: PERF203 (each resource may raise one)
            continue
        except HiddenValueError as reason:
            found.append(Unevaluated(rule, resource, reason))
    return found
