"""Serving the simulator in this process, with uvicorn."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEEP_ALIVE = 65
"""Seconds that an idle connection is kept, as by the nginx of a GitLab."""


class _Gathering:
    """A transport that sends at once what is written at once: an answer's head and body."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._pending: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep what is to be sent until what runs now has ended."""
        if not self._pending:
            self._loop.call_soon(self._send)
        self._pending.append(data)

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._pending:
            self._transport.write(b"".join(self._pending))
            self._pending.clear()


class _Protocol(H11Protocol):
    """HTTP that lets the app cut its connection, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hand the transport to every request of the connection."""
        gathering = cast("asyncio.Transport", _Gathering(transport))
        super().connection_made(gathering)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {"simulator.transport": gathering}
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
        timeout_keep_alive=_KEEP_ALIVE,
    )
    _Server(config, greeting).run(sockets=[listener])
