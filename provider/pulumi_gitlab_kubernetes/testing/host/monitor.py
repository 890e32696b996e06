"""The resource monitor: the service that a running program registers its resources with.

See https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/deployment-execution/.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.goal import (
    Goal,
    Outputs,
    ReadRequest,
    Registration,
    read_goal,
    registration_goal,
)
from pulumi_gitlab_kubernetes.testing.host.plugin import PACKAGE, PROVIDER_TYPE
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
        root: The project's directory.
        config: The stack's configuration, secrets marked.
        resources: The registered resources, by URN.
    """

    def __init__(
        self,
        post: Callable[[Event], None],
        root: Path,
        config: Properties,
        resources: Mapping[str, Resource],
    ) -> None:
        self._post = post
        self._root = root
        self._config = config
        self._resources = resources
        self._goals: dict[str, Goal] = {}
        self._default_provider = ""
        self._provider_lock = threading.Lock()
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
            goal = registration_goal(request, self._root)
            self._inherit(goal)
            if goal.custom:
                goal.provider = goal.provider or self._provider_for(goal)
        except HostError as error:
            self._give_up(str(error), context)
        resource = self._wait(Registration(goal), context)
        self._goals[resource.urn] = goal
        # What a component had last time may refer to resources not registered yet.
        outputs = resource.outputs if goal.custom else {}
        if not request.supportsPartialValues:
            outputs = {k: v for k, v in outputs.items() if not contains_unknowns(v)}
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn,
            id=resource.id,
            object=write_struct(
                outputs,
                secrets=request.acceptSecrets,
                unknowns=True,
                resources=request.acceptResources,
            ),
        )

    def ReadResource(  # noqa: N802 (gRPC)
        self, request: resource_pb2.ReadResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        """Read an existing resource that the stack does not own."""
        goal = read_goal(request, self._root)
        try:
            goal.provider = goal.provider or self._provider_for(goal)
        except HostError as error:
            self._give_up(str(error), context)
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
        """Look up a registered resource; nothing else can be invoked."""
        if request.tok != _GET_RESOURCE:
            self._unsupported(f"the function {request.tok}", context)
        urn = read_struct(request.args).get("urn", "")
        found = self._resources.get(urn)
        if found is None:
            context.abort(grpc.StatusCode.UNKNOWN, f"unknown resource {urn}")
        answer = write_struct(
            {"urn": urn, "id": found.id, "state": found.outputs},
            secrets=True,
            unknowns=True,
            resources=request.acceptResources,
        )
        response = resource_pb2.ResourceInvokeResponse()
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
            context.abort(grpc.StatusCode.UNAVAILABLE, _SHUT_DOWN)
            raise AssertionError from None  # abort raises

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

    def _provider_for(self, goal: Goal) -> str:
        package = goal.type.partition(":")[0]
        if package != PACKAGE:
            raise HostError(
                f"resource '{goal.name}' ({goal.type}): the deployment host supports only Python"
                f" dynamic providers; package '{package}' needs the Pulumi CLI"
            )
        with self._provider_lock:
            if not self._default_provider:
                wanted = Registration(
                    Goal(PROVIDER_TYPE, "default", custom=True, properties=dict(self._config))
                )
                try:
                    made = self._ask(wanted)
                except CancelledError:
                    raise HostError(_SHUT_DOWN) from None
                self._default_provider = urns.provider_reference(made.urn, made.id)
            return self._default_provider

    def _unsupported(self, what: str, context: grpc.ServicerContext) -> NoReturn:
        self._give_up(
            f"the deployment host does not support {what}; deploy with the Pulumi CLI", context
        )

    def _give_up(self, message: str, context: grpc.ServicerContext) -> NoReturn:
        if not self._closed.is_set():
            self._post(Refused(message))
            self._closed.wait()  # else the program would report that the monitor is gone
        context.abort(grpc.StatusCode.UNAVAILABLE, _SHUT_DOWN)
        raise AssertionError  # abort raises
