"""The policy pack in its own process, called as the engine calls it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from tests.policy.analyzer import LEVELS, Analyzer, secret
from tests.policy.cases import CASES

from pulumi_gitlab_kubernetes.policy import rules
from pulumi_gitlab_kubernetes.policy.folder import write
from pulumi_gitlab_kubernetes.policy.kinds import ProjectEnvironment
from pulumi_gitlab_kubernetes.policy.model import Hidden, Resource
from pulumi_gitlab_kubernetes.policy.rule import Scope
from pulumi_gitlab_kubernetes.policy.rules import BY_NAME, RULES

_OURS = "pulumi-python:dynamic/gitlab:{name}"
_NATIVE = "gitlab-kubernetes:index:{name}"
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
"""What the engine sends: the level and parameters of each rule."""


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Analyzer]:
    """A running pack with the parameters of the rules' cases."""
    with Analyzer(write()) as running:
        running.configure(**_PARAMETERS)
        yield running


@pytest.fixture
def configured(analyzer: Analyzer) -> Iterator[Analyzer]:
    """A running pack that the test may configure."""
    yield analyzer
    analyzer.configure(**_PARAMETERS)


def _type(resource: Resource, template: str = _OURS) -> str:
    name = type(resource).__name__
    return template.format(name=name, first=name[0].lower(), rest=name[1:])


def _environment(**values: Any) -> tuple[str, Resource]:
    resource = ProjectEnvironment("it", {"name": "canary", **values}, urn="urn::it")
    return _type(resource), resource


def _found(
    analyzer: Analyzer, name: str, resources: Sequence[Resource], template: str = _OURS
) -> list[Any]:
    """Return what the pack reports for one rule on these resources."""
    if BY_NAME[name].scope is Scope.STACK:
        found = analyzer.analyze_stack(
            *((_type(each, template), _with_outputs(each)) for each in resources)
        )
    else:
        found = [d for each in resources for d in analyzer.analyze(_type(each, template), each)]
    return [each for each in found if each.policyName == name]


def _with_outputs(resource: Resource) -> Resource:
    """Add the output that all created resources of this package have."""
    created = {"schema_version": 1} if resource.created else {}
    return type(resource)(
        resource.label, {**resource.values, **created}, urn=resource.urn, sources=resource.sources
    )


def _of_engine(cases: Sequence[Sequence[Resource]]) -> list[Sequence[Resource]]:
    """Return the cases without values that only occur in audits."""
    only_audits = {Hidden.SECRET, Hidden.NOT_IN_GITLAB}
    return [
        resources
        for resources in cases
        if not any(
            each.value in str((*resource.values.values(), resource._protect))
            for resource in resources
            for each in only_audits
        )
    ]


def test_the_pack_describes_its_policies(analyzer: Analyzer) -> None:
    """Each rule with its level, description and schema."""
    info = analyzer.info()
    assert info.name == "gitlab-kubernetes"
    assert info.supportsConfig
    assert [policy.name for policy in info.policies] == [rule.name for rule in _SERVED]
    for policy, rule in zip(info.policies, _SERVED, strict=True):
        assert policy.enforcementLevel == LEVELS[rule.level.value]
        assert (policy.description, policy.url) == (rule.description, rule.docs)
        schema = json_format.MessageToDict(policy.configSchema.properties)
        assert {key: each["default"] for key, each in schema.items()} == {
            each.key: each.default for each in rule.parameters
        }


@pytest.mark.parametrize("template", [_OURS, _NATIVE])
@pytest.mark.parametrize("name", [rule.name for rule in _SERVED])
def test_each_rule_evaluates_our_kinds(analyzer: Analyzer, name: str, template: str) -> None:
    """With the same results as in its cases, for dynamic and for native resources."""
    for resources in _of_engine(CASES[name].passing):
        if not any(resource.published for resource in resources):
            assert not _found(analyzer, name, resources, template)
    for resources in _of_engine(CASES[name].failing):
        (found,) = _found(analyzer, name, resources, template)
        assert found.enforcementLevel == LEVELS[BY_NAME[name].level.value]
        assert found.message.startswith(f"{BY_NAME[name].description}\n")
        assert "canary" not in found.message.lower()
        assert found.urn in {"", *(each.urn for each in resources)}
    for resources in _of_engine(CASES[name].unknown):
        for found in _found(analyzer, name, resources, template):
            assert found.enforcementLevel == LEVELS["advisory"]
            assert "during preview" in found.message
            assert "is unknown until `up` runs" in found.message
        assert _found(analyzer, name, resources, template)


@pytest.mark.parametrize(
    "name",
    [
        rule.name
        for rule in _SERVED
        if not rule.name.startswith("url-configuration")  # pulumi-gitlab has no such resource.
        and rule.name != "token-rotation"  # Nor such arguments.
    ],
)
def test_each_rule_evaluates_the_published_package_s_kinds(analyzer: Analyzer, name: str) -> None:
    """With their type tokens and camelCase properties."""
    for resources in CASES[name].failing:
        if all(each.values.get("connection") is None for each in resources):
            (found,) = _found(analyzer, name, resources, _PUBLISHED)
            assert found.enforcementLevel == LEVELS[BY_NAME[name].level.value]


def test_tokens_of_the_published_package_need_no_rotation(analyzer: Analyzer) -> None:
    """They have no arguments for it."""
    for resources in CASES["token-rotation"].failing:
        assert not _found(analyzer, "token-rotation", resources, _PUBLISHED)


def test_other_resources_are_ignored(analyzer: Analyzer) -> None:
    """Whatever their properties are."""
    _, resource = _environment(external_url="http://canary.example.com", name="production")
    assert analyzer.analyze("kubernetes:core/v1:Secret", resource) == []
    assert analyzer.analyze_stack(("pulumi:pulumi:Stack", resource)) == []


