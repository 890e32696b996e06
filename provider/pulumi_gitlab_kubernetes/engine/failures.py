"""Failed calls, as the engine shows them: one line, and perhaps a resource to keep."""

from __future__ import annotations

from google.protobuf import any_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2

from pulumi_gitlab_kubernetes.engine.status import Status

UNKNOWN = 2
"""The code of failed calls in gRPC. The details must have the same one."""

Metadata = tuple[tuple[str, bytes], ...]
"""The trailing metadata of a call."""

DETAILS = "grpc-status-details-bin"
"""The key of the details in the trailing metadata."""


def failed(message: str) -> Metadata:
    """Return the metadata of a failed call.

    Args:
        message: The error, in one line.
    """
    return _metadata(Status(code=UNKNOWN, message=message))


def initialization_failed(
    id_: str, outputs: struct_pb2.Struct, inputs: struct_pb2.Struct, reason: str
) -> Metadata:
    """Return the metadata of a failed call whose resource the engine stores.

    Args:
        id_: The resource's ID.
        outputs: Its current outputs.
        inputs: Its current inputs.
        reason: Why the call fails.
    """
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=id_, properties=outputs, inputs=inputs, reasons=[reason]
        )
    )
    return _metadata(Status(code=UNKNOWN, message=reason, details=[detail]))


def _metadata(status: Status) -> Metadata:
    return ((DETAILS, status.SerializeToString()),)
