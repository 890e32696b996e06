"""The server of the provider plugin."""

from __future__ import annotations

import asyncio
import signal
import sys

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_gitlab_kubernetes.engine.process import (
    end_with_engine,
    engine_address,
    give_large_memory_back,
)
from pulumi_gitlab_kubernetes.native.servicer import Servicer

_LARGEST_MESSAGE = 400 << 20  # Bytes, as in the engine.
_OPTIONS = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
)


def run() -> None:
    """Serve the engine until it ends this process.

    The engine reads the port from the first line of the output.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # The engine ends it so: no traceback.
    give_large_memory_back()
    if engine_address() is not None:  # None if a user attaches the engine to a running plugin.
        end_with_engine()
    asyncio.run(_serve())


async def _serve() -> None:
    server = grpc.aio.server(options=_OPTIONS)
    servicer = Servicer(engine_address())
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()
