"""Calls to a provider and their results, in the engine's terms.

Follows ``pkg/resource/plugin/provider_plugin.go`` of Pulumi's engine; see
https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers/.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.diff import Diff, read_diff
from pulumi_gitlab_kubernetes.testing.host.provider_errors import (
    DiffUnavailableError,
    InitError,
    ProviderError,
    UnimplementedError,
    translate,
)
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import (
    Properties,
    Secret,
    annotate_secrets,
    contains_secrets,
    contains_unknowns,
    read_struct,
    write_struct,
)

_VERSION = "version"  # an input of provider resources that no provider declares


@dataclass
class CheckFailure:
    """A failed check of a resource's inputs, or of one of them."""

    property: str
    reason: str


@dataclass
class ReadResult:
    """The result of a read; a blank id means that the resource does not exist.

    Attributes:
        id: The resource's id.
        outputs: Its outputs; nothing if it does not exist.
        inputs: Its inputs; nothing if the provider does not tell.
    """

    id: str
    outputs: Properties | None
    inputs: Properties | None


class ResourceProvider(Protocol):
    """What manages resources: a plugin, or the registry of providers for provider resources."""

    def check(
        self, urn: str, old_inputs: Properties, inputs: Properties, *, unknowns: bool
    ) -> tuple[Properties, list[CheckFailure]]:
        """Validate a resource's inputs and fill in defaults."""

    def diff(
        self, old: Resource, inputs: Properties, ignored: list[str], *, unknowns: bool
    ) -> Diff:
        """Compare a resource with the inputs it should have."""

    def create(self, new: Resource, *, preview: bool) -> tuple[str, Properties]:
        """Create a resource; return its id and outputs."""

    def update(self, old: Resource, new: Resource, *, preview: bool) -> Properties:
        """Update a resource in place; return its outputs."""

    def delete(self, old: Resource) -> None:
        """Delete a resource."""


class Protocols(NamedTuple):
    """The parts of the protocol that a plugin supports."""

    secrets: bool
    resources: bool
    outputs: bool
    previews: bool


