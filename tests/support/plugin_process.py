"""Plugin processes, started and called as the engine does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped] # it has no types
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc
from typing_extensions import Self

UNKNOWN = rpc.UNKNOWN
"""The wire's form of a value that is unknown in a preview."""

_SECRET = {rpc._special_sig_key: rpc._special_secret_sig}
TIMEOUT = 30
"""The seconds that a call may take."""

Values = dict[str, Any]


def secret(value: Any) -> Values:
    """Return the wire's form of a secret."""
    return {**_SECRET, "value": value}


class CallError(Exception):
    """A call that failed.

    Args:
        status: The status, which the engine shows and uses.
        details: The details of the gRPC error, which logs may contain.
    """

    def __init__(self, status: status_pb2.Status, details: str) -> None:
        super().__init__(status.message or details)
        self.status = status
        self.details = details

    def init_failed(self) -> provider_pb2.ErrorResourceInitFailed:
        """Return the details of a partial failure, which the engine stores."""
        found = provider_pb2.ErrorResourceInitFailed()
        assert self.status.details[0].Unpack(found)
        return found


class Engine(engine_pb2_grpc.EngineServicer):
    """The engine's service, which receives the messages of a provider."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def Log(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802 (the protocol's name)
        """Keep a message."""
        del context
        self.messages.append(request)
        return empty_pb2.Empty()


class PluginProcess:
    """A plugin in a process of its own, during a `with` block.

    Args:
        config: The stack's configuration, by `namespace:key`.
        environ: Variables to add to the environment, which has none of Pulumi's and GitLab's.
        arguments: The engine's arguments, with `{}` for its address.
        folder: The program's folder, which is the working directory.
    """

    MODULE: ClassVar[str]
    """The module that is the plugin."""

    def __init__(
        self,
        config: Mapping[str, str],
        environ: Mapping[str, str] | None = None,
        arguments: Sequence[str] = ("{}",),
        *,
        folder: Path | None = None,
    ) -> None:
        self.engine = Engine()
        self._config = dict(config)
        self._environ = dict(environ or {})
        self._arguments = arguments
        self._folder = folder
        self.output = ""
        """What the process has printed after its port; known after the `with` block."""

    def __enter__(self) -> Self:
        """Start the engine's service and the process, and configure the process."""
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        engine_pb2_grpc.add_EngineServicer_to_server(self.engine, self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self._arguments = [each.format(f"127.0.0.1:{port}") for each in self._arguments]
        self._stderr = tempfile.TemporaryFile("w+")
        inherited = ("PULUMI", "GITLAB", "CI_")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(inherited)}
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", self.MODULE, *self._arguments],
            cwd=self._folder,
            env={**clean, **self._environ},
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )
        assert self._process.stdout
        address = f"127.0.0.1:{self._process.stdout.readline().strip()}"
        self._channel = grpc.insecure_channel(address)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.configure()
        return self

    def configure(self) -> None:
        """Configure the plugin, as the engine does before all other calls."""
        request = provider_pb2.ConfigureRequest(args=struct(self._config))
        self._stub.Configure(request, timeout=TIMEOUT)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop both."""
        self._channel.close()
        self._process.terminate()
        self.output, _ = self._process.communicate(timeout=TIMEOUT)
        self._server.stop(None).wait()
        sys.stderr.write(self.stderr())
        self._stderr.close()

    @property
    def pid(self) -> int:
        """The ID of the process."""
        return self._process.pid

    def peak_memory(self) -> float:
        """Return the largest memory that the process has used so far, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024

    def stderr(self) -> str:
        """Return the error output of the process, which the engine shows."""
        self._stderr.seek(0)
        return self._stderr.read()

    def lose_engine(self) -> None:
        """Stop the engine's service."""
        self._server.stop(None).wait()

    def ended(self, within: float) -> bool:
        """Wait for the process to end.

        Args:
            within: The maximum seconds to wait.

        Returns:
            Whether it has ended.
        """
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True


def plain(values: Any) -> Any:
    """Return values as the engine sends them to a provider that does not support secrets."""
    if isinstance(values, dict):
        if values.items() >= _SECRET.items():
            return plain(values["value"])
        return {name: plain(value) for name, value in values.items()}
    if isinstance(values, list):
        return [plain(value) for value in values]
    return values


def struct(values: Values) -> struct_pb2.Struct:
    """Return values on the wire."""
    return json_format.ParseDict(values, struct_pb2.Struct())


@contextmanager
def call_errors() -> Iterator[None]:
    """Raise a failed call as a `CallError`."""
    try:
        yield
    except grpc.RpcError as error:
        metadata = {each.key: each.value for each in error.trailing_metadata() or ()}
        status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
        raise CallError(status, error.details() or "") from None
