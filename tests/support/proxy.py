"""A proxy between this package and GitLab: a reverse proxy, or a forward proxy."""

from __future__ import annotations

import select
import socket
import ssl
from email.message import Message
from urllib.parse import urlsplit

from tests.support.web import Request, Response, Server

_CHUNK = 1 << 16


class Proxy(Server):
    """A server that forwards and records requests, during a `with` block.

    Args:
        target: The server behind it. Empty for a forward proxy, whose clients name the server.
        tls: The TLS context, or `None` for plain HTTP.
        redirect: Redirect all requests to this address instead.
        status: The status of these redirects.
    """

    def __init__(
        self,
        target: str = "",
        *,
        tls: ssl.SSLContext | None = None,
        redirect: str = "",
        status: int = 302,
    ) -> None:
        super().__init__(tls=tls)
        self.requests: list[tuple[str, str]] = []
        self.headers: list[Message] = []
        self.bodies: list[tuple[str, str, bytes]] = []
        """The method, path and body of the requests with a body."""
        self._target, self.redirect, self._status = urlsplit(target).netloc, redirect, status

    def tokens(self) -> set[tuple[str, str]]:
        """Return all credentials in the requests, by header."""
        names = ("PRIVATE-TOKEN", "JOB-TOKEN", "Authorization", "Cookie")
        return {(name, each[name]) for each in self.headers for name in names if name in each}

    def handle(self, request: Request) -> None:
        """Respond like the target, or redirect."""
        self.requests.append((request.command, request.path))
        self.headers.append(request.headers)
        if request.body:
            self.bodies.append((request.command, request.path, request.body))
        if request.command == "CONNECT":
            _tunnel(request)
        elif self.redirect:
            location = {"Location": self.redirect + request.path}
            request.respond(Response(self._status, b"", location))
        else:
            request.respond(request.pass_on(self._target))


def _tunnel(request: Request) -> None:
    """Forward bytes in both directions."""
    host, _, port = request.path.rpartition(":")
    with socket.create_connection((host, int(port))) as there:
        request.send_response(200)
        request.end_headers()
        ends = {request.connection: there, there: request.connection}
        request.close_connection = True
        while True:
            for end in select.select(list(ends), [], [])[0]:
                if not (data := end.recv(_CHUNK)):
                    return
                ends[end].sendall(data)
