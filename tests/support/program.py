"""A Pulumi program with the engine mocked as in Pulumi's documentation.

See https://www.pulumi.com/docs/iac/guides/testing/unit/.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime import mocks, settings, stack


class _Monitor(mocks.MockMonitor):
    """Pulumi's own mocked monitor, which also stores the requests."""

    def __init__(self, mocked: pulumi.runtime.Mocks) -> None:
        super().__init__(mocked)
        self.requests: list[Any] = []
        self.reads: list[Any] = []

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 (Pulumi's name)
        """Store the request."""
        self.reads.append(request)
        return super().ReadResource(request)  # type: ignore[no-untyped-call] # it has no types

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (Pulumi's name)
        """Store the request."""
        if request.type != "pulumi:pulumi:Stack":
            self.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call] # as above

    def SupportsFeature(self, request: Any) -> Any:  # noqa: N802 (Pulumi's name)
        """Support the same features as an engine, so that secrets are marked."""
        response = super().SupportsFeature(request)  # type: ignore[no-untyped-call] # as above
        return type(response)(hasSupport=True)


class _Mocks(pulumi.runtime.Mocks):
    """Resources with an ID that the test chooses, and with outputs besides their inputs."""

    def __init__(
        self, id_: str, outputs: dict[str, Any], functions: dict[str, dict[str, Any]]
    ) -> None:
        self._id = id_
        self._outputs = outputs
        self._functions = functions
        self.calls: list[pulumi.runtime.MockCallArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Respond to a registration or a read."""
        inputs = {name: value for name, value in args.inputs.items() if value is not None}
        return args.resource_id or self._id, {**inputs, **self._outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:  # type: ignore[override] # as in Pulumi's documentation
        """Return the result of a function, if it is expected to be called."""
        self.calls.append(args)
        if args.token not in self._functions:
            raise NotImplementedError(args.token)
        return self._functions[args.token]


class Program:
    """Runs parts of a program with the mocks."""

    def __init__(self) -> None:
        self.functions: dict[str, dict[str, Any]] = {}
        """The results of functions, by token."""
        self.mocks = _Mocks("", {}, {})
        self.monitor = _Monitor(self.mocks)

    def run(self, body: Callable[[], Any], id_: str = "42:7", **outputs: Any) -> Any:
        """Run a program, and return its result with outputs awaited."""
        self.mocks = mocked = _Mocks(id_, outputs, self.functions)
        self.monitor = _Monitor(mocked)

        async def program() -> Any:
            settings.reset_options()
            pulumi.runtime.set_mocks(mocked, project="shop", stack="dev", monitor=self.monitor)
            result = body()
            if isinstance(result, pulumi.Output):
                result = (await result.future(), await result.is_secret(), await result.is_known())
            await stack.wait_for_rpcs()
            return result

        return asyncio.run(program())

    def request(self) -> Any:
        """Return the only registration."""
        (request,) = self.monitor.requests
        return request
