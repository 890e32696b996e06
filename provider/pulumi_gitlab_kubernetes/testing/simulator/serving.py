"""Serving the simulator in this process, with uvicorn."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class _Protocol(H11Protocol):
    """HTTP that lets the app cut its connection, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hand the transport to every request of the connection."""
        super().connection_made(transport)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {"simulator.transport": transport}
            await app(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """A server that says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, greeting: list[str]) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections, then greet."""
        await super().startup(sockets)
        if self.started:
            print("\n".join(self._greeting), flush=True)


def serve(app: ASGIApp, listener: socket.socket, greeting: list[str]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        app: what to serve.
        listener: a bound socket.
        greeting: lines printed once connections are accepted.
    """
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,  # it would print queries, and tokens with them
        server_header=False,
        date_header=False,  # the app sends its own, by the simulator's clock
        timeout_graceful_shutdown=1,
    )
    _Server(config, greeting).run(sockets=[listener])
