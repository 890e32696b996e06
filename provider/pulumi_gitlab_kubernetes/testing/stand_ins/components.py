"""Remote components of stand-ins.

A component has one child, which has the component's inputs and outputs: a custom resource, so that
previews know the outputs of a component that exists.
See https://www.pulumi.com/docs/iac/guides/building-extending/components/build-a-component/.
"""

from __future__ import annotations

from typing import Any, Final

import grpc
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

SUFFIX: Final = "StandIn"
"""The end of the type of the child; the start is the component's type."""

_OPTIONS: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


def construct(
    request: provider_pb2.ConstructRequest, provider: str
) -> provider_pb2.ConstructResponse:
    """Register a component and its child.

    Args:
        request: The engine's request.
        provider: The reference to the provider of the child.

    Returns:
        The component, with the child's outputs.

    Raises:
        grpc.RpcError: The engine did not register them.
    """
    with grpc.insecure_channel(request.monitorEndpoint, options=_OPTIONS) as channel:
        monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
        component = monitor.RegisterResource(_component(request))
        child = monitor.RegisterResource(_child(request, component.urn, provider))
        child.object.fields.pop("id", None)  # A component has none.
        monitor.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=component.urn, outputs=child.object)
        )
    dependencies = provider_pb2.ConstructResponse.PropertyDependencies(urns=[child.urn])
    return provider_pb2.ConstructResponse(
        urn=component.urn,
        state=child.object,
        stateDependencies=dict.fromkeys(child.object.fields, dependencies),
    )


def _component(request: provider_pb2.ConstructRequest) -> resource_pb2.RegisterResourceRequest:
    optional = {
        name: getattr(request, name)
        for name in ("protect", "retainOnDelete")
        if request.HasField(name)
    }
    return resource_pb2.RegisterResourceRequest(
        **_common(request),
        **optional,
        type=request.type,
        parent=request.parent,
        custom=False,
        aliases=request.aliases,
        providers=request.providers,
        deletedWith=request.deletedWith,
    )


def _child(
    request: provider_pb2.ConstructRequest, parent: str, provider: str
) -> resource_pb2.RegisterResourceRequest:
    dependencies = resource_pb2.RegisterResourceRequest.PropertyDependencies
    return resource_pb2.RegisterResourceRequest(
        **_common(request),
        type=f"{request.type}{SUFFIX}",
        parent=parent,
        custom=True,
        object=request.inputs,
        propertyDependencies={
            name: dependencies(urns=each.urns) for name, each in request.inputDependencies.items()
        },
        provider=provider,
        ignoreChanges=request.ignoreChanges,
        replaceOnChanges=request.replaceOnChanges,
        additionalSecretOutputs=request.additionalSecretOutputs,
    )


def _common(request: provider_pb2.ConstructRequest) -> dict[str, Any]:
    return {
        "name": request.name,
        "dependencies": request.dependencies,
        "parentStackTraceHandle": request.stack_trace_handle,
        "acceptSecrets": True,
        "acceptResources": True,
        "supportsPartialValues": True,
    }
