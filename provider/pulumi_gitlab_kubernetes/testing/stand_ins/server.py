"""The process of a stand-in."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_gitlab_kubernetes.engine.process import end_with_engine, engine_address
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins import folder as folders
from pulumi_gitlab_kubernetes.testing.stand_ins.servicer import Servicer

_OPTIONS: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_THREADS: Final = 64


def run(folder: Path) -> None:
    """Serve the engine until it ends this process. The first argument is the package.

    Args:
        folder: The folder of the run's stand-ins.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # The engine ends it so: no traceback.
    stand_ins = folders.read(folder)
    (own,) = (each for each in stand_ins if each.package == sys.argv[1])
    engine = engine_address()
    if engine is not None:  # None if a user attaches the engine to a running plugin.
        end_with_engine()
    try:
        servicer = Servicer(own, stand_ins, folder, engine)
    except HostError as error:
        sys.exit(str(error))
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # Mocks may print.
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    stdout.write(f"{port}\n")
    stdout.flush()
    server.wait_for_termination()
