"""A gateway in front of the simulator, which loses answers as gateways do."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

from tests.web import Answer, Request, Server


class Gateway(Server):
    """A reverse proxy on a free port, for the length of a `with` block.

    Args:
        upstream: The address of what stands behind it.
    """

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.withheld: set[str] = set()
        """Headers of answers that do not pass, in lower case."""
        self.delays: list[float] = []
        """How long the next answers are held back, in seconds."""
        self.to_lose = 0
        """How many answers are still to be lost."""
        self._skip = 0
        self._status = 0
        self._upstream = urlsplit(upstream).netloc

    def lose(self, times: int = 1, *, skip: int = 0, status: int = 502) -> None:
        """Answer a failure to requests that were carried out, after so many that pass."""
        self.to_lose, self._skip, self._status = times, skip, status

    def handle(self, request: Request) -> None:
        """Answer what the upstream answers, late or never."""
        try:
            answer = request.pass_on(self._upstream)
        except (OSError, http.client.HTTPException):
            request.close_connection = True  # As it was cut behind the gateway.
            return
        if self.delays:
            time.sleep(self.delays.pop(0))
        if self.to_lose and self._skip == 0:
            self.to_lose -= 1
            answer = Answer(self._status, b"<html><title>Bad Gateway</title></html>", {})
        self._skip = max(0, self._skip - 1)
        request.answer(answer.without(self.withheld))
