"""The gRPC service of a stand-in.

See https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_gitlab_kubernetes.engine import failures
from pulumi_gitlab_kubernetes.redaction import one_line, redact_whole
from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.values import (
    UNKNOWN,
    UNKNOWN_STRING,
    Properties,
    Secret,
    annotate_secrets,
    contains_secrets,
    equal,
    leaves,
    read_struct,
    unwrap,
    write_struct,
)
from pulumi_gitlab_kubernetes.testing.stand_ins import components
from pulumi_gitlab_kubernetes.testing.stand_ins.answers import Answer, InputsAlone
from pulumi_gitlab_kubernetes.testing.stand_ins.answers_file import load
from pulumi_gitlab_kubernetes.testing.stand_ins.folder import StandIn
from pulumi_gitlab_kubernetes.testing.stand_ins.run import Run

_Response = TypeVar("_Response")
_Call = Callable[[Any, Any, Any], _Response]
_Kind = provider_pb2.PropertyDiff.Kind


def _one_line_errors(call: _Call[_Response]) -> _Call[_Response]:
    """Let a call show its errors as one line, without secrets."""

    @functools.wraps(call)
    def answer(self: Any, request: Message, context: Any) -> _Response:
        try:
            return call(self, request, context)
        except HostError as error:
            message = redact_whole(one_line(str(error)), _secret_texts(request))
        context.set_trailing_metadata(failures.failed(message))
        context.abort(grpc.StatusCode.UNKNOWN, message)
        raise AssertionError  # `abort` raises.

    return answer


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serve one provider resource of the engine.

    Args:
        own: The stand-in.
        stand_ins: All stand-ins of the run.
        folder: Their folder.
        engine: The engine's address; `None` if it is unknown.

    Raises:
        HostError: The file with the answers is wrong.
    """

    def __init__(
        self, own: StandIn, stand_ins: Iterable[StandIn], folder: Path, engine: str | None
    ) -> None:
        self._own = own
        self._answers = load(Path(own.file)) if own.file else InputsAlone()
        self._where = own.file or "a file with answers"
        self._run = Run(stand_ins, folder, engine)
        self._cancelled = threading.Event()
        self._reference = ""

    # The plugin itself --------------------------------------------------------------------------

    def Handshake(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.ProviderHandshakeRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Learn of the engine. Secrets are accepted, as components require it."""
        self._run.engine = request.engine_address or self._run.engine
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:  # noqa: ARG002, N802 (gRPC)
        """Return the version of the SDK."""
        return plugin_pb2.PluginInfo(version=self._own.version)

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 (gRPC)
        """End the running calls."""
        self._cancelled.set()
        return empty_pb2.Empty()

    def CheckConfig(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.CheckRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.CheckResponse:
        """Accept any configuration."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.DiffRequest, context: Any
    ) -> provider_pb2.DiffResponse:
        """Update the provider after any change of its configuration."""
        return self.Diff(request, context)

    @_one_line_errors
    def Configure(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.ConfigureRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.ConfigureResponse:
        """Say which packages have stand-ins. A provider that has an ID has been deployed."""
        if request.urn:
            self._reference = urns.provider_reference(request.urn, request.id or UNKNOWN_STRING)
        self._run.begin(request.urn, deployed=request.id not in ("", UNKNOWN_STRING))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # Its resources ------------------------------------------------------------------------------

    def Check(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.CheckRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.CheckResponse:
        """Accept any inputs."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.DiffRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.DiffResponse:
        """Compare the inputs."""
        olds, news = (unwrap(read_struct(each)) for each in (request.old_inputs, request.news))
        changed = _changed(olds, news)
        replaces = changed & set(self._planned(request.urn).replace_on)
        kinds = provider_pb2.PropertyDiff
        details = {}
        for name in changed:
            kind = "ADD" if name not in olds else "UPDATE" if name in news else "DELETE"
            suffix = "_REPLACE" if name in replaces else ""
            details[name] = kinds(kind=_Kind.Value(kind + suffix), inputDiff=True)
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if changed else none,
            diffs=sorted(changed),
            replaces=sorted(replaces),
            hasDetailedDiff=True,
            detailedDiff=details,
        )

    @_one_line_errors
    def Create(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.CreateRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.CreateResponse:
        """Return the inputs and the answer's outputs, which a preview does not know yet."""
        inputs = read_struct(request.properties)
        type_, name = _identity(request.urn)
        if request.preview:
            planned = self._planned(request.urn)
            changed = _changed(inputs, {**inputs, **planned.outputs, "id": UNKNOWN})
            outputs = {**inputs, **dict.fromkeys(changed, UNKNOWN)}
            return provider_pb2.CreateResponse(properties=self._outputs(planned, outputs, inputs))
        self._run.require_simulators(request.urn)
        answer = self._answers.resource(type_, name, unwrap(inputs))
        self._act(answer)
        id_ = answer.id or name
        outputs = {**inputs, **answer.outputs, "id": id_}
        return provider_pb2.CreateResponse(
            id=id_, properties=self._outputs(answer, outputs, inputs)
        )

    @_one_line_errors
    def Update(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.UpdateRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.UpdateResponse:
        """Return the old outputs with the inputs that change."""
        inputs, old_inputs = read_struct(request.news), read_struct(request.old_inputs)
        outputs = read_struct(request.olds)
        for name in _changed(unwrap(old_inputs), unwrap(inputs)):
            outputs.pop(name, None)
            if name in inputs:
                outputs[name] = inputs[name]
        planned = self._planned(request.urn)
        if not request.preview:
            self._run.require_simulators(request.urn)
            self._act(planned)
        return provider_pb2.UpdateResponse(properties=self._outputs(planned, outputs, inputs))

    @_one_line_errors
    def Read(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.ReadRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.ReadResponse:
        """Return the state as it is; for an import or `.get()`, the answer.

        All states have the output `id`, as with many real plugins.
        """
        if "id" in request.properties.fields:
            return provider_pb2.ReadResponse(
                id=request.id, properties=request.properties, inputs=request.inputs
            )
        given = read_struct(request.properties)
        type_, name = _identity(request.urn)
        answer = self._answers.existing(type_, name, unwrap(given), request.id)
        if answer is None:
            raise HostError(f"{type_} has no answer: add it to {self._where}, under resources")
        outputs = {**given, **answer.outputs, "id": request.id}
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=self._outputs(answer, outputs, given),
            inputs=request.inputs,
        )

    @_one_line_errors
    def Delete(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.DeleteRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> empty_pb2.Empty:
        """Delete nothing, in the time that it takes."""
        self._run.require_simulators(request.urn)
        self._act(self._planned(request.urn))
        return empty_pb2.Empty()

    @_one_line_errors
    def Construct(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.ConstructRequest,
        context: Any,
    ) -> provider_pb2.ConstructResponse:
        """Register a remote component."""
        try:
            return components.construct(request, self._reference)
        except grpc.RpcError as error:  # The engine has shown what is wrong.
            context.abort(error.code(), error.details())
            raise AssertionError from None  # `abort` raises.

    # Its functions ------------------------------------------------------------------------------

    @_one_line_errors
    def Invoke(  # noqa: N802 (the protocol's name)
        self,
        request: provider_pb2.InvokeRequest,
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> provider_pb2.InvokeResponse:
        """Return the answer for a function. All of it is a secret if an argument is one."""
        args = read_struct(request.args)
        answer = self._answers.function(request.tok, unwrap(args), self._reference)
        if answer is None:
            raise HostError(
                f"{request.tok} has no answer: add it to {self._where}, under functions"
            )
        self._act(answer)
        hidden = set(answer.outputs) if contains_secrets(args) else answer.secrets
        result = {
            key: Secret(each) if key in hidden else each for key, each in answer.outputs.items()
        }
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(_struct(result))  # A keyword of Python.
        return response

    def _planned(self, urn: str) -> Answer:
        """Return what is known of a resource without its inputs."""
        return self._answers.planned(*_identity(urn)) or Answer()

    def _outputs(
        self, answer: Answer, outputs: Properties, inputs: Properties
    ) -> struct_pb2.Struct:
        """Return outputs; those that the answer names, or whose input is a secret, are secrets."""
        annotate_secrets(outputs, inputs)
        for name in answer.secrets & outputs.keys():
            outputs[name] = Secret(unwrap(outputs[name]))
        return _struct(outputs)

    def _act(self, answer: Answer) -> None:
        """Take the answer's time, and fail if it is an error."""
        if self._cancelled.wait(answer.seconds):
            raise HostError("cancelled")
        if answer.error:
            raise HostError(answer.error)

    # What stand-ins do not have -----------------------------------------------------------------

    def GetSchema(self, request: Any, context: Any) -> NoReturn:  # noqa: ARG002, N802 (gRPC)
        """Refuse: only the real plugin has it."""
        self._refuse("has no schema, which programs in YAML need", context)

    def Call(self, request: Any, context: Any) -> NoReturn:  # noqa: N802 (gRPC)
        """Refuse: methods belong to the real component."""
        self._refuse(f"does not have the method {request.tok}", context)

    def _refuse(self, what: str, context: Any) -> NoReturn:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the stand-in for {self._own.package} {what}")
        raise AssertionError  # `abort` raises.


def _identity(urn: str) -> tuple[str, str]:
    """Return a resource's type and name; for the part of a component, the component's."""
    return urns.type_of(urn).removesuffix(components.SUFFIX), urns.name_of(urn)


def _changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
    return {name for name in {*olds, *news} if not equal(olds.get(name), news.get(name))}


def _struct(values: Properties) -> struct_pb2.Struct:
    return write_struct(values, secrets=True, unknowns=True, resources=True)


def _secret_texts(request: Message) -> Iterator[str]:
    """Yield the texts that are secret in a request."""
    for _field, value in request.ListFields():
        if isinstance(value, struct_pb2.Struct):
            for leaf in leaves(read_struct(value)):
                if isinstance(leaf, Secret):
                    yield from (each for each in leaves(leaf.value) if isinstance(each, str))
