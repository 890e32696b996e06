"""What stands between this package and a GitLab: a reverse proxy, or one that clients ask for."""

from __future__ import annotations

import select
import socket
import ssl
from email.message import Message
from urllib.parse import urlsplit

from tests.web import Answer, Request, Server

_CHUNK = 1 << 16


class Front(Server):
    """A server that passes requests on and remembers them, for the length of a `with` block.

    Args:
        target: Where to; empty for a proxy, whose clients say where to.
        tls: With what it speaks TLS; `None` for plain HTTP.
        redirect: Where it sends everyone instead.
        status: How.
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
        """Method, path and body of what came with one."""
        self._target, self.redirect, self._status = urlsplit(target).netloc, redirect, status

    def tokens(self) -> set[tuple[str, str]]:
        """Return all credentials that it was given, by their header."""
        names = ("PRIVATE-TOKEN", "JOB-TOKEN", "Authorization", "Cookie")
        return {(name, each[name]) for each in self.headers for name in names if name in each}

    def handle(self, request: Request) -> None:
        """Answer what the target answers, or the redirect."""
        self.requests.append((request.command, request.path))
        self.headers.append(request.headers)
        if request.body:
            self.bodies.append((request.command, request.path, request.body))
        if request.command == "CONNECT":
            _tunnel(request)
        elif self.redirect:
            location = {"Location": self.redirect + request.path}
            request.answer(Answer(self._status, b"", location))
        else:
            request.answer(request.pass_on(self._target))


def _tunnel(request: Request) -> None:
    """Pass on bytes, both ways."""
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
