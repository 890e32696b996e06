"""Errors that carry more than a message to the engine."""

from __future__ import annotations

from google.protobuf import struct_pb2

from pulumi_gitlab_kubernetes.errors import ProviderError


class KeptResourceError(ProviderError):
    """A call failed, but the engine must store the resource.

    Args:
        message: Why the call failed.
        id_: The resource's ID.
        outputs: Its current outputs.
        inputs: Its current inputs.
    """

    def __init__(
        self, message: str, id_: str, outputs: struct_pb2.Struct, inputs: struct_pb2.Struct
    ) -> None:
        super().__init__(message)
        self.id = id_
        self.outputs = outputs
        self.inputs = inputs
