"""Applies rules to things: what the pack and the audit have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .rule import Rule, Scope
from .stack import Stack
from .things import NotKnown, NotMade, Thing


@dataclass(frozen=True)
class Violation:
    """What is wrong with a thing.

    Args:
        rule: The rule that is not kept.
        thing: The thing.
        message: What is wrong, how to mend it, where to read on; without any property's value.
    """

    rule: Rule
    thing: Thing
    message: str


@dataclass(frozen=True)
class Unjudged:
    """A rule that cannot tell yet.

    Args:
        rule: The rule.
        thing: The thing that it cannot judge.
        reason: The property that it would have to read.
    """

    rule: Rule
    thing: Thing
    reason: NotKnown


def judge(
    rule: Rule, things: Iterable[Thing], stack: Stack, parameters: Mapping[str, Any]
) -> list[Violation | Unjudged]:
    """Apply a rule to things of its kind.

    Args:
        rule: The rule.
        things: The things.
        stack: All things; for rules that are not about one resource alone.
        parameters: The arguments of the rule's check.

    Returns:
        The violations, and what the rule could not tell; nothing of what is still to be made.
    """
    check = partial(rule.check, **parameters)
    more = (stack,) if rule.scope is Scope.STACK else ()
    found: list[Violation | Unjudged] = []
    for thing in things:
        try:
            for wrong in check(thing, *more):
                found.append(Violation(rule, thing, rule.message(wrong)))  # noqa: PERF401 (those before a doubt count)
        except NotMade:  # noqa: PERF203 (each thing may have one)
            continue
        except NotKnown as reason:
            found.append(Unjudged(rule, thing, reason))
    return found
