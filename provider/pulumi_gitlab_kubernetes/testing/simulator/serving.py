"""Run the simulator in this process, with uvicorn."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEEP_ALIVE = 65
"""Seconds that an idle connection stays open, as with the nginx of GitLab's Linux package."""


class _BufferedTransport:
    """A transport that sends a response's head and body in one write."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._pending: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Buffer data until the current callback of the event loop returns."""
        if not self._pending:
            self._loop.call_soon(self._send)
        self._pending.append(data)

    def close(self) -> None:
        """Send the buffered data and close the connection."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._pending:
            self._transport.write(b"".join(self._pending))
            self._pending.clear()


class _Protocol(H11Protocol):
    """HTTP that gives the app access to its transport, so that faults can drop the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Add the transport to every request of the connection."""
        buffered = cast("asyncio.Transport", _BufferedTransport(transport))
        super().connection_made(buffered)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {"simulator.transport": buffered}
            await app(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """A server that prints lines once it accepts connections."""

    def __init__(self, config: uvicorn.Config, banner: list[str]) -> None:
        super().__init__(config)
        self._banner = banner

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections, then print the banner."""
        await super().startup(sockets)
        if self.started:
            print("\n".join(self._banner), flush=True)


def serve(app: ASGIApp, listener: socket.socket, banner: list[str]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        app: The app to serve.
        listener: A bound socket.
        banner: Lines printed once connections are accepted.
    """
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,  # queries can contain tokens
        server_header=False,
        date_header=False,  # the app sends its own, from the simulator's clock
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE,
    )
    _Server(config, banner).run(sockets=[listener])
