"""Calls to a provider and their results, in the engine's terms.

Follows the resource provider protocol for a provider that takes no secrets and cannot preview, as
``python -m pulumi.dynamic`` is one; see
https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers/.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import grpc
from google.rpc import status_pb2  # type: ignore[import-untyped] # it has no types
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import (
    Properties,
    annotate_secrets,
    read_struct,
    write_struct,
)

_STATUS_DETAILS: Final = "grpc-status-details-bin"


class ProviderError(Exception):
    """An operation failed; the message is the provider's own."""


class InitError(ProviderError):
    """A resource was created, updated or read, but failed to initialize.

    Attributes:
        id: The resource's id.
        outputs: Its outputs.
        inputs: Its inputs, if it was read.
        reasons: Why it failed to initialize.
    """

    def __init__(self, detail: provider_pb2.ErrorResourceInitFailed) -> None:
        self.id: str = detail.id
        self.outputs = read_struct(detail.properties)
        self.inputs = read_struct(detail.inputs) if detail.HasField("inputs") else None
        self.reasons = list(detail.reasons)
        super().__init__(_join_reasons(self.reasons))


@dataclass
class CheckFailure:
    """A failed check of a resource's inputs, or of one of them."""

    property: str
    reason: str


@dataclass
class Diff:
    """How a resource differs from its goal.

    Attributes:
        changes: Whether it differs; nothing if the provider does not know.
        replaces: The properties that cannot be changed in place.
        delete_before_replace: Whether a replacement deletes the old resource first.
        changed: The properties that differ, if the engine computed them.
        paths: The paths inside them that differ.
    """

    changes: bool | None
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False
    changed: list[str] = field(default_factory=list)
    paths: list[tuple[str | int, ...]] = field(default_factory=list)


@dataclass
class ReadResult:
    """The result of a read; a blank id means that the resource does not exist."""

    id: str
    outputs: Properties
    inputs: Properties | None


class Provider:
    """A configured provider.

    Args:
        channel: The connection to it.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def configure(self, config: Properties) -> None:
        """Pass the stack's configuration, with secrets in plain text, as the engine does."""
        args = write_struct(config, secrets=True, unknowns=True)
        self._call(
            "Configure",
            provider_pb2.ConfigureRequest(acceptSecrets=True, acceptResources=True, args=args),
        )

    def check(
        self, urn: str, old_inputs: Properties, inputs: Properties, *, unknowns: bool
    ) -> tuple[Properties, list[CheckFailure]]:
        """Validate a resource's inputs and fill in defaults."""
        response = self._call(
            "Check",
            provider_pb2.CheckRequest(
                **_identity(urn),
                olds=_plain(old_inputs, unknowns=unknowns),
                news=_plain(inputs, unknowns=unknowns),
            ),
        )
        checked = read_struct(response.inputs)
        annotate_secrets(checked, inputs)
        return checked, [CheckFailure(item.property, item.reason) for item in response.failures]

    def diff(
        self, old: Resource, inputs: Properties, ignored: list[str], *, unknowns: bool
    ) -> Diff:
        """Compare a resource with the inputs it should have."""
        response = self._call(
            "Diff",
            provider_pb2.DiffRequest(
                **_identity(old.urn),
                id=old.id,
                old_inputs=_plain(old.inputs, unknowns=unknowns),
                olds=_plain(old.outputs, unknowns=unknowns),
                news=_plain(inputs, unknowns=unknowns),
                ignoreChanges=ignored,
            ),
        )
        changes = {
            provider_pb2.DiffResponse.DIFF_NONE: False,
            provider_pb2.DiffResponse.DIFF_SOME: True,
        }.get(response.changes)
        return Diff(changes, list(response.replaces), response.deleteBeforeReplace)

    def create(self, new: Resource) -> tuple[str, Properties]:
        """Create a resource; return its id and outputs."""
        request = provider_pb2.CreateRequest(
            **_identity(new.urn),
            properties=_plain(new.inputs, unknowns=False),
            timeout=new.custom_timeouts.get("create", 0),
        )
        try:
            response = self._call("Create", request)
        except InitError as error:
            annotate_secrets(error.outputs, new.inputs)
            raise
        outputs = read_struct(response.properties)
        annotate_secrets(outputs, new.inputs)
        if not response.id:
            raise ProviderError(f"plugin returned empty resource.ID from create '{new.urn}'")
        return response.id, outputs

    def update(self, old: Resource, new: Resource) -> Properties:
        """Update a resource in place; return its outputs."""
        request = provider_pb2.UpdateRequest(
            **_identity(new.urn),
            id=old.id,
            old_inputs=_plain(old.inputs, unknowns=False),
            olds=_plain(old.outputs, unknowns=False),
            news=_plain(new.inputs, unknowns=False),
            timeout=new.custom_timeouts.get("update", 0),
            ignoreChanges=new.ignore_changes,
        )
        try:
            response = self._call("Update", request)
        except InitError as error:
            annotate_secrets(error.outputs, new.inputs)
            raise
        outputs = read_struct(response.properties)
        annotate_secrets(outputs, new.inputs)
        return outputs

    def read(self, resource: Resource, state: Properties) -> ReadResult:
        """Read the current state of a resource.

        Args:
            resource: The resource, with its inputs.
            state: Its last known outputs, or its inputs where there are none.
        """
        request = provider_pb2.ReadRequest(
            **_identity(resource.urn),
            id=resource.id,
            properties=_plain(state, unknowns=False),
            inputs=_plain(resource.inputs, unknowns=False),
            timeout=resource.custom_timeouts.get("read", 0),
        )
        try:
            response = self._call("Read", request)
        except InitError as error:
            annotate_secrets(error.inputs, resource.inputs)
            annotate_secrets(error.outputs, state)
            raise
        inputs = read_struct(response.inputs) if response.HasField("inputs") else None
        outputs = read_struct(response.properties)
        annotate_secrets(inputs, resource.inputs)
        annotate_secrets(outputs, state)
        return ReadResult(response.id, outputs, inputs)

    def delete(self, old: Resource) -> None:
        """Delete a resource."""
        self._call(
            "Delete",
            provider_pb2.DeleteRequest(
                **_identity(old.urn),
                id=old.id,
                properties=_plain(old.outputs, unknowns=False),
                old_inputs=_plain(old.inputs, unknowns=False),
                timeout=old.custom_timeouts.get("delete", 0),
            ),
        )

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            raise _translate(error) from None


def _identity(urn: str) -> dict[str, Any]:
    return {"urn": urn, "name": urns.name_of(urn), "type": urns.type_of(urn)}


def _plain(properties: Properties, *, unknowns: bool) -> Any:
    return write_struct(properties, secrets=False, unknowns=unknowns)


def _translate(error: Any) -> ProviderError:
    if error.code() is grpc.StatusCode.CANCELLED:  # the run was abandoned
        return ProviderError("abandoned: whether it was done is not known")
    message: str = error.details() or ""
    for key, value in error.trailing_metadata() or ():
        if key != _STATUS_DETAILS:
            continue
        status = status_pb2.Status.FromString(value)
        message = status.message or message
        for detail in status.details:
            init_failed = provider_pb2.ErrorResourceInitFailed()
            if detail.Unpack(init_failed):
                return InitError(init_failed)
    return ProviderError(message)


def _join_reasons(reasons: list[str]) -> str:
    if not reasons:
        return "resource init failed"
    count = f"{len(reasons)} error{'s' if len(reasons) > 1 else ''} occurred:"
    return "\n".join([count, *(f"\t* {reason}" for reason in reasons), "", ""])
