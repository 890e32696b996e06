"""The policy pack: the adapter from the rules to pulumi-policy.

See https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/. The engine passes secrets
as plain text without a marker, so messages never contain values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

import grpc
import pulumi_policy
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import proxy

from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.evaluate import Unevaluated, evaluate
from pulumi_gitlab_kubernetes.policy.model import Hidden, HiddenValueError, Resource
from pulumi_gitlab_kubernetes.policy.rule import Rule, Scope
from pulumi_gitlab_kubernetes.policy.rules import RULES
from pulumi_gitlab_kubernetes.policy.stack import Stack
from pulumi_gitlab_kubernetes.policy.type_tokens import kind_of

NAME = "gitlab-kubernetes"
"""The pack's name."""

_UNKNOWNS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
_PulumiResource = pulumi_policy.ResourceValidationArgs | pulumi_policy.PolicyResource


class _NotEvaluatedError(proxy.UnknownValueError):
    """Makes the SDK report, as an advisory, that a policy could not be evaluated."""

    def __init__(self, reasons: Iterable[HiddenValueError]) -> None:
        super().__init__(proxy.UNKNOWN_STRING_VALUE, [])
        self.message = "; ".join(dict.fromkeys(str(reason) for reason in reasons))


def policies() -> list[pulumi_policy.Policy]:
    """Return the rules as policies, except those that need a stored state."""
    return [
        _resource_policy(rule) if rule.scope is Scope.RESOURCE else _stack_policy(rule)
        for rule in RULES
        if rule.scope is not Scope.STATE
    ]


def main() -> None:
    """Serve the pack to the engine that started this process, until the engine stops it."""
    _adapt_servicer()
    pulumi_policy.PolicyPack(
        NAME, policies(), enforcement_level=pulumi_policy.EnforcementLevel.ADVISORY
    )


def _common(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": pulumi_policy.EnforcementLevel(rule.level.value),
        "config_schema": pulumi_policy.PolicyConfigSchema(
            {each.key: each.schema for each in rule.parameters}
        ),
        "remediation_steps": rule.remediation,
        "url": rule.docs,
    }


def _resource_policy(rule: Rule) -> pulumi_policy.ResourceValidationPolicy:
    def validate(
        args: pulumi_policy.ResourceValidationArgs, report: pulumi_policy.ReportViolation
    ) -> None:
        _report(rule, [_resource(args, outputs=False)], args.get_config(), report)

    # The SDK also accepts a function, but its types only allow a coroutine.
    def remediate(args: pulumi_policy.ResourceValidationArgs) -> Any:
        token, resource = kind_of(args.resource_type), _resource(args, outputs=False)
        if rule.remediate is None or token is None or not isinstance(resource, rule.kind):
            return None
        try:
            remedy = rule.remediate(resource)
        except HiddenValueError:
            return None  # The engine also calls `validate`, which reports it.
        for name, value in remedy.items():
            # The SDK's mapping keeps secrets secret; a copy would not.
            args.props[token.spelled(name)] = value  # type: ignore[index] # mutable, despite its type
        return args.props if remedy else None

    return pulumi_policy.ResourceValidationPolicy(
        validate=validate, remediate=remediate if rule.remediate else None, **_common(rule)
    )


def _stack_policy(rule: Rule) -> pulumi_policy.StackValidationPolicy:
    def validate(
        args: pulumi_policy.StackValidationArgs, report: pulumi_policy.ReportViolation
    ) -> None:
        resources = [_resource(source, outputs=True) for source in args.resources]
        _report(rule, resources, args.get_config(), report)

    return pulumi_policy.StackValidationPolicy(validate=validate, **_common(rule))


def _report(
    rule: Rule,
    resources: list[Resource | None],
    config: Mapping[str, Any],
    report: Callable[[str, str | None], None],
) -> None:
    """Report violations, then raise for hidden values: the SDK keeps what was reported before."""
    stack = Stack(resource for resource in resources if resource is not None)
    unevaluated: list[HiddenValueError] = []
    for each in evaluate(rule, stack, rule.arguments(config)):
        if isinstance(each, Unevaluated):
            unevaluated.append(each.reason)
        else:
            report(each.message, each.resource.urn)
    if unevaluated:
        raise _NotEvaluatedError(unevaluated)


def _resource(source: _PulumiResource, *, outputs: bool) -> Resource | None:
    """Return a resource as rules see it; with `outputs` if the source may have them."""
    token = kind_of(source.resource_type)
    if token is None:
        return None
    props = source.props
    values = {
        name: token.value(name, found)
        for name, spelled in token.names
        if (found := _plain(partial(props.get, spelled))) is not None
        or (found := _plain(partial(props.get, name))) is not None
    }
    dependencies = getattr(source, "property_dependencies", {})  # Only resources of a stack.
    return token.kind(
        source.name,
        values,
        urn=source.urn,
        # In a preview, a dynamic resource that changes only has its inputs.
        created=outputs and (token.published or "schema_version" in values),
        published=token.published,
        protect=bool(source.opts.protect),
        sources={
            name: [each.urn for each in dependencies.get(token.spelled(name), ())]
            for name in token.kind.agent_references
        },
    )


def _plain(read: Callable[[], Any]) -> Any:
    """Return a value with `Hidden.UNKNOWN` in place of what is unknown, also inside it.

    Args:
        read: Reads the value from the SDK's maps and lists, which raise if it is unknown.
    """
    try:
        found = read()
    except proxy.UnknownValueError:
        return Hidden.UNKNOWN
    if isinstance(found, Mapping):
        return {key: _plain(partial(found.__getitem__, key)) for key in found}
    if isinstance(found, Sequence) and not isinstance(found, str):
        return [_plain(partial(found.__getitem__, number)) for number in range(len(found))]
    return Hidden.UNKNOWN if isinstance(found, str) and found in _UNKNOWNS else found


def _adapt_servicer() -> None:
    """Change the servicer that pulumi-policy registers: it has no arguments for this."""
    register = analyzer_pb2_grpc.add_AnalyzerServicer_to_server

    def adapted(servicer: Any, server: grpc.Server) -> None:
        servicer.Configure = partial(_configure, servicer.Configure)
        # pulumi-policy's own messages show this version.
        servicer._PolicyAnalyzerServicer__policy_pack_version = version("pulumi-gitlab-kubernetes")  # noqa: SLF001 (no other way)
        register(servicer, server)

    analyzer_pb2_grpc.add_AnalyzerServicer_to_server = adapted  # type: ignore[assignment] # PolicyPack does not use asyncio


def _configure(configure: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:
    """Reject unknown rules and parameters.

    The engine only checks the values of known ones, and pulumi-policy accepts everything.
    """
    given = {
        name: {
            **json_format.MessageToDict(each.properties),
            "enforcementLevel": analyzer_pb2.EnforcementLevel.Name(each.enforcementLevel).lower(),
        }
        for name, each in request.policyConfig.items()
    }
    try:
        Configuration(given)
    except ConfigurationError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    return configure(request, context)
