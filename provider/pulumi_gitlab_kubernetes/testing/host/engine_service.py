"""The engine's own service: messages from the program and from the dynamic host.

See https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/deployment-execution/.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

LogHandler = Callable[[engine_pb2.LogRequest], None]

_THREADS: Final = 256  # each registration holds one until its resource exists
_OPTIONS: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes messages from the program and from the dynamic host.

    Args:
        on_log: Takes each message.
    """

    def __init__(self, on_log: LogHandler) -> None:
        self._on_log = on_log
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802 (gRPC)
        """Handle a log message."""
        self._on_log(request)
        return empty_pb2.Empty()

    def SetRootResource(self, request: Any, context: Any) -> engine_pb2.SetRootResourceResponse:  # noqa: ARG002, N802 (gRPC)
        """Store the URN of the stack's resource."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def GetRootResource(self, request: Any, context: Any) -> engine_pb2.GetRootResourceResponse:  # noqa: ARG002, N802 (gRPC)
        """Return the URN of the stack's resource."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def RequirePulumiVersion(  # noqa: N802 (gRPC)
        self,
        request: Any,  # noqa: ARG002 (gRPC)
        context: Any,  # noqa: ARG002 (gRPC)
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """Accept any version of the CLI that a program requires."""
        return engine_pb2.RequirePulumiVersionResponse()


def serve(
    add: Callable[[Any, grpc.Server], None], servicer: object, threads: int = _THREADS
) -> tuple[grpc.Server, str]:
    """Start a service on a free port of this machine.

    Args:
        add: The generated function that adds the servicer.
        servicer: The service.
        threads: How many calls it may answer at a time.

    Returns:
        The server and its address.
    """
    server = grpc.server(ThreadPoolExecutor(max_workers=threads), options=_OPTIONS)
    port = server.add_insecure_port("127.0.0.1:0")
    add(servicer, server)
    server.start()
    return server, f"127.0.0.1:{port}"
