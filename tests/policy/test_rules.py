"""The rules, each on things that keep it, that break it, and that it cannot judge yet."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import pytest
from tests.policy.cases import CASES

from pulumi_gitlab_kubernetes.policy.judge import Unjudged, Violation, judge
from pulumi_gitlab_kubernetes.policy.rule import Level, Rule, Scope
from pulumi_gitlab_kubernetes.policy.rules import BY_NAME, RULES
from pulumi_gitlab_kubernetes.policy.stack import Stack
from pulumi_gitlab_kubernetes.policy.things import (
    KINDS,
    ClusterAgent,
    ClusterAgentToken,
    NotKnown,
    Thing,
)
from pulumi_gitlab_kubernetes.registry import core_for


def _each(kind: str) -> list[Any]:
    return [
        pytest.param(name, things, id=f"{name}-{number}")
        for name, cases in CASES.items()
        for number, things in enumerate(getattr(cases, kind))
    ]


def _judged(name: str, things: Sequence[Thing]) -> list[Violation | Unjudged]:
    rule, stack = BY_NAME[name], Stack(things)
    parameters = {**rule.defaults(), **CASES[name].parameters}
    return judge(rule, stack.of(rule.kind), stack, parameters)


@pytest.mark.parametrize(("name", "things"), _each("passing"))
def test_a_kept_rule_says_nothing(name: str, things: Sequence[Thing]) -> None:
    """Neither a violation nor a doubt where all that the rule reads is fine."""
    assert _judged(name, things) == []


@pytest.mark.parametrize(("name", "things"), _each("failing"))
def test_a_broken_rule_says_what_where_and_how_to_mend_it(
    name: str, things: Sequence[Thing]
) -> None:
    """One line that names properties, the way out and GitLab's page, and shows no value."""
    (found,) = _judged(name, things)
    assert isinstance(found, Violation)
    assert "canary" not in found.message.lower()
    assert "glagent" not in found.message
    assert "\n" not in found.message
    assert re.match(r"`[a-z][^`A-Z]*` |[A-Z][a-z]", found.message)
    assert found.message.endswith(f"{BY_NAME[name].mend} See {BY_NAME[name].docs}")


def test_the_second_token_is_the_one_too_many() -> None:
    """The violation is on it, and names the first; of three there are two."""
    tokens = [
        ClusterAgentToken(label, {"project": "a/b", "agent_id": 1, "name": label})
        for label in ("first", "second", "third")
    ]
    found = _judged("token-one-per-agent", tokens)
    assert [each.thing.label for each in found] == ["second", "third"]
    for each in found:
        assert isinstance(each, Violation)
        assert each.message.startswith("Its agent already has first.")


@pytest.mark.parametrize(("name", "things"), _each("unknown"))
def test_what_is_not_known_is_not_judged(name: str, things: Sequence[Thing]) -> None:
    """The rule names the property that it would have to read."""
    found = _judged(name, things)
    assert found
    for each in found:
        assert isinstance(each, Unjudged)
        assert re.fullmatch(r"[\w-]+: `\w+` is .*", str(each.reason))


def test_each_rule_has_cases() -> None:
    """Of all three sorts, but for rules that nothing can be unknown to."""
    reads_nothing = {"cluster-deprecated"}
    assert list(CASES) == [rule.name for rule in RULES]
    for name, cases in CASES.items():
        assert cases.passing, name
        assert cases.failing, name
        certain = name in reads_nothing or BY_NAME[name].scope is Scope.STATE
        assert bool(cases.unknown) is not certain, name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_told_in_words(rule: Rule) -> None:
    """A stable name, sentences, and a page of GitLab's documentation."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert rule.name not in {"all", "environments"}  # Keys of Pulumi's own in a configuration.
    for sentence in (rule.holds, rule.mend, *(each.doc for each in rule.parameters)):
        assert re.fullmatch(r"[A-Z][^\n]*\.", sentence)
    assert rule.docs.startswith("https://docs.gitlab.com/")
    assert rule.level in {Level.ADVISORY, Level.MANDATORY}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_check_takes_its_parameters(rule: Rule) -> None:
    """By name, after the thing and, where it needs it, the stack."""
    arguments = list(inspect.signature(rule.check).parameters)
    before = 2 if rule.scope is Scope.STACK else 1
    assert arguments[before:] == [each.name for each in rule.parameters]


def test_rules_have_different_names() -> None:
    """A configuration could not tell them apart otherwise."""
    assert len(BY_NAME) == len(RULES)


def test_rules_read_fields_that_there_are() -> None:
    """Each property of a kind is an input, an output or a part of the id of its resource."""
    kinds = {rule.kind for rule in RULES if rule.scope is not Scope.STATE}
    assert len(kinds) == 5
    for kind in kinds:
        core = core_for(kind.__name__)
        names = {each.name for each in (*core.schema.fields, *core.schema.outputs)} | {*core.ids}
        unnamed = {"name"} if kind.__name__ == "ClusterAgentUrlConfiguration" else set()
        assert set(kind.properties) - names == unnamed


@pytest.mark.parametrize(
    ("name", "values", "mended"),
    [
        ("environment-https", {"external_url": "http://a.b/c"}, {"external_url": "https://a.b/c"}),
        ("environment-https", {"external_url": "HTTP://a.b"}, {"external_url": "https://a.b"}),
        (
            "environment-https",
            {"external_url": "http://a.b/?to=http://c"},
            {"external_url": "https://a.b/?to=http://c"},
        ),
        ("environment-https", {"external_url": "https://a.b"}, {}),
        ("environment-https", {"external_url": "a.b"}, {}),
        ("environment-https", {}, {}),
        ("production-force-stop", {"name": "prod", "force_stop": True}, {"force_stop": False}),
        ("production-force-stop", {"name": "test", "force_stop": True}, {}),
    ],
)
def test_a_remediation_mends_what_is_certain(
    name: str, values: dict[str, Any], mended: dict[str, Any]
) -> None:
    """And leaves everything else alone."""
    rule = BY_NAME[name]
    assert rule.remediate is not None
    assert rule.remediate(rule.kind("it", values)) == mended


@pytest.mark.parametrize("value", [True, 7, 7.0, "7", "x", "http://[", [], {"a": 1}])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_value_of_any_type_is_survived(kind: type[Thing], value: object) -> None:
    """Policies also see what the provider's own check refuses, and what others wrote to a state."""
    stack = Stack([kind(label, dict.fromkeys(kind.properties, value)) for label in "ab"])
    for rule in RULES:
        judge(rule, stack.of(rule.kind), stack, rule.defaults())


def test_an_id_is_the_same_as_a_number_and_as_a_text() -> None:
    """Programs and packages write either."""
    stack = Stack(
        [
            ClusterAgent("agent", {"agent_id": 7.0, "project": 42.0}),
            ClusterAgentToken("token", {"agent_id": "7", "project": "42"}),
        ]
    )
    (agent,), (token,) = stack.of(ClusterAgent), stack.of(ClusterAgentToken)
    assert stack.agent(token) is agent
    assert stack.project(token) == stack.project(agent)


def test_a_property_that_is_not_at_hand_is_never_guessed() -> None:
    """Its default is for one that is not set."""
    for things in CASES["cluster-api-url-tls"].unknown:
        with pytest.raises(NotKnown, match="cluster: `kubernetes_api_url` is"):
            _ = things[0].kubernetes_api_url
