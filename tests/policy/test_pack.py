"""The pack in its own process, spoken to as the engine does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from tests.policy.analyzer import LEVELS, Analyzer, secret
from tests.policy.cases import CASES

from pulumi_gitlab_kubernetes.policy import rules
from pulumi_gitlab_kubernetes.policy.folder import write
from pulumi_gitlab_kubernetes.policy.rule import Scope
from pulumi_gitlab_kubernetes.policy.rules import BY_NAME, RULES
from pulumi_gitlab_kubernetes.policy.things import Hidden, ProjectEnvironment, Thing

_OURS = "pulumi-python:dynamic/gitlab:{name}"
_PUBLISHED = "gitlab:index/{first}{rest}:{name}"
_SERVED = [rule for rule in RULES if rule.scope is not Scope.STATE]
_PARAMETERS = {
    rule.name.replace("-", "_"): {
        "enforcementLevel": rule.level.value,
        **{
            each.key: CASES[rule.name].parameters.get(each.name, each.default)
            for each in rule.parameters
        },
    }
    for rule in _SERVED
}
"""What the engine sends: each rule with its level and parameters."""


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Analyzer]:
    """A running pack that is configured as the rules' cases want it."""
    with Analyzer(write()) as running:
        running.configure(**_PARAMETERS)
        yield running


@pytest.fixture
def configured(analyzer: Analyzer) -> Iterator[Analyzer]:
    """A running pack that a test may configure otherwise."""
    yield analyzer
    analyzer.configure(**_PARAMETERS)


def _type(thing: Thing, template: str = _OURS) -> str:
    name = type(thing).__name__
    return template.format(name=name, first=name[0].lower(), rest=name[1:])


def _environment(**values: Any) -> tuple[str, Thing]:
    thing = ProjectEnvironment("it", {"name": "canary", **values}, urn="urn::it")
    return _type(thing), thing


def _found(
    analyzer: Analyzer, name: str, things: Sequence[Thing], template: str = _OURS
) -> list[Any]:
    """Return what the pack says of one rule on these things, with outputs where they are made."""
    if BY_NAME[name].scope is Scope.STACK:
        found = analyzer.analyze_stack(*((_type(each, template), _whole(each)) for each in things))
    else:
        found = [d for each in things for d in analyzer.analyze(_type(each, template), each)]
    return [each for each in found if each.policyName == name]


def _whole(thing: Thing) -> Thing:
    """Give a thing that is made the output that all of ours have."""
    made = {"schema_version": 1} if thing.made else {}
    return type(thing)(thing.label, {**thing.values, **made}, urn=thing.urn, sources=thing.sources)


def _wired(cases: Sequence[Sequence[Thing]]) -> list[Sequence[Thing]]:
    """Leave out values that only an audit meets."""
    only_audits = {Hidden.SECRET, Hidden.PROGRAM}
    return [
        things
        for things in cases
        if not any(
            isinstance(value, Hidden) and value in only_audits
            for each in things
            for value in (*each.values.values(), each._protect)
        )
    ]


def test_the_pack_tells_all_that_the_engine_asks(analyzer: Analyzer) -> None:
    """Each rule with its level, words and schema."""
    info = analyzer.info()
    assert info.name == "gitlab-kubernetes"
    assert info.supportsConfig
    assert [policy.name for policy in info.policies] == [rule.name for rule in _SERVED]
    for policy, rule in zip(info.policies, _SERVED, strict=True):
        assert policy.enforcementLevel == LEVELS[rule.level.value]
        assert (policy.description, policy.url) == (rule.holds, rule.docs)
        schema = json_format.MessageToDict(policy.configSchema.properties)
        assert {key: each["default"] for key, each in schema.items()} == {
            each.key: each.default for each in rule.parameters
        }


