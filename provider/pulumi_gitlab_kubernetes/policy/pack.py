"""The rules as a policy pack of Pulumi's: the adapter onto pulumi-policy.

See https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/. Handlers see secrets as
plain text and without a mark; only rules' own words ever reach a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import version
from typing import Any

import grpc
import pulumi_policy
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import proxy

from pulumi_gitlab_kubernetes.errors import ConfigurationError

from .configuration import Configuration, parameter_schema
from .judge import Unjudged, judge
from .kinds import kind_of
from .rule import Level, Rule, Scope
from .rules import RULES
from .stack import Stack
from .things import Hidden, NotKnown, Thing

NAME = "gitlab-kubernetes"
"""The pack's name."""

_UNKNOWNS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
_Resource = pulumi_policy.ResourceValidationArgs | pulumi_policy.PolicyResource


class _NotYet(proxy.UnknownValueError):
    """Has the SDK say, as advice, that a policy could not be judged."""

    def __init__(self, reasons: Iterable[NotKnown]) -> None:
        super().__init__(proxy.UNKNOWN_STRING_VALUE, [])
        self.message = "; ".join(dict.fromkeys(str(reason) for reason in reasons))


def policies() -> list[pulumi_policy.Policy]:
    """Return the rules as policies, without those that need a stored state."""
    return [
        _resource_policy(rule) if rule.scope is Scope.RESOURCE else _stack_policy(rule)
        for rule in RULES
        if rule.scope is not Scope.STATE
    ]


def main() -> None:
    """Serve the pack to the engine that started this process, until it ends it."""
    _adapt_servicer()
    pulumi_policy.PolicyPack(
        NAME, policies(), enforcement_level=pulumi_policy.EnforcementLevel.ADVISORY
    )


def _common(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "description": rule.holds,
        "enforcement_level": pulumi_policy.EnforcementLevel(rule.level.value),
        "config_schema": pulumi_policy.PolicyConfigSchema(
            {each.key: parameter_schema(each) for each in rule.parameters}
        ),
        "remediation_steps": rule.mend,
        "url": rule.docs,
    }


def _resource_policy(rule: Rule) -> pulumi_policy.ResourceValidationPolicy:
    def validate(
        args: pulumi_policy.ResourceValidationArgs, report: pulumi_policy.ReportViolation
    ) -> None:
        _report(rule, [_thing(args, outputs=False)], args.get_config(), report)

    # Typed as a coroutine alone by the SDK, which takes a function too.
    def remediate(args: pulumi_policy.ResourceValidationArgs) -> Any:
        token, thing = kind_of(args.resource_type), _thing(args, outputs=False)
        if rule.remediate is None or token is None or not isinstance(thing, rule.kind):
            return None
        try:
            mended = rule.remediate(thing)
        except NotKnown:
            return None  # The engine has it judged too, which tells why it cannot be.
        for name, value in mended.items():
            # The SDK's own mapping keeps a secret secret; a copy of it would not.
            args.props[token.spelled(name)] = value  # type: ignore[index] # it is mutable
        return args.props if mended else None

    return pulumi_policy.ResourceValidationPolicy(
        validate=validate, remediate=remediate if rule.remediate else None, **_common(rule)
    )


def _stack_policy(rule: Rule) -> pulumi_policy.StackValidationPolicy:
    def validate(
        args: pulumi_policy.StackValidationArgs, report: pulumi_policy.ReportViolation
    ) -> None:
        things = [_thing(resource, outputs=True) for resource in args.resources]
        _report(rule, things, args.get_config(), report)

    return pulumi_policy.StackValidationPolicy(validate=validate, **_common(rule))


def _report(
    rule: Rule,
    things: list[Thing | None],
    config: Mapping[str, Any],
    report: Callable[[str, str | None], None],
) -> None:
    """Report the violations first: the SDK keeps them when it is then told what is not known."""
    parameters = {each.name: config.get(each.key, each.default) for each in rule.parameters}
    found = [thing for thing in things if thing is not None]
    stack = Stack(found)
    unjudged: list[NotKnown] = []
    for each in judge(rule, stack.of(rule.kind), stack, parameters):
        if isinstance(each, Unjudged):
            unjudged.append(each.reason)
        else:
            report(each.message, each.thing.urn)
    if unjudged:
        raise _NotYet(unjudged)


def _thing(resource: _Resource, *, outputs: bool) -> Thing | None:
    """Read a resource; `outputs` tells whether it shows more than its inputs."""
    token = kind_of(resource.resource_type)
    if token is None:
        return None
    props = resource.props

    def value(name: str) -> object:
        try:
            found = props.get(name)
        except proxy.UnknownValueError:
            return Hidden.UNKNOWN
        return Hidden.UNKNOWN if isinstance(found, str) and found in _UNKNOWNS else found

    of = getattr(resource, "property_dependencies", {})  # Of a stack's resources alone.
    return token.kind(
        resource.name,
        {name: found for name, spelled in token.names if (found := value(spelled)) is not None},
        urn=resource.urn,
        # In a preview a dynamic resource that changes shows its inputs alone.
        made=outputs and (token.published or "schema_version" in props),
        published=token.published,
        protect=bool(resource.opts.protect),
        sources={
            name: [each.urn for each in of.get(token.spelled(name), ())]
            for name in token.kind.pointers
        },
    )


def _adapt_servicer() -> None:
    """Have pulumi-policy register a servicer with what it takes no argument for."""
    register = analyzer_pb2_grpc.add_AnalyzerServicer_to_server

    def adapted(servicer: Any, server: grpc.Server) -> None:
        servicer.Configure = partial(_configure, servicer.Configure)
        # Its own lines show this one, and not that of PulumiPolicy.yaml.
        servicer._PolicyAnalyzerServicer__policy_pack_version = version("pulumi-gitlab-kubernetes")  # noqa: SLF001
        register(servicer, server)

    analyzer_pb2_grpc.add_AnalyzerServicer_to_server = adapted  # type: ignore[assignment] # PolicyPack has no asyncio


def _configure(configure: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:
    """Refuse rules and keys that there are not.

    The engine checks only the values of those that there are, and pulumi-policy keeps whatever it
    is given.
    """
    given = {
        name: {**json_format.MessageToDict(each.properties), "enforcementLevel": level}
        for name, each in request.policyConfig.items()
        if (level := _LEVELS[each.enforcementLevel])
    }
    try:
        Configuration(given)
    except ConfigurationError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    return configure(request, context)


_LEVELS = (
    Level.ADVISORY.value,
    Level.MANDATORY.value,
    Level.DISABLED.value,
    Level.REMEDIATE.value,
)
"""In the order of the Analyzer service's own numbers."""
