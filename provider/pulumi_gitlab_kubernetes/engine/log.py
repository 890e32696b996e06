"""The engine's log: messages on the line of a resource."""

from __future__ import annotations

from functools import cache

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


def log_status(address: str | None, urn: str, message: str) -> None:
    """Log an ephemeral message, which the next one replaces.

    Args:
        address: The engine's address; `None` if it is unknown.
        urn: The URN of the resource.
        message: The message.
    """
    _log(address, urn, message, engine_pb2.INFO, ephemeral=True)


def log_info(address: str | None, urn: str, message: str) -> None:
    """Log a message; as `log_status`."""
    _log(address, urn, message, engine_pb2.INFO)


def log_warning(address: str | None, urn: str, message: str) -> None:
    """Log a warning; as `log_status`."""
    _log(address, urn, message, engine_pb2.WARNING)


def _log(
    address: str | None,
    urn: str,
    message: str,
    severity: engine_pb2.LogSeverity.ValueType,
    *,
    ephemeral: bool = False,
) -> None:
    if address is None:
        return
    request = engine_pb2.LogRequest(
        severity=severity, message=message, urn=urn, ephemeral=ephemeral
    )
    try:
        _engine(address).Log(request, timeout=1)
    except grpc.RpcError:
        return  # The call must not fail because of a message.


@cache
def _engine(address: str) -> engine_pb2_grpc.EngineStub:
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
