"""Each rule on resources that comply, that violate it, and that it cannot evaluate yet."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import pytest
from tests.policy.cases import CASES

from pulumi_gitlab_kubernetes.policy.evaluate import Unevaluated, Violation, evaluate
from pulumi_gitlab_kubernetes.policy.kinds import (
    KINDS,
    ClusterAgent,
    ClusterAgentToken,
    ProjectCluster,
)
from pulumi_gitlab_kubernetes.policy.model import HiddenValueError, Resource
from pulumi_gitlab_kubernetes.policy.rule import Level, Rule, Scope
from pulumi_gitlab_kubernetes.policy.rules import BY_NAME, RULES
from pulumi_gitlab_kubernetes.policy.stack import Stack


def _each(kind: str) -> list[Any]:
    return [
        pytest.param(name, resources, id=f"{name}-{number}")
        for name, cases in CASES.items()
        for number, resources in enumerate(getattr(cases, kind))
    ]


def _evaluated(name: str, resources: Sequence[Resource]) -> list[Violation | Unevaluated]:
    rule, stack = BY_NAME[name], Stack(resources)
    return evaluate(rule, stack, {**rule.arguments({}), **CASES[name].parameters})


@pytest.mark.parametrize(("name", "resources"), _each("passing"))
def test_a_compliant_resource_has_no_violation(name: str, resources: Sequence[Resource]) -> None:
    """The rule can be evaluated, and reports nothing."""
    assert _evaluated(name, resources) == []


@pytest.mark.parametrize(("name", "resources"), _each("failing"))
def test_a_violation_says_what_is_wrong_and_how_to_fix_it(
    name: str, resources: Sequence[Resource]
) -> None:
    """In one line with property names, remediation and documentation, and without values."""
    (found,) = _evaluated(name, resources)
    assert isinstance(found, Violation)
    assert "canary" not in found.message.lower()
    assert "glagent" not in found.message
    assert "\n" not in found.message
    assert re.match(r"`[a-z][^`A-Z]*` |[A-Z][a-z]", found.message)
    assert found.message.endswith(f"{BY_NAME[name].remediation} See {BY_NAME[name].docs}")


def test_additional_tokens_are_violations() -> None:
    """Each names the first token."""
    tokens = [
        ClusterAgentToken(label, {"project": "a/b", "agent_id": 1, "name": label})
        for label in ("first", "second", "third")
    ]
    found = _evaluated("token-one-per-agent", tokens)
    assert [each.resource.label for each in found] == ["second", "third"]
    for each in found:
        assert isinstance(each, Violation)
        assert each.message.startswith("Its agent already has the token first.")


@pytest.mark.parametrize(("name", "resources"), _each("unknown"))
def test_a_hidden_value_is_reported(name: str, resources: Sequence[Resource]) -> None:
    """By the property that the rule needs."""
    found = _evaluated(name, resources)
    assert found
    for each in found:
        assert isinstance(each, Unevaluated)
        assert re.fullmatch(r"[\w-]+: `\w+` is .*", str(each.reason))


def test_each_rule_has_cases() -> None:
    """Of all three sorts, except for rules that cannot meet a hidden value."""
    reads_nothing = {"cluster-deprecated"}
    assert list(CASES) == [rule.name for rule in RULES]
    for name, cases in CASES.items():
        assert cases.passing, name
        assert cases.failing, name
        always_known = name in reads_nothing or BY_NAME[name].scope is Scope.STATE
        assert bool(cases.unknown) is not always_known, name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_described(rule: Rule) -> None:
    """By a name, sentences, and a page of GitLab's documentation, or Pulumi's for an option."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert rule.name not in {"all", "environments"}  # Pulumi's own keys in a configuration.
    for sentence in (rule.description, rule.remediation, *(each.doc for each in rule.parameters)):
        assert re.fullmatch(r"[A-Z][^\n]*\.", sentence)
    option = "resource option" in rule.remediation
    site = "https://www.pulumi.com/docs/iac/" if option else "https://docs.gitlab.com/"
    assert rule.docs.startswith(site)
    assert rule.level in {Level.ADVISORY, Level.MANDATORY}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_check_takes_its_parameters(rule: Rule) -> None:
    """By name, after the resource and possibly the stack."""
    arguments = list(inspect.signature(rule.check).parameters)
    before = 2 if rule.scope is Scope.STACK else 1
    assert arguments[before:] == [each.name for each in rule.parameters]


def test_rules_have_different_names() -> None:
    """Configurations identify them by name."""
    assert len(BY_NAME) == len(RULES)


@pytest.mark.parametrize(
    ("name", "values", "remediated"),
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
def test_a_remediation_only_changes_what_is_certain(
    name: str, values: dict[str, Any], remediated: dict[str, Any]
) -> None:
    """It returns nothing for other values."""
    rule = BY_NAME[name]
    assert rule.remediate is not None
    assert rule.remediate(rule.kind("it", values)) == remediated


@pytest.mark.parametrize("value", [True, 7, 7.0, "7", "x", "http://[", [], {"a": 1}])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_value_of_any_type_is_accepted(kind: type[Resource], value: object) -> None:
    """Policies also see what the provider rejects, and what others wrote to a state."""
    stack = Stack([kind(label, dict.fromkeys(kind.properties, value)) for label in "ab"])
    for rule in RULES:
        evaluate(rule, stack, rule.arguments({}))


def test_an_id_may_be_a_number_or_text() -> None:
    """Programs and packages use both."""
    stack = Stack(
        [
            ClusterAgent("agent", {"agent_id": 7.0, "project": 42.0}),
            ClusterAgentToken("token", {"agent_id": "7", "project": "42"}),
        ]
    )
    (agent,), (token,) = stack.of(ClusterAgent), stack.of(ClusterAgentToken)
    assert stack.agent(token) is agent
    assert stack.project(token) == stack.project(agent)


def test_a_hidden_property_is_never_guessed() -> None:
    """Its default is only for a property that is not set."""
    for cluster, *_ in CASES["cluster-api-url-tls"].unknown:
        assert isinstance(cluster, ProjectCluster)
        with pytest.raises(HiddenValueError, match="cluster: `kubernetes_api_url` is"):
            _ = cluster.kubernetes_api_url
