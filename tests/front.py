"""What stands between this package and a GitLab: a reverse proxy, or one that clients ask for."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from email.message import Message
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from typing_extensions import Self

_DROPPED = {"connection", "transfer-encoding", "content-length"}
_CHUNK = 1 << 16


class Front:
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
        self.target, self.redirect, self.status = urlsplit(target).netloc, redirect, status
        self.requests: list[tuple[str, str]] = []
        self.headers: list[Message] = []
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused TLS
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http{'s' if tls else ''}://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def tokens(self) -> set[tuple[str, str]]:
        """Return all credentials that it was given, by their header."""
        names = ("PRIVATE-TOKEN", "JOB-TOKEN", "Authorization", "Cookie")
        return {(name, each[name]) for each in self.headers for name in names if name in each}


class _Handler(BaseHTTPRequestHandler):
    """Serves one connection of a front."""

    protocol_version = "HTTP/1.1"

    def __init__(self, front: Front, *rest: Any) -> None:
        front.connections += 1
        self._front = front
        super().__init__(*rest)

    def pass_on(self) -> None:
        """Answer what the target answers, or the redirect."""
        front = self._front
        self._note()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if front.redirect:
            location = {"Location": front.redirect + self.path}
            self._answer(front.status, location, b"")
            return
        asked = urlsplit(self.path)
        there = http.client.HTTPConnection(front.target or asked.netloc, timeout=30)
        path = asked._replace(scheme="", netloc="").geturl()
        there.request(self.command, path, body, dict(self.headers.items()))
        answer = there.getresponse()
        self._answer(answer.status, dict(answer.getheaders()), answer.read())
        there.close()

    do_GET = do_POST = do_PUT = do_DELETE = pass_on  # noqa: N815 (the base class's names)

    def do_CONNECT(self) -> None:
        """Pass on bytes, both ways."""
        self._note()
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: there, there: self.connection}
            self.close_connection = True
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    if not (data := end.recv(_CHUNK)):
                        return
                    ends[end].sendall(data)

    def _note(self) -> None:
        self._front.requests.append((self.command, self.path))
        self._front.headers.append(self.headers)

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _DROPPED:
                self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""
        del args
