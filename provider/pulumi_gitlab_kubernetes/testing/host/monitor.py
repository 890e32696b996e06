"""The resource monitor: the service that a running program registers its resources with.

See https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/deployment-execution/.
"""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.construct import construct
from pulumi_gitlab_kubernetes.testing.host.default_providers import DefaultProviders
from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.goal import (
    Goal,
    Outputs,
    ReadRequest,
    Registration,
    read_goal,
    registration_goal,
)
from pulumi_gitlab_kubernetes.testing.host.provider import CheckFailure
from pulumi_gitlab_kubernetes.testing.host.provider_errors import ProviderError
from pulumi_gitlab_kubernetes.testing.host.provider_inputs import Request, package_of
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import (
    Properties,
    contains_unknowns,
    read_struct,
    write_struct,
)

_FEATURES: Final = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "resourceReferences": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    "outputValues": resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    "aliasSpecs": resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    "replacementTrigger": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    "deletedWith": resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    "replaceWith": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    "invokeDependsOn": resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
    # Accepted so that a program that uses them gets our error rather than the SDK's.
    "transforms": resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    "invokeTransforms": resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    "resourceHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    "errorHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
}
_GET_RESOURCE: Final = "pulumi:pulumi:getResource"
_SHUT_DOWN: Final = "resource monitor shut down"


@dataclass
class ProgramDone:
    """The program registers nothing more."""


@dataclass
class Refused:
    """The program asked for something that is not supported."""

    message: str


