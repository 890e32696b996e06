"""A gateway in front of the simulator, which loses answers as gateways do."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import requests
from typing_extensions import Self

_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length"}


class Gateway:
    """A reverse proxy on a free port, for the length of a `with` block.

    Args:
        upstream: The address of what stands behind it.
    """

    def __init__(self, upstream: str) -> None:
        self.withheld: set[str] = set()
        """Headers of answers that do not pass, in lower case."""
        self.delays: list[float] = []
        """How long the next answers are held back, in seconds."""
        self.to_lose = 0
        """How many answers are still to be lost."""
        self._skip = 0
        self._status = 0
        self._upstream = upstream
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        """Begin to listen."""
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                gateway._pass_on(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 (the server's names)

            def log_message(self, *args: object) -> None:
                del args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._session.close()

    def lose(self, times: int = 1, *, skip: int = 0, status: int = 502) -> None:
        """Answer a failure to requests that were carried out, after so many that pass."""
        self.to_lose, self._skip, self._status = times, skip, status

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            answer = self._session.request(
                handler.command,
                self._upstream + handler.path,
                headers={k: v for k, v in handler.headers.items() if k.lower() not in _HOP_BY_HOP},
                data=handler.rfile.read(int(handler.headers.get("Content-Length", 0))),
                timeout=30,
            )
        except requests.RequestException:
            handler.close_connection = True  # As it was cut behind the gateway.
            return
        if self.delays:
            time.sleep(self.delays.pop(0))
        status, body, headers = answer.status_code, answer.content, dict(answer.headers)
        if self.to_lose and self._skip == 0:
            self.to_lose -= 1
            status, body, headers = self._status, b"<html><title>Bad Gateway</title></html>", {}
        self._skip = max(0, self._skip - 1)
        handler.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_BY_HOP | self.withheld:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
