"""An HTTP server during a `with` block, which can forward requests to another server."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.support.certificates import Pair
from typing_extensions import Self

_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Response:
    """A response to a request."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    def without(self, names: Container[str]) -> Response:
        """Return the response without some headers, given in lower case."""
        kept = {k: v for k, v in self.headers.items() if k.lower() not in names}
        return Response(self.status, self.content, kept)


class Request(BaseHTTPRequestHandler):
    """A request, and the connection to its client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Otherwise each response with a body takes 40 ms.

    def __init__(self, server: Server, *rest: Any) -> None:
        server.connections += 1
        self._asked = server
        super().__init__(*rest)

    def _handle(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._asked.handle(self)

    do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = _handle  # noqa: N815 (the base class's)

    def pass_on(self, host: str = "") -> Response:
        """Forward this request to a server, and return its response.

        Args:
            host: The server's host and port. The default is the host that a proxy's client names.

        Raises:
            OSError: The server cannot be reached.
            http.client.HTTPException: The response is not HTTP.
        """
        asked = urlsplit(self.path)
        there = http.client.HTTPConnection(host or asked.netloc, timeout=30)
        try:
            path = asked._replace(scheme="", netloc="").geturl()
            there.request(self.command, path, self.body, dict(self.headers.items()))
            response = there.getresponse()
            return Response(response.status, response.read(), dict(response.getheaders()))
        finally:
            there.close()

    def respond(self, response: Response) -> None:
        """Send a response to the client."""
        self.send_response_only(response.status)
        for name, value in response.without(_HOP_BY_HOP).headers.items():
            self.send_header(name, value)
        if response.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()
        self.wfile.write(response.content)

    def log_message(self, *args: object) -> None:
        """Log nothing."""
        del args


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128  # The number of clients that may connect at the same time.


class Server:
    """A server on a free port. Subclasses define its responses.

    Args:
        tls: The TLS context, or `None` for plain HTTP.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self._server = _Listener(("127.0.0.1", 0), partial(Request, self))
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused TLS
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http{'s' if tls else ''}://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Start the server."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def handle(self, request: Request) -> None:
        """Respond to a request, in the thread of its connection."""
        raise NotImplementedError


def server_side(pair: Pair, folder: Path) -> ssl.SSLContext:
    """Return the TLS context of a server. Its certificate is written to a folder."""
    file = folder / "server.pem"
    file.write_text(pair.key + pair.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