Event = Registration | ReadRequest | Outputs | ProgramDone | Refused


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Receives a program's registrations and answers when the resources exist.

    Args:
        post: Takes each event, in order.
        stack: The stack of the run.
        registry: The run's providers.
        resources: The registered resources, by URN.
    """

    def __init__(
        self,
        post: Callable[[Event], None],
        stack: DeployedStack,
        registry: Registry,
        resources: Mapping[str, Resource],
    ) -> None:
        self._post = post
        self._stack = stack
        self._registry = registry
        self._resources = resources
        self._goals: dict[str, Goal] = {}
        self._defaults = DefaultProviders(stack, self._ask)
        self._component_providers: dict[str, dict[str, str]] = {}
        self._traces: dict[str, list[dict[str, str]]] = {}
        """The stack traces of remote components; those of their children begin with them."""
        self.address = ""
        """Where this service listens."""
        self._closed = threading.Event()
        self._waiting: set[Registration | ReadRequest] = set()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Cancel all waiting requests."""
        self._closed.set()
        with self._lock:
            for waiting in self._waiting:
                waiting.result.cancel()

    def GetDeploymentInfo(self, request: Any, context: Any) -> resource_pb2.DeploymentInfo:  # noqa: ARG002, N802 (gRPC)
        """Return the supported parts of the protocol."""
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES.values())

    def SupportsFeature(self, request: Any, context: Any) -> resource_pb2.SupportsFeatureResponse:  # noqa: ARG002, N802 (gRPC)
        """Return whether a part of the protocol is supported, for older SDKs."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def RegisterResource(  # noqa: N802 (gRPC)
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        """Register a resource."""
        try:
            goal = registration_goal(request, self._stack.root)
            above = self._traces.get(request.parentStackTraceHandle, [])
            goal.stack_trace = [*above, *goal.stack_trace]
            self._inherit(goal)
            self._set_providers(goal, request)
        except HostError as error:
            self._give_up(str(error), context)
        except CancelledError:
            self._abort(context)
        if request.remote:
            return self._construct(goal, request, context)
        resource = self._wait(Registration(goal), context)
        self._goals[resource.urn] = goal
        if not goal.custom:
            self._component_providers[resource.urn] = goal.providers
        # What a component had last time may refer to resources not registered yet.
        outputs = resource.outputs if goal.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn, id=resource.id, object=_write_outputs(outputs, request)
        )

    def ReadResource(  # noqa: N802 (gRPC)
        self, request: resource_pb2.ReadResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        """Read an existing resource that the stack does not own."""
        goal = read_goal(request, self._stack.root)
        wanted = _request(request, goal.type)
        try:
            goal.provider = goal.provider or self._defaults.reference(wanted, goal.type)
        except HostError as error:
            self._give_up(str(error), context)
        except CancelledError:
            self._abort(context)
        resource = self._wait(ReadRequest(goal, request.id), context)
        return resource_pb2.ReadResourceResponse(
            urn=resource.urn,
            properties=write_struct(
                resource.outputs,
                secrets=request.acceptSecrets,
                unknowns=True,
                resources=request.acceptResources,
            ),
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 (gRPC)
        """Register the outputs of a component or of the stack."""
        self._post(Outputs(request.urn, read_struct(request.outputs)))
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 (gRPC)
        """Note that the program is done; return when the deployment is."""
        self._post(ProgramDone())
        self._closed.wait()
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802 (gRPC)
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        """Call a function of a provider, or look up a registered resource."""
        token, args = request.tok, read_struct(request.args)
        failures: list[CheckFailure] = []
        try:
            if token == _GET_RESOURCE:
                result = self._get_resource(args.get("urn", ""))
            else:
                package = token.partition(":")[0]
                provider = self._registry.require(
                    self._inherited_provider(request.provider, request.parent, package)
                    or self._defaults.reference(_request(request, token), token),
                    token,
                )
                if self._is_any_unresolved(request.dependsOn):
                    return resource_pb2.ResourceInvokeResponse(unknown=True)
                result, failures = provider.invoke(token, args, preview=self._stack.preview)
        except (HostError, ProviderError) as error:
            context.abort(
                grpc.StatusCode.UNKNOWN, f"invocation of {token} returned an error: {error}"
            )
        except CancelledError:
            self._abort(context)
        response = resource_pb2.ResourceInvokeResponse(
            failures=[
                provider_pb2.CheckFailure(property=each.property, reason=each.reason)
                for each in failures
            ]
        )
        answer = write_struct(
            result,
            secrets=True,
            unknowns=True,
            resources=request.acceptResources or token == _GET_RESOURCE,
        )
        getattr(response, "return").CopyFrom(answer)  # a keyword of Python
        return response

    def Call(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802 (gRPC)
        """Reject the request: methods belong to remote components."""
        self._unsupported(f"the method {request.tok}", context)

    def RegisterStackTransform(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: ARG002, N802 (gRPC)
        """Reject the request."""
        self._unsupported("stack transforms", context)

    def RegisterStackInvokeTransform(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: ARG002, N802 (gRPC)
        """Reject the request."""
        self._unsupported("invoke transforms", context)

    def RegisterResourceHook(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802 (gRPC)
        """Reject the request."""
        self._unsupported(f"resource hooks (hook '{request.name}')", context)

    def RegisterErrorHook(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802 (gRPC)
        """Reject the request."""
        self._unsupported(f"error hooks (hook '{request.name}')", context)

    def RegisterPackage(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802 (gRPC)
        """Reject the request."""
        self._unsupported(f"the package '{request.name}'", context)

    def _wait(self, waiting: Registration | ReadRequest, context: grpc.ServicerContext) -> Resource:
        try:
            return self._ask(waiting)
        except CancelledError:
            self._abort(context)

    def _ask(self, waiting: Registration | ReadRequest) -> Resource:
        """Queue a request and wait for the result; raise `CancelledError` after `close`."""
        with self._lock:
            if self._closed.is_set():
                raise CancelledError
            self._waiting.add(waiting)
        self._post(waiting)
        try:
            return waiting.result.result()
        finally:
            with self._lock:
                self._waiting.discard(waiting)

    def _inherit(self, goal: Goal) -> None:
        parent = self._goals.get(goal.parent)
        if parent is None:
            return
        goal.deleted_with = goal.deleted_with or parent.deleted_with
        if goal.protect is None:
            goal.protect = parent.protect
        if goal.retain_on_delete is None:
            goal.retain_on_delete = parent.retain_on_delete

        if not goal.provider and parent.provider:
            provider, _ = urns.split_reference(parent.provider)
            if package_of(provider) == goal.type.partition(":")[0]:
                goal.provider = parent.provider

    def _set_providers(self, goal: Goal, request: resource_pb2.RegisterResourceRequest) -> None:
        """Set a resource's provider, a component's providers, or the plugin of a provider."""
        if not goal.custom:
            inherited = self._component_providers.get(goal.parent, {})
            goal.providers = {**inherited, **goal.providers}
        wanted = _request(request, goal.type)
        if urns.is_provider_type(goal.type):
            if not (wanted.version or wanted.download_url):
                wanted = self._defaults.completed(wanted)
            wanted.add_to(goal.properties)
        elif goal.custom or request.remote:
            goal.provider = self._inherited_provider(
                goal.provider or goal.providers.get(wanted.package, ""), goal.parent, wanted.package
            ) or self._defaults.reference(wanted, goal.type)

    def _construct(
        self,
        goal: Goal,
        request: resource_pb2.RegisterResourceRequest,
        context: grpc.ServicerContext,
    ) -> resource_pb2.RegisterResourceResponse:
        """Let a provider register a component and its children."""
        trace = str(uuid.uuid4())
        self._traces[trace] = goal.stack_trace
        try:
            made = construct(
                self._registry.require(goal.provider, goal.type),
                goal,
                request,
                self._stack,
                monitor=self.address,
                trace=trace,
            )
        except (HostError, ProviderError) as error:
            self._give_up(f"{goal.type} resource '{goal.name}' has a problem: {error}", context)
        self._component_providers[made.urn] = goal.providers
        dependencies = resource_pb2.RegisterResourceResponse.PropertyDependencies
        return resource_pb2.RegisterResourceResponse(
            urn=made.urn,
            object=_write_outputs(made.outputs, request),
            propertyDependencies={
                key: dependencies(urns=names) for key, names in made.dependencies.items()
            },
        )

    def _inherited_provider(self, provider: str, parent: str, package: str) -> str:
        """Return a provider, or without one that which a component has for its children."""
        return provider or self._component_providers.get(parent, {}).get(package, "")

    def _get_resource(self, urn: str) -> Properties:
        found = self._resources.get(urn)
        if found is None:
            raise HostError(f"unknown resource {urn}")
        return {"urn": urn, "id": found.id, "state": found.outputs}

    def _is_any_unresolved(self, names: Iterable[str]) -> bool:
        """Return whether a preview will create any of these resources, or parts of a component."""
        waiting, resources = set(names), list(self._resources.values())
        while waiting:
            urn = waiting.pop()
            resource = self._resources.get(urn)
            if resource is None:
                continue
            if not resource.custom:
                waiting |= {each.urn for each in resources if each.parent == urn}
            elif not resource.id:
                return True
        return False

    def _unsupported(self, what: str, context: grpc.ServicerContext) -> NoReturn:
        self._give_up(
            f"the deployment host does not support {what}; deploy with the Pulumi CLI", context
        )

    def _give_up(self, message: str, context: grpc.ServicerContext) -> NoReturn:
        if not self._closed.is_set():
            self._post(Refused(message))
            self._closed.wait()  # else the program would report that the monitor is gone
        self._abort(context)

    def _abort(self, context: grpc.ServicerContext) -> NoReturn:
        context.abort(grpc.StatusCode.UNAVAILABLE, _SHUT_DOWN)
        raise AssertionError  # abort raises


def _write_outputs(
    outputs: Properties, request: resource_pb2.RegisterResourceRequest
) -> struct_pb2.Struct:
    if not request.supportsPartialValues:
        outputs = {k: v for k, v in outputs.items() if not contains_unknowns(v)}
    return write_struct(
        outputs,
        secrets=request.acceptSecrets,
        unknowns=True,
        resources=request.acceptResources,
    )


def _request(request: Any, token: str) -> Request:
    """Return the default provider for a type or function."""
    if urns.is_provider_type(token):
        package = token.removeprefix(urns.PROVIDER_TYPE_PREFIX)
    else:
        package = token.partition(":")[0]
    return Request(package, request.version, request.pluginDownloadURL.removesuffix("/"))
