"""The page at `/`: what is in the simulator and what was asked of it, live in a browser.

The page asks `GET /-/simulator/overview` again and again, and puts every name into the document as
text, never as HTML.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.responses import Response

_FILES = {
    "/": ("page.html", "text/html"),
    "/-/simulator/page.css": ("page.css", "text/css"),
    "/-/simulator/page.js": ("page.js", "text/javascript"),
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
    """Return the page or a part of it, or None for any other path."""
    if method not in {"GET", "HEAD"} or path not in _FILES:
        return None
    name, media_type = _FILES[path]
    return Response(_content(name), media_type=media_type, headers=_HEADERS)


@cache
def _content(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()
