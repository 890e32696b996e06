"""Servers that are no GitLab: what a wrong `baseUrl`, or a proxy, may lead to."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.web import Answer, Request, Server

Answering = Callable[[str, str], Answer]
"""From method and path to the answer."""

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


def page(status: int, title: str) -> Answering:
    """Return what answers everything with a web page, as nginx does."""
    content = f"<html><head><title>{status} {title}</title></head><body>x</body></html>".encode()
    return lambda _method, _path: Answer(status, content, {"Content-Type": "text/html"})


def said(status: int, body: object) -> Answering:
    """Return what answers everything in JSON."""
    content, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
    return lambda _method, _path: Answer(status, content, kind)


def empty(status: int) -> Answering:
    """Return what answers everything with nothing."""
    return lambda _method, _path: Answer(status, b"", {})


def things(body: object) -> Answering:
    """Return what has lists, all of them empty, no thing, and nothing against deletions."""

    def answer(method: str, path: str) -> Answer:
        if method == "DELETE":
            return Answer(204, b"", {})
        last = path.partition("?")[0].rpartition("/")[2]
        if method == "GET" and not last.isdecimal():
            return said(200, [])(method, path)
        return said(404, body)(method, path)

    return answer


SERVERS: dict[str, Answering] = {
    "nginx 401": page(401, "Authorization Required"),
    "nginx 403": page(403, "Forbidden"),
    "nginx 404": page(404, "Not Found"),
    "nginx 405": page(405, "Not Allowed"),
    "nginx 413": page(413, "Request Entity Too Large"),
    "a 500": page(500, "Internal Server Error"),
    "a 501": page(501, "Not Implemented"),
    "a page": page(200, "Sign in"),
    "JSON 404": said(404, {"error": "not found"}),
    "JSON 404 message": said(404, {"message": "Not Found"}),
    "Flask": said(404, {"error": f"404 Not Found: {_NOT_FOUND}"}),
    "the very words": said(404, {"message": "404 Not Found"}),
    "the project's words": said(404, {"message": "404 Project Not Found"}),
    "Mattermost": said(404, _MATTERMOST),
    "GitHub": said(404, _GITHUB),
    "Spring": said(404, _SPRING),
    "FastAPI": said(404, {"detail": "Not Found"}),
    "a registry": said(404, {"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}),
    "AWS": said(403, {"message": "Forbidden"}),
    "JSON 401": said(401, {"message": "Unauthorized"}),
    "text 403": lambda _method, _path: Answer(403, b"Forbidden", {}),
    "JSON 500": said(500, {"status": "error"}),
    "an object": said(200, {}),
    "a list": said(200, []),
    "lists": things({"message": "404 Not found"}),
    "lists of something": things({"error": "not found"}),
    **{f"empty {status}": empty(status) for status in (200, 201, 204, 400, 403, 404, 500, 501)},
}
"""Whole servers, each of which answers everything in its manner."""


class Foreign(Server):
    """A server that answers as one of `SERVERS`, for the length of a `with` block."""

    def __init__(self, answering: Answering) -> None:
        super().__init__()
        self._answering = answering

    def handle(self, request: Request) -> None:
        """Answer in its manner."""
        request.answer(self._answering(request.command, request.path))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        del args


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Run what `python -m http.server` is, and return its address."""
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
    """A host whose GitLab is below a path, and whose root is something else.

    Args:
        target: The GitLab.
        root: The path.
    """

    def __init__(self, target: str, root: str) -> None:
        super().__init__()
        self._host, self._root = target.partition("://")[2], root

    def handle(self, request: Request) -> None:
        """Pass on what is below the path."""
        if not request.path.startswith(f"{self._root}/"):
            request.answer(page(404, "Not Found")(request.command, request.path))
            return
        request.path = request.path.removeprefix(self._root)
        request.answer(request.pass_on(self._host))