class Provider:
    """A provider in a plugin; it is configured once, and its calls wait for that.

    Args:
        channel: The connection to the plugin.
        engine: The address of the engine's own service.
    """

    def __init__(self, channel: grpc.Channel, engine: str) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(channel)
        self._protocols = self._shake_hands(engine)
        self._configuring: Any = None
        self._known = True

    def version(self) -> str:
        """Return the plugin's version."""
        version: str = self.call("GetPluginInfo", empty_pb2.Empty()).version
        return version

    def check_config(
        self, urn: str, old_inputs: Properties, inputs: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        """Validate a provider's configuration, in which values may be unknown."""
        request = provider_pb2.CheckRequest(
            **_identity(urn), olds=_config(old_inputs), news=_config(inputs)
        )
        try:
            response = self.call("CheckConfig", request)
        except UnimplementedError:
            return dict(inputs), []
        checked = read_struct(response.inputs)
        annotate_secrets(checked, inputs)
        return checked, _read_failures(response)

    def diff_config(
        self,
        urn: str,
        old_inputs: Properties,
        old_outputs: Properties,
        inputs: Properties,
        ignored: list[str],
    ) -> Diff:
        """Compare a provider's configuration with the one it should have."""
        request = provider_pb2.DiffRequest(
            **_identity(urn),
            old_inputs=_config(old_inputs),
            olds=_config(old_outputs),
            news=_config(inputs),
            ignoreChanges=ignored,
        )
        try:
            return read_diff(self.call("DiffConfig", request))
        except UnimplementedError:
            return Diff(None)

    def configure(self, urn: str, id_: str, config: Properties) -> None:
        """Start to configure the provider, unless a part of its configuration is unknown.

        Args:
            urn: The URN of its resource.
            id_: Its id.
            config: The configuration.
        """
        if contains_unknowns({k: v for k, v in config.items() if k != _VERSION}):
            self._known = False
            return
        request = provider_pb2.ConfigureRequest(
            **_identity(urn),
            id=id_,
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            args=write_struct(config, secrets=True, unknowns=True, resources=True),
        )
        self._configuring = self._stub.Configure.future(request)

    def check(
        self, urn: str, old_inputs: Properties, inputs: Properties, *, unknowns: bool
    ) -> tuple[Properties, list[CheckFailure]]:
        """Validate a resource's inputs and fill in defaults."""
        if not self.is_known:
            return dict(inputs), []
        response = self.call(
            "Check",
            provider_pb2.CheckRequest(
                **_identity(urn),
                olds=self._struct(old_inputs, unknowns=unknowns),
                news=self._struct(inputs, unknowns=unknowns),
            ),
        )
        checked = self._read(response.inputs, inputs)
        return checked, _read_failures(response)

    def diff(
        self, old: Resource, inputs: Properties, ignored: list[str], *, unknowns: bool
    ) -> Diff:
        """Compare a resource with the inputs it should have.

        Raises:
            DiffUnavailableError: The provider is not configured.
        """
        if not self.is_known:
            raise DiffUnavailableError
        request = provider_pb2.DiffRequest(
            **_identity(old.urn),
            id=old.id,
            old_inputs=self._struct(old.inputs, unknowns=unknowns),
            olds=self._struct(old.outputs, unknowns=unknowns),
            news=self._struct(inputs, unknowns=unknowns),
            ignoreChanges=ignored,
        )
        return read_diff(self.call("Diff", request))

    def create(self, new: Resource, *, preview: bool) -> tuple[str, Properties]:
        """Create a resource, or tell what a creation would give; return its id and outputs."""
        if preview and (planned := self._planned(new)) is not None:
            return "", planned
        request = provider_pb2.CreateRequest(
            **_identity(new.urn),
            properties=self._struct(new.inputs, unknowns=preview),
            timeout=new.custom_timeouts.get("create", 0),
            preview=preview,
        )
        response = self._change("Create", request, new.inputs)
        if not response.id and not preview:
            raise ProviderError(f"plugin returned empty resource.ID from create '{new.urn}'")
        return response.id, self._read(response.properties, new.inputs)

    def update(self, old: Resource, new: Resource, *, preview: bool) -> Properties:
        """Update a resource in place, or tell what an update would give; return its outputs."""
        if preview and (planned := self._planned(new)) is not None:
            return planned
        request = provider_pb2.UpdateRequest(
            **_identity(new.urn),
            id=old.id,
            old_inputs=self._struct(old.inputs),
            olds=self._struct(old.outputs),
            news=self._struct(new.inputs, unknowns=preview),
            timeout=new.custom_timeouts.get("update", 0),
            ignoreChanges=new.ignore_changes,
            preview=preview,
        )
        response = self._change("Update", request, new.inputs)
        return self._read(response.properties, new.inputs)

    def read(
        self, resource: Resource, inputs: Properties | None, state: Properties | None
    ) -> ReadResult:
        """Read the current state of a resource.

        Args:
            resource: The resource.
            inputs: Its inputs; nothing if it is imported.
            state: Its last known outputs, or its inputs where there are none.
        """
        if not self.is_known:
            return ReadResult("", {}, {})
        request = provider_pb2.ReadRequest(
            **_identity(resource.urn),
            id=resource.id or resource.import_id,
            properties=None if state is None else self._struct(state),
            inputs=None if inputs is None else self._struct(inputs),
            timeout=resource.custom_timeouts.get("read", 0),
        )
        try:
            response = self.call("Read", request)
        except InitError as error:
            self._annotate(error.inputs, inputs)
            self._annotate(error.outputs, state)
            raise
        return ReadResult(
            response.id,
            self._read(response.properties, state) if response.HasField("properties") else None,
            self._read(response.inputs, inputs) if response.HasField("inputs") else None,
        )

    def delete(self, old: Resource) -> None:
        """Delete a resource."""
        request = provider_pb2.DeleteRequest(
            **_identity(old.urn),
            id=old.id,
            properties=self._struct(old.outputs),
            old_inputs=self._struct(old.inputs),
            timeout=old.custom_timeouts.get("delete", 0),
        )
        self.call("Delete", request)

    def invoke(
        self, token: str, args: Properties, *, preview: bool
    ) -> tuple[Properties, list[CheckFailure]]:
        """Call a function; return its result and what is wrong with its arguments."""
        if not self.is_known:
            return {}, []
        request = provider_pb2.InvokeRequest(tok=token, args=self._struct(args), preview=preview)
        response = self.call("Invoke", request)
        result = read_struct(getattr(response, "return"))  # a keyword of Python
        if contains_secrets(args) and not self.protocols.secrets:
            result = {k: v if isinstance(v, Secret) else Secret(v) for k, v in result.items()}
        return result, _read_failures(response)

    def cancel(self, timeout: float) -> bool:
        """Ask the provider to end its running operations.

        Args:
            timeout: How long to wait for its answer, in seconds.

        Returns:
            Whether it runs; it need not know the method.
        """
        try:
            self._stub.Cancel(empty_pb2.Empty(), timeout=timeout)
        except grpc.RpcError as error:
            return isinstance(translate(error), UnimplementedError)
        return True

    @property
    def is_known(self) -> bool:
        """Whether the whole configuration is known; waits until the provider is configured.

        Raises:
            ProviderError: The provider rejected the configuration.
        """
        return self._known and bool(self.protocols)

    @cached_property
    def protocols(self) -> Protocols:
        """The parts of the protocol that the plugin supports, once it is configured."""
        try:
            response = self._configuring.result()
        except grpc.RpcError as error:
            raise translate(error) from None
        return self._protocols or Protocols(
            response.acceptSecrets,
            response.acceptResources,
            response.acceptOutputs,
            response.supportsPreview,
        )

    def call(self, method: str, request: Any) -> Any:
        """Call a method of the plugin.

        Raises:
            ProviderError: It failed.
        """
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            raise translate(error) from None

    def _shake_hands(self, engine: str) -> Protocols | None:
        request = provider_pb2.ProviderHandshakeRequest(
            engine_address=engine, configure_with_urn=True, invoke_with_preview=True
        )
        try:
            response = self.call("Handshake", request)
        except UnimplementedError:
            return None
        return Protocols(
            response.accept_secrets,
            response.accept_resources,
            response.accept_outputs,
            previews=True,
        )

    def _planned(self, new: Resource) -> Properties | None:
        """Return the outputs in a preview of a provider that cannot be asked for them."""
        if not self.is_known:
            return {}
        return None if self.protocols.previews else dict(new.inputs)

    def _change(self, method: str, request: Any, inputs: Properties) -> Any:
        try:
            return self.call(method, request)
        except InitError as error:
            self._annotate(error.outputs, inputs)
            raise

    def _struct(self, properties: Properties, *, unknowns: bool = False) -> struct_pb2.Struct:
        return write_struct(
            properties,
            secrets=self.protocols.secrets,
            unknowns=unknowns,
            resources=self.protocols.resources,
        )

    def _read(self, struct: struct_pb2.Struct, like: Properties | None) -> Properties:
        properties = read_struct(struct)
        self._annotate(properties, like)
        return properties

    def _annotate(self, properties: Properties | None, like: Properties | None) -> None:
        """Mark secrets as the engine does for a plugin that it cannot send them to."""
        if not self.protocols.secrets:
            annotate_secrets(properties, like)


def _identity(urn: str) -> dict[str, Any]:
    return {"urn": urn, "name": urns.name_of(urn), "type": urns.type_of(urn)}


def _config(properties: Properties) -> struct_pb2.Struct:
    return write_struct(properties, secrets=False, unknowns=True)


def _read_failures(response: Any) -> list[CheckFailure]:
    return [CheckFailure(item.property, item.reason) for item in response.failures]
