"""Calls of functions, from the engine's requests to the core and back."""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2

from pulumi_gitlab_kubernetes.core.spelling import camel_case, in_camel_case
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.native.configured import ConfiguredProvider
from pulumi_gitlab_kubernetes.native.provider_configuration import MISMATCH
from pulumi_gitlab_kubernetes.native.spelling import why_unknown
from pulumi_gitlab_kubernetes.native.wire import decode, encode


def invoke(
    request: provider_pb2.InvokeRequest, provider: ConfiguredProvider
) -> provider_pb2.InvokeResponse:
    """Call a function.

    Args:
        request: The engine's request.
        provider: The provider.

    Returns:
        The results, which are secret if an argument is; or what is wrong with the arguments.

    Raises:
        ProviderError: There is no such function, or GitLab rejected the request.
    """
    name = request.tok.rpartition(":")[2]
    by_name = {camel_case(each.name): each for each in functions().values()}
    if name not in by_name:
        raise ProviderError(f"{name} is not a function of this plugin: {MISMATCH}")
    function, given = by_name[name], decode(request.args)
    names = {camel_case(field.name): field.name for field in function.arguments}
    unknown = {key: f"{key} {why_unknown(key, names)}" for key in given.values if key not in names}
    arguments = {names[key]: value for key, value in given.values.items() if key in names}
    spelling = provider.spelling
    _values, failures = function.check(arguments, spelling)
    reasons = unknown or {
        camel_case(each.property): f"{spelling[each.property]} {each.reason}" for each in failures
    }
    if reasons:
        return provider_pb2.InvokeResponse(
            failures=[
                provider_pb2.CheckFailure(property=key, reason=reason)
                for key, reason in reasons.items()
            ]
        )
    result = function.call(arguments, provider.context(function.kind))
    named = in_camel_case(result, {each.name: each.names for each in function.results})
    secrets = {(key,) for key in named} if given.secrets else ()
    response = provider_pb2.InvokeResponse()
    getattr(response, "return").CopyFrom(encode(named, secrets))
    return response