@pytest.mark.parametrize("name", [rule.name for rule in _SERVED])
def test_each_rule_judges_our_kinds(analyzer: Analyzer, name: str) -> None:
    """The same as its cases say: nothing, a violation, or that it cannot tell yet."""
    for things in _wired(CASES[name].passing):
        if not any(thing.published for thing in things):
            assert not _found(analyzer, name, things)
    for things in _wired(CASES[name].failing):
        (found,) = _found(analyzer, name, things)
        assert found.enforcementLevel == LEVELS[BY_NAME[name].level.value]
        assert found.message.startswith(f"{BY_NAME[name].holds}\n")
        assert "canary" not in found.message.lower()
        assert found.urn in {"", *(each.urn for each in things)}
    for things in _wired(CASES[name].unknown):
        for found in _found(analyzer, name, things):
            assert found.enforcementLevel == LEVELS["advisory"]
            assert "during preview" in found.message
            assert "is only known once `up` has run" in found.message
        assert _found(analyzer, name, things)


@pytest.mark.parametrize(
    "name",
    [
        rule.name
        for rule in _SERVED
        if not rule.name.startswith("url-configuration")  # That package has none.
        and rule.name != "token-rotation"  # Nor this.
    ],
)
def test_each_rule_judges_the_published_package_s_kinds(analyzer: Analyzer, name: str) -> None:
    """They have other type tokens and camelCase properties."""
    for things in CASES[name].failing:
        if all(each.values.get("connection") is None for each in things):
            (found,) = _found(analyzer, name, things, _PUBLISHED)
            assert found.enforcementLevel == LEVELS[BY_NAME[name].level.value]


def test_tokens_of_the_published_package_cannot_arrange_their_renewal(analyzer: Analyzer) -> None:
    """The rule does not ask of them what they have no argument for."""
    for things in CASES["token-rotation"].failing:
        assert not _found(analyzer, "token-rotation", things, _PUBLISHED)


def test_other_resources_are_nobody_s_business(analyzer: Analyzer) -> None:
    """Whatever properties they have."""
    _, thing = _environment(external_url="http://canary.example.com", name="production")
    assert analyzer.analyze("kubernetes:core/v1:Secret", thing) == []
    assert analyzer.analyze_stack(("pulumi:pulumi:Stack", thing)) == []


def test_a_secret_value_is_judged_and_never_shown(analyzer: Analyzer) -> None:
    """The SDK hands it over as plain text."""
    type_, thing = _environment(external_url=secret("http://canary.example.com"))
    (found,) = analyzer.analyze(type_, thing)
    assert found.policyName == "environment-https"
    assert "canary" not in str(found)


def test_violations_are_told_beside_what_is_not_known(analyzer: Analyzer) -> None:
    """One thing that cannot be judged does not hide another's violation."""
    name = "environment-own-target"
    failing = CASES[name].failing[0]
    place = {"cluster_agent_id": Hidden.UNKNOWN, "kubernetes_namespace": "canary"}
    unknown = ProjectEnvironment("c", {"name": "canary", **place}, urn="urn::c")
    same, doubt = _found(analyzer, name, [*failing, unknown])
    assert "the same agent" in same.message
    assert f"can't run policy '{name}'" in doubt.message


def test_what_gitlab_is_still_to_make_is_nobody_s_doubt(analyzer: Analyzer) -> None:
    """Neither of a thing that is made nor of one that is updated: `up` judges it with its outputs.

    A preview shows the inputs alone of either.
    """
    types = {type(each): _type(each) for cases in CASES.values() for each in cases.failing[0]}
    inputs: dict[str, Any] = {"name": "production", "project": "canary/shop"}
    given = [(type_, kind("it", inputs, urn="urn::it")) for kind, type_ in types.items()]
    said = [each.message for each in analyzer.analyze_stack(*given)]
    assert said
    assert not [each for each in said if "can't run policy" in each]


