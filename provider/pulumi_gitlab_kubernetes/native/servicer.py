"""The gRPC service of the provider plugin.

See https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto. Calls run in threads,
since the core waits for GitLab. `Cancel` does not, so it is never behind the calls that it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.message import Message
from pulumi import RunError
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_gitlab_kubernetes.engine import failures
from pulumi_gitlab_kubernetes.errors import InvalidInputError, ProviderError, unexpected
from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.native import invocations, provider_configuration
from pulumi_gitlab_kubernetes.native.configured import ConfiguredProvider
from pulumi_gitlab_kubernetes.native.failures import KeptResourceError
from pulumi_gitlab_kubernetes.native.operations import Operations
from pulumi_gitlab_kubernetes.native.project import runtime_of
from pulumi_gitlab_kubernetes.native.provider_configuration import MISMATCH
from pulumi_gitlab_kubernetes.native.spelling import spelling_of
from pulumi_gitlab_kubernetes.native.wire import decode
from pulumi_gitlab_kubernetes.redaction import redact_whole
from pulumi_gitlab_kubernetes.registry import CLASSES, lifecycle_for

_DISTRIBUTION = "pulumi-gitlab-kubernetes"

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response")
ResourceRequest = (
    provider_pb2.CheckRequest
    | provider_pb2.DiffRequest
    | provider_pb2.CreateRequest
    | provider_pb2.ReadRequest
    | provider_pb2.UpdateRequest
    | provider_pb2.DeleteRequest
)
if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serve one provider resource of the engine.

    Args:
        engine: The engine's address; `None` if it is unknown.
    """

    def __init__(self, engine: str | None) -> None:
        self._provider = ConfiguredProvider(engine, spelling_of(runtime_of(Path())))
        self._threads = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="calls")
        self._operations: dict[str, Operations] = {}

    # The plugin itself --------------------------------------------------------------------------

    async def Handshake(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Learn of the engine."""
        del context
        self._provider.engine = request.engine_address or self._provider.engine
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_outputs=True)

    async def Attach(  # noqa: N802 (the protocol's name)
        self, request: plugin_pb2.PluginAttach, context: Context
    ) -> empty_pb2.Empty:
        """Serve another engine, which has found this process already running."""
        del context
        self._provider.engine = request.address
        return empty_pb2.Empty()

    async def GetPluginInfo(  # noqa: N802 (the protocol's name)
        self, request: empty_pb2.Empty, context: Context
    ) -> plugin_pb2.PluginInfo:
        """Return the version of the plugin."""
        del request, context
        return plugin_pb2.PluginInfo(version=version(_DISTRIBUTION))

    async def GetSchema(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        """Return the schema of the package."""

        def read(_request: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
            schema = resources.files(__package__).joinpath("schema.json").read_text()
            return provider_pb2.GetSchemaResponse(schema=schema)

        return await self._call(read, request, context)

    async def Cancel(  # noqa: N802 (the protocol's name)
        self, request: empty_pb2.Empty, context: Context
    ) -> empty_pb2.Empty:
        """End all waits of the running calls."""
        del request, context
        self._provider.run.clients.shared.cancel()
        return empty_pb2.Empty()

    # Its configuration --------------------------------------------------------------------------

    async def CheckConfig(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        """Check the provider's inputs."""
        return await self._call(
            lambda got: provider_configuration.check(got, self._provider), request, context
        )

    async def DiffConfig(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        """Require a replacement of all resources if the inputs are for another GitLab."""
        return await self._call(provider_configuration.diff, request, context)

    async def Configure(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        """Configure the provider."""

        def configure(got: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
            inputs, default = provider_configuration.configured(got)
            self._provider.configure(inputs, default=default)
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True, acceptOutputs=True, supportsPreview=True
            )

        return await self._call(configure, request, context)

    # Its resources ------------------------------------------------------------------------------

    async def Check(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        """Check the inputs of a resource."""
        return await self._call(lambda got: self._of(got).check(got), request, context)

    async def Diff(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        """Compare a resource's state with its inputs."""
        return await self._call(lambda got: self._of(got).diff(got), request, context)

    async def Create(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        """Create a resource."""
        return await self._call(lambda got: self._of(got).create(got), request, context, slot=True)

    async def Read(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.ReadRequest, context: Context
    ) -> provider_pb2.ReadResponse:
        """Read a resource."""
        return await self._call(lambda got: self._of(got).read(got), request, context, slot=True)

    async def Update(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.UpdateRequest, context: Context
    ) -> provider_pb2.UpdateResponse:
        """Update a resource."""
        return await self._call(lambda got: self._of(got).update(got), request, context, slot=True)

    async def Delete(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.DeleteRequest, context: Context
    ) -> empty_pb2.Empty:
        """Delete a resource."""

        def delete(got: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
            self._of(got).delete(got)
            return empty_pb2.Empty()

        return await self._call(delete, request, context, slot=True)

    # Its components -----------------------------------------------------------------------------

    async def Construct(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.ConstructRequest, context: Context
    ) -> provider_pb2.ConstructResponse:
        """Declare a component and its children."""

        async def construct() -> provider_pb2.ConstructResponse:
            from pulumi_gitlab_kubernetes.native import construction  # noqa: PLC0415 (few programs need it)

            return await construction.construct(request, context, self._provider)

        return await self._answer(construct(), request, context)

    # Its functions ------------------------------------------------------------------------------

    async def Invoke(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.InvokeRequest, context: Context
    ) -> provider_pb2.InvokeResponse:
        """Call a function."""
        return await self._call(
            lambda got: invocations.invoke(got, self._provider), request, context, slot=True
        )

    # What this plugin does not have -------------------------------------------------------------

    async def _unimplemented(self, request: Any, context: Context) -> NoReturn:
        """Answer as the protocol requires, which the base class does not do with asyncio."""
        del request
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "gitlab-kubernetes does not have this")

    Parameterize = Call = GetMapping = GetMappings = _unimplemented
    List = _unimplemented  # type: ignore[assignment] # the type of the base class is an iterator

    async def _call(
        self,
        run: Callable[[Request], Response],
        request: Request,
        context: Context,
        *,
        slot: bool = False,
    ) -> Response:
        """Run a call in a thread, and show its errors as one line.

        Args:
            run: Answers the request.
            request: The request.
            context: The context of the call.
            slot: Whether GitLab's rate limit slows the call down.
        """

        def limited() -> Response:
            concurrency = self._provider.run.clients.shared.concurrency
            with concurrency.slot(MOST_CALLS) if slot else contextlib.nullcontext():
                return run(request)

        running = asyncio.get_running_loop().run_in_executor(self._threads, limited)
        return await self._answer(running, request, context)

    async def _answer(
        self, running: Awaitable[Response], request: Message, context: Context
    ) -> Response:
        """Await a call, and show its errors as one line."""
        kept = None
        try:
            return await running
        except KeptResourceError as error:
            message, kept = str(error), error
        except InvalidInputError as error:
            message = f"{self._provider.spelling[error.property]} {error.reason}"
        except (ProviderError, RunError) as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001 (a traceback may contain secrets)
            message = unexpected(error)
        return await _fail(context, redact_whole(message, _secret_texts(request)), kept)

    def _of(self, request: ResourceRequest) -> Operations:
        """Return the operations of a resource's kind."""
        _, _, name = request.urn.split("::")[2].rpartition("$")[2].rpartition(":")
        if name not in CLASSES:
            from pulumi_gitlab_kubernetes.components import declaration  # noqa: PLC0415 (few programs need it)

            if name == declaration.NAME:
                raise ProviderError(
                    f"{name} is a component, which is not in GitLab: import its children instead"
                )
            raise ProviderError(
                f"{name} is not a resource of this plugin, version {version(_DISTRIBUTION)}: "
                f"{MISMATCH}"
            )
        return self._operations.setdefault(name, Operations(lifecycle_for(name), self._provider))


async def _fail(context: Context, message: str, kept: KeptResourceError | None) -> NoReturn:
    details = (
        failures.initialization_failed(kept.id, kept.outputs, kept.inputs, message)
        if kept
        else failures.failed(message)
    )
    await context.abort(grpc.StatusCode.UNKNOWN, message, details)


def _secret_texts(request: Message) -> Iterator[str]:
    """Yield the texts that are secret in a request."""
    for _field, value in request.ListFields():
        if isinstance(value, struct_pb2.Struct):
            yield from decode(value).secret_texts