def test_a_secret_value_is_evaluated_and_never_shown(analyzer: Analyzer) -> None:
    """The SDK passes it as plain text."""
    type_, resource = _environment(external_url=secret("http://canary.example.com"))
    (found,) = analyzer.analyze(type_, resource)
    assert found.policyName == "environment-https"
    assert "canary" not in str(found)


def test_violations_are_reported_beside_unknown_values(analyzer: Analyzer) -> None:
    """A resource that cannot be evaluated does not hide the violation of another."""
    name = "environment-own-target"
    failing = CASES[name].failing[0]
    place = {"cluster_agent_id": Hidden.UNKNOWN, "kubernetes_namespace": "canary"}
    unknown = ProjectEnvironment("c", {"name": "canary", **place}, urn="urn::c")
    same, unknown_value = _found(analyzer, name, [*failing, unknown])
    assert "the same agent" in same.message
    assert f"can't run policy '{name}'" in unknown_value.message


def test_outputs_of_the_dynamic_provider_are_evaluated(analyzer: Analyzer) -> None:
    """A native resource that was a dynamic one has them until its next update or refresh."""
    stopped = {"name": "production", "auto_stop_at": "2030-01-01T00:00:00Z", "schema_version": 1}
    request = analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(
                type="gitlab-kubernetes:index:ProjectEnvironment",
                urn="urn::it",
                name="it",
                properties=json_format.ParseDict(stopped, struct_pb2.Struct()),
            )
        ]
    )
    found = analyzer.stub.AnalyzeStack(request).diagnostics
    assert "production-auto-stop" in {each.policyName for each in found}


def test_missing_outputs_are_not_reported(analyzer: Analyzer) -> None:
    """A preview of a create or an update only has inputs; `up` evaluates the outputs."""
    types = {type(each): _type(each) for cases in CASES.values() for each in cases.failing[0]}
    inputs: dict[str, Any] = {"name": "production", "project": "canary/shop"}
    given = [(type_, kind("it", inputs, urn="urn::it")) for kind, type_ in types.items()]
    said = [each.message for each in analyzer.analyze_stack(*given)]
    assert said
    assert not [each for each in said if "can't run policy" in each]


def test_a_level_and_parameters_are_those_of_the_configuration(configured: Analyzer) -> None:
    """A disabled rule reports nothing."""
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


def test_nothing_is_remediated_by_default(analyzer: Analyzer) -> None:
    """The default level only reports a violation."""
    assert analyzer.remediate(*_environment(external_url="http://canary.example.com")) == []


def test_the_level_remediate_corrects_inputs(configured: Analyzer) -> None:
    """Other inputs do not change, and secrets stay secret."""
    configured.configure(environment_https={"enforcementLevel": "remediate"})
    given = {"description": secret("canary"), "__provider": "p", "project": "a/b"}
    url = {"external_url": secret("http://canary.example.com")}
    ((name, remediated),) = configured.remediate(*_environment(**given, **url))

    assert name == "environment-https"
    fixed = {"external_url": secret("https://canary.example.com")}
    assert remediated == {"name": "canary", **given, **fixed}


@pytest.mark.parametrize("template", [_NATIVE, _PUBLISHED])
def test_native_resources_are_remediated(configured: Analyzer, template: str) -> None:
    """With properties in camelCase."""
    configured.configure(environment_https={"enforcementLevel": "remediate"})
    _, resource = _environment(external_url="http://canary.example.com")
    ((_name, remediated),) = configured.remediate(_type(resource, template), resource)
    assert remediated == {"name": "canary", "externalUrl": "https://canary.example.com"}


def test_an_unknown_value_is_not_remediated(configured: Analyzer) -> None:
    """The preview reports it once, and `up` remediates it."""
    configured.configure(environment_https={"enforcementLevel": "remediate"})
    unknown = _environment(external_url=Hidden.UNKNOWN)
    assert configured.remediate(*unknown) == []
    (reported,) = configured.analyze(*unknown)
    assert reported.policyName == "environment-https"
    assert "it: `external_url` is unknown until `up` runs" in reported.message


def test_all_messages_have_the_version_of_this_package(configured: Analyzer) -> None:
    """Also those of pulumi-policy about policies that cannot run."""
    expected = version("pulumi-gitlab-kubernetes")
    assert configured.info().version == expected
    (not_evaluated,) = configured.analyze(*_environment(external_url=Hidden.UNKNOWN))
    assert not_evaluated.policyPackVersion == expected
    said = f"policy pack 'gitlab-kubernetes@v{expected}' during preview: "
    assert said in not_evaluated.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"agent_cuont": {}}, "unknown rule agent-cuont"),
        (
            {"agent_count": {"maxmum": 3}},
            "agent-count: Additional properties are not allowed ('maxmum'",
        ),
        ({"agent_count": {"maximum": "x"}}, "agent-count.maximum: 'x' is not of type 'integer'"),
    ],
)
def test_an_invalid_configuration_is_rejected(
    configured: Analyzer, given: dict[str, Any], said: str
) -> None:
    """By rule and parameter. The engine itself only checks values."""
    with pytest.raises(grpc.RpcError) as error:
        configured.configure(**given)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert said in str(error.value.details())


def test_the_provider_does_not_import_policies() -> None:
    """Neither the rules nor pulumi-policy."""
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
    """Audits need no engine and no SDK."""
    folder = Path(rules.__file__).parent
    needing = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if "import pulumi_policy" in path.read_text()
    }
    assert needing == {"pack.py", "command.py"}
