"""Failures of a provider, in the engine's terms."""

from typing import Any, Final

from google.rpc import status_pb2  # type: ignore[import-untyped] # it has no types
from grpc import StatusCode
from pulumi.runtime.proto import errors_pb2, provider_pb2

from pulumi_gitlab_kubernetes.testing.host.values import read_struct

_STATUS_DETAILS: Final = "grpc-status-details-bin"


class ProviderError(Exception):
    """An operation failed; the message is the provider's own."""


class UnimplementedError(ProviderError):
    """The provider does not have the method."""


class DiffUnavailableError(Exception):
    """The provider cannot be asked for a difference."""

    def __init__(self) -> None:
        super().__init__(
            "The provider for this resource has inputs that are not known during preview.\n"
            "This preview may not correctly represent the changes that will be applied during an"
            " update."
        )


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


def translate(error: Any) -> ProviderError:
    """Return the failure that an RPC error stands for.

    Args:
        error: The `grpc.RpcError`.
    """
    if error.code() is StatusCode.CANCELLED:  # the run was abandoned
        return ProviderError("abandoned: whether it was done is not known")
    message: str = error.details() or ""
    if error.code() is StatusCode.UNIMPLEMENTED:
        return UnimplementedError(message)
    for key, value in error.trailing_metadata() or ():
        if key != _STATUS_DETAILS:
            continue
        status = status_pb2.Status.FromString(value)
        message = status.message or message
        for detail in status.details:
            init_failed = provider_pb2.ErrorResourceInitFailed()
            missing = provider_pb2.ConfigureErrorMissingKeys()
            wrong = errors_pb2.InputPropertiesError()
            if detail.Unpack(init_failed):
                return InitError(init_failed)
            if detail.Unpack(missing):
                message = _describe_missing(missing)
            elif detail.Unpack(wrong):
                message += "".join(
                    f"\n\t\t- property {each.property_path} has a problem: {each.reason}"
                    for each in wrong.errors
                )
    return ProviderError(message)


def _describe_missing(missing: provider_pb2.ConfigureErrorMissingKeys) -> str:
    return _join_reasons(
        [
            f'missing required configuration key "{key.name}": {key.description}\n'
            f"Set a value using the command `pulumi config set {key.name} <value>`."
            for key in missing.missingKeys
        ]
    )


def _join_reasons(reasons: list[str]) -> str:
    if not reasons:
        return "resource init failed"
    count = f"{len(reasons)} error{'s' if len(reasons) > 1 else ''} occurred:"
    return "\n".join([count, *(f"\t* {reason}" for reason in reasons), "", ""])
