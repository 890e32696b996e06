"""Access to requests and to the engine, which the dynamic host does not pass to providers.

The frame of the running call has the request and the gRPC context, and the process was started with
the engine's address. The gRPC context also replaces the traceback that the host shows for each
exception. If a future host differs, none of this has an effect.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

from pulumi_gitlab_kubernetes.engine import failures, log
from pulumi_gitlab_kubernetes.engine.process import engine_address
from pulumi_gitlab_kubernetes.errors import ProviderError, unexpected


@contextmanager
def clean_errors() -> Iterator[None]:
    """Show the error of a failed call as one line, without a traceback."""
    try:
        yield
    except ProviderError as error:
        _fail(str(error))
        raise error from None  # Its causes contain GitLab's raw responses.
    except Exception as error:  # noqa: BLE001 (the host would show its traceback)
        message = unexpected(error)
        _fail(message)
        raise ProviderError(message) from None


def keep(id_: str, outputs: dict[str, Any], inputs: dict[str, Any], reason: str) -> None:
    """Let the engine store a resource although the running call fails.

    Args:
        id_: The resource's ID.
        outputs: Its current outputs.
        inputs: Its current inputs.
        reason: Why the call fails.
    """
    _set_metadata(failures.initialization_failed(id_, _struct(outputs), _struct(inputs), reason))


def time_limit() -> float | None:
    """Return the running call's timeout from `custom_timeouts`, in seconds."""
    frame = _call()
    return (frame and getattr(frame.f_locals["request"], "timeout", None)) or None


def old_inputs() -> dict[str, Any]:
    """Return the inputs in the state of the call's resource, with secrets in plain text."""
    frame = _call()
    request = frame and frame.f_locals["request"]
    inputs = getattr(request, "inputs", None) or getattr(request, "old_inputs", None)
    return json_format.MessageToDict(inputs) if inputs else {}


def ignored_changes() -> frozenset[str]:
    """Return the property paths in the resource's `ignore_changes`."""
    frame = _call()
    return frozenset(getattr(frame.f_locals["request"], "ignoreChanges", ()) if frame else ())


def resource() -> str:
    """Return the URN of the running call's resource; empty if unknown."""
    frame = _call()
    return str(getattr(frame.f_locals["request"], "urn", "")) if frame else ""


def log_status(message: str) -> None:
    """Log an ephemeral message of the running call's resource."""
    log.log_status(engine_address(), resource(), message)


def log_info(message: str) -> None:
    """Log a message of the running call's resource."""
    log.log_info(engine_address(), resource(), message)


def log_warning(message: str) -> None:
    """Log a warning of the running call's resource."""
    log.log_warning(engine_address(), resource(), message)


def _fail(message: str) -> None:
    frame = _call()
    if frame is None:
        return
    metadata = frame.f_locals["context"].trailing_metadata() or ()
    if not any(key == failures.DETAILS for key, _value in metadata):
        _set_metadata(failures.failed(message))


def _set_metadata(metadata: failures.Metadata) -> None:
    if frame := _call():
        frame.f_locals["context"].set_trailing_metadata(metadata)


def _call() -> FrameType | None:
    """Return the host's frame of the running call."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 (the only way to the gRPC context)
    while frame is not None:
        context = frame.f_locals.get("context")
        if "request" in frame.f_locals and isinstance(context, grpc.ServicerContext):
            return frame
        frame = frame.f_back
    return None


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(dict(values), {}))
    finally:
        loop.close()
