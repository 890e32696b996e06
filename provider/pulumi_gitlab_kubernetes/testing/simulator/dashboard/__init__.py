"""The dashboard at `/`: the simulator's projects and latest requests, live in a browser.

The page polls `GET /-/simulator/overview` and inserts every name as text, never as HTML.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.responses import Response

_FILES = {
    "/": ("dashboard.html", "text/html"),
    "/-/simulator/dashboard.css": ("dashboard.css", "text/css"),
    "/-/simulator/dashboard.js": ("dashboard.js", "text/javascript"),
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def respond(method: str, path: str) -> Response | None:
    """Return the page or one of its files, or None for any other path."""
    if method not in {"GET", "HEAD"} or path not in _FILES:
        return None
    name, media_type = _FILES[path]
    return Response(_content(name), media_type=media_type, headers=_HEADERS)


@cache
def _content(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()
