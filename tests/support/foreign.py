"""Servers that are not GitLab, which a wrong `baseUrl` or a proxy may lead to."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.support.web import Request, Response, Server

Responder = Callable[[str, str], Response]
"""Returns the response for a method and a path."""

_NOT_FOUND = "The requested URL was not found on the server. Check your spelling."
_MATTERMOST = {
    "id": "api.context.404.app_error",
    "message": "Sorry, we could not find the page.",
    "detailed_error": "",
    "request_id": "x4x",
    "status_code": 404,
}
_GITHUB = {"message": "Not Found", "documentation_url": "https://docs.github.com", "status": "404"}
_SPRING = {"timestamp": "2026-11-28", "status": 404, "error": "Not Found", "path": "/api/v4"}


def page(status: int, title: str) -> Responder:
    """Respond to everything with a web page, as nginx does."""
    content = f"<html><head><title>{status} {title}</title></head><body>x</body></html>".encode()
    return lambda _method, _path: Response(status, content, {"Content-Type": "text/html"})


def json_response(status: int, body: object) -> Responder:
    """Respond to everything with JSON."""
    content, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
    return lambda _method, _path: Response(status, content, kind)


def empty(status: int) -> Responder:
    """Respond to everything with an empty body."""
    return lambda _method, _path: Response(status, b"", {})


def empty_lists(body: object) -> Responder:
    """Respond with empty lists, accept deletions, and return 404 for everything else."""

    def respond(method: str, path: str) -> Response:
        if method == "DELETE":
            return Response(204, b"", {})
        last = path.partition("?")[0].rpartition("/")[2]
        if method == "GET" and not last.isdecimal():
            return json_response(200, [])(method, path)
        return json_response(404, body)(method, path)

    return respond


SERVERS: dict[str, Responder] = {
    "nginx 401": page(401, "Authorization Required"),
    "nginx 403": page(403, "Forbidden"),
    "nginx 404": page(404, "Not Found"),
    "nginx 405": page(405, "Not Allowed"),
    "nginx 413": page(413, "Request Entity Too Large"),
    "a 500": page(500, "Internal Server Error"),
    "a 501": page(501, "Not Implemented"),
    "a page": page(200, "Sign in"),
    "JSON 404": json_response(404, {"error": "not found"}),
    "JSON 404 message": json_response(404, {"message": "Not Found"}),
    "Flask": json_response(404, {"error": f"404 Not Found: {_NOT_FOUND}"}),
    "the very words": json_response(404, {"message": "404 Not Found"}),
    "the project's words": json_response(404, {"message": "404 Project Not Found"}),
    "Mattermost": json_response(404, _MATTERMOST),
    "GitHub": json_response(404, _GITHUB),
    "Spring": json_response(404, _SPRING),
    "FastAPI": json_response(404, {"detail": "Not Found"}),
    "a registry": json_response(404, {"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}),
    "AWS": json_response(403, {"message": "Forbidden"}),
    "JSON 401": json_response(401, {"message": "Unauthorized"}),
    "text 403": lambda _method, _path: Response(403, b"Forbidden", {}),
    "JSON 500": json_response(500, {"status": "error"}),
    "an object": json_response(200, {}),
    "a list": json_response(200, []),
    "lists": empty_lists({"message": "404 Not found"}),
    "lists of something": empty_lists({"error": "not found"}),
    **{f"empty {status}": empty(status) for status in (200, 201, 204, 400, 403, 404, 500, 501)},
}
"""The responses of whole servers."""


class Foreign(Server):
    """A server that responds like one of `SERVERS`, during a `with` block."""

    def __init__(self, responder: Responder) -> None:
        super().__init__()
        self._responder = responder

    def handle(self, request: Request) -> None:
        """Respond."""
        request.respond(self._responder(request.command, request.path))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        del args


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Run the server of `python -m http.server`, and return its address."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Below(Server):
    """A server with GitLab below a path, and something else at its root.

    Args:
        target: GitLab's base URL.
        root: The path.
    """

    def __init__(self, target: str, root: str) -> None:
        super().__init__()
        self._host, self._root = target.partition("://")[2], root

    def handle(self, request: Request) -> None:
        """Forward requests below the path."""
        if not request.path.startswith(f"{self._root}/"):
            request.respond(page(404, "Not Found")(request.command, request.path))
            return
        request.path = request.path.removeprefix(self._root)
        request.respond(request.pass_on(self._host))