def test_a_level_and_parameters_are_those_of_the_configuration(configured: Analyzer) -> None:
    """And a rule that is disabled says nothing."""
    url = _environment(external_url="http://canary.example.com")
    namespace = _environment(kubernetes_namespace="canary")
    configured.configure(
        environment_https={"enforcementLevel": "advisory"},
        environment_namespace={"forbidden": ["can*"]},
    )
    assert [each.enforcementLevel for each in configured.analyze(*url)] == [LEVELS["advisory"]]
    assert [each.policyName for each in configured.analyze(*namespace)] == ["environment-namespace"]

    configured.configure(environment_https={"enforcementLevel": "disabled"})
    assert configured.analyze(*url) == []
    assert configured.analyze(*namespace) == []


def test_nothing_is_mended_unless_asked_for(analyzer: Analyzer) -> None:
    """The rule's own level is to report it."""
    assert analyzer.remediate(*_environment(external_url="http://canary.example.com")) == []


def test_what_is_certain_is_mended_where_asked_for(configured: Analyzer) -> None:
    """All other inputs stay as they are, and secret ones secret."""
    configured.configure(environment_https={"enforcementLevel": "remediate"})
    given = {"description": secret("canary"), "__provider": "p", "project": "a/b"}
    url = {"external_url": secret("http://canary.example.com")}
    ((name, mended),) = configured.remediate(*_environment(**given, **url))

    assert name == "environment-https"
    fixed = {"external_url": secret("https://canary.example.com")}
    assert mended == {"name": "canary", **given, **fixed}


def test_the_published_package_s_resources_are_mended_too(configured: Analyzer) -> None:
    """In their own spelling."""
    configured.configure(environment_https={"enforcementLevel": "remediate"})
    _, thing = _environment(external_url="http://canary.example.com")
    ((_name, mended),) = configured.remediate(_type(thing, _PUBLISHED), thing)
    assert mended == {"name": "canary", "externalUrl": "https://canary.example.com"}


def test_an_unknown_value_is_not_mended(configured: Analyzer) -> None:
    """The preview says so once, where it is judged, and `up` mends it."""
    configured.configure(environment_https={"enforcementLevel": "remediate"})
    unknown = _environment(external_url=Hidden.UNKNOWN)
    assert configured.remediate(*unknown) == []
    (told,) = configured.analyze(*unknown)
    assert told.policyName == "environment-https"
    assert "it: `external_url` is only known once `up` has run" in told.message


def test_all_lines_show_the_version_of_this_package(configured: Analyzer) -> None:
    """Those in which pulumi-policy says itself that it could not run a policy, too."""
    expected = version("pulumi-gitlab-kubernetes")
    assert configured.info().version == expected
    (not_judged,) = configured.analyze(*_environment(external_url=Hidden.UNKNOWN))
    assert not_judged.policyPackVersion == expected
    said = f"policy pack 'gitlab-kubernetes@v{expected}' during preview: "
    assert said in not_judged.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"agent_cuont": {}}, "there is no rule agent-cuont"),
        ({"agent_count": {"maxmum": 3}}, "agent-count has no maxmum: it has enforcementLevel, max"),
        ({"agent_count": {"maximum": "x"}}, "agent-count: maximum does not fit"),
    ],
)
def test_a_wrong_configuration_is_refused(
    configured: Analyzer, given: dict[str, Any], said: str
) -> None:
    """The rule and the key are named; the engine itself only checks values."""
    with pytest.raises(grpc.RpcError) as error:
        configured.configure(**given)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert said in error.value.details()


def test_the_provider_starts_without_policies() -> None:
    """Importing it, and all its resources, imports neither the rules nor pulumi-policy."""
    script = (
        "import sys, pulumi_gitlab_kubernetes as p\n"
        "[getattr(p, name) for name in p.__all__]\n"
        "print([m for m in sys.modules if 'pulumi_policy' in m or 'gitlab_kubernetes.policy' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_only_the_pack_needs_pulumi_policy() -> None:
    """An audit runs without an engine and its SDKs."""
    folder = Path(rules.__file__).parent
    needing = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if "import pulumi_policy" in path.read_text()
    }
    assert needing == {"pack.py", "command.py"}
