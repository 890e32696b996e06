"""A gateway in front of the simulator, which loses, delays and changes responses."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.support.web import Request, Response, Server


class Gateway(Server):
    """A reverse proxy on a free port, during a `with` block.

    Args:
        upstream: The address of the server behind it.
    """

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.removed_headers: set[str] = set()
        """The headers to remove from responses, in lower case."""
        self.delays: list[float] = []
        """The delays of the next responses, in seconds."""
        self.distort: Callable[[str, Response], Response] = lambda _method, response: response
        """Changes each response. Receives the method of its request."""
        self.to_lose = 0
        """How many more responses to lose."""
        self._skip = 0
        self._status = 0
        self._cut = False
        self._until = ""
        self._overtakes = False
        self._held: list[Request] = []
        self._upstream = urlsplit(upstream).netloc

    def lose(self, times: int = 1, *, skip: int = 0, status: int = 502) -> None:
        """Respond with an error to requests that were carried out.

        Args:
            times: The number of requests.
            skip: The number of requests to forward normally first.
            status: The status of the error.
        """
        self.to_lose, self._skip, self._status = times, skip, status

    def hold(self, until: str = "", *, overtakes: bool = False) -> None:
        """Close the connection of the next POST, and forward the POST later.

        Args:
            until: Forward it before the response to the next request with this method. By default,
                `release` forwards it.
            overtakes: Forward it even before that request.
        """
        self._cut, self._until, self._overtakes = True, until, overtakes

    def release(self) -> list[int]:
        """Forward the held requests, and return the statuses of their responses."""
        held, self._held = self._held, []
        return [request.pass_on(self._upstream).status for request in held]

    def handle(self, request: Request) -> None:
        """Respond like the upstream, or late, or not at all."""
        if self._cut and request.command == "POST":
            self._cut, request.close_connection = False, True
            self._held.append(request)
            return
        if self._overtakes and request.command == self._until:
            self.release()
        try:
            response = request.pass_on(self._upstream)
        except (OSError, http.client.HTTPException):
            request.close_connection = True  # The upstream closed its connection.
            return
        if request.command == self._until:
            self.release()
        if self.delays:
            time.sleep(self.delays.pop(0))
        response = self.distort(request.command, response)
        if self.to_lose and self._skip == 0:
            self.to_lose -= 1
            response = Response(self._status, b"<html><title>Bad Gateway</title></html>", {})
        self._skip = max(0, self._skip - 1)
        request.respond(response.without(self.removed_headers))
