"""What the dynamic host allows beyond its own interface.

The host hands providers neither the request nor a way to talk to the engine, and shows every
exception as a traceback. Both can be had from the running call: its frame has the gRPC context,
and the process was started with the engine's address. Where a future host differs, all of this
falls silent.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

import grpc
from google.protobuf import any_pb2, json_format, struct_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped] # has no types
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from ._host_process import engine_address
from .errors import ProviderError, unexpected

_DETAILS = "grpc-status-details-bin"
_UNKNOWN = 2  # The only code that the host ends a failed call with; another one is a mismatch.


@contextmanager
def clean_errors() -> Iterator[None]:
    """Show a failed call as one line, without a traceback."""
    try:
        yield
    except ProviderError as error:
        _fail(str(error))
        raise error from None  # Its causes quote GitLab's answers as they came.
    except Exception as error:  # noqa: BLE001 (the host would show a traceback of any)
        message = unexpected(error)
        _fail(message)
        raise ProviderError(message) from None


def keep(id_: str, outputs: dict[str, Any], inputs: dict[str, Any], reason: str) -> None:
    """Have the engine keep what was done by the call that now fails.

    Args:
        id_: The resource's id.
        outputs: Its outputs as they are now.
        inputs: Its inputs as they are now.
        reason: What is missing.
    """
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=id_, properties=_struct(outputs), inputs=_struct(inputs), reasons=[reason]
        )
    )
    _set_details(status_pb2.Status(code=_UNKNOWN, message=reason, details=[detail]))


def time_limit() -> float | None:
    """Return the seconds that the resource's `custom_timeouts` give the running call."""
    frame = _call()
    return (frame and getattr(frame.f_locals["request"], "timeout", None)) or None


def given_inputs() -> dict[str, Any]:
    """Return the inputs that the state has of the resource being read, secrets in plain text."""
    frame = _call()
    given = frame and getattr(frame.f_locals["request"], "inputs", None)
    return json_format.MessageToDict(given) if given else {}


def ignored_changes() -> frozenset[str]:
    """Return the property paths that the resource's `ignore_changes` names."""
    frame = _call()
    return frozenset(getattr(frame.f_locals["request"], "ignoreChanges", ()) if frame else ())


def resource() -> str:
    """Return the URN of the resource that is being worked on; empty where it is not known."""
    frame = _call()
    return str(getattr(frame.f_locals["request"], "urn", "")) if frame else ""


def say(message: str) -> None:
    """Show a passing message on the line of the resource that is being worked on."""
    _log(message, engine_pb2.INFO, ephemeral=True)


def tell(message: str) -> None:
    """Show a message of the resource that is being worked on, to stay."""
    _log(message, engine_pb2.INFO)


def warn(message: str) -> None:
    """Show a warning of the resource that is being worked on."""
    _log(message, engine_pb2.WARNING)


def _log(
    message: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool = False
) -> None:
    frame, address = _call(), engine_address()
    if frame is None or address is None:
        return
    request = engine_pb2.LogRequest(
        severity=severity,
        message=message,
        urn=resource(),
        ephemeral=ephemeral,
    )
    try:
        _engine(address).Log(request, timeout=1)
    except grpc.RpcError:
        return  # A message that nobody hears must not fail the work.


def _fail(message: str) -> None:
    frame = _call()
    if frame is None:
        return
    set_already = frame.f_locals["context"].trailing_metadata() or ()
    if not any(key == _DETAILS for key, _value in set_already):
        _set_details(status_pb2.Status(code=_UNKNOWN, message=message))


def _set_details(status: status_pb2.Status) -> None:
    if frame := _call():
        details = ((_DETAILS, status.SerializeToString()),)
        frame.f_locals["context"].set_trailing_metadata(details)


def _call() -> FrameType | None:
    """Find the host's frame that serves the running call."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 (the only way to the gRPC context)
    while frame is not None:
        context = frame.f_locals.get("context")
        if "request" in frame.f_locals and isinstance(context, grpc.ServicerContext):
            return frame
        frame = frame.f_back
    return None


@cache
def _engine(address: str) -> engine_pb2_grpc.EngineStub:
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(dict(values), {}))
    finally:
        loop.close()
