"""A gateway in front of the simulator, which loses, delays and garbles as gateways do."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
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
        self.distort: Callable[[str, Answer], Answer] = lambda _method, answer: answer
        """What becomes of each answer, by the method of its request."""
        self.to_lose = 0
        """How many answers are still to be lost."""
        self._skip = 0
        self._status = 0
        self._cut = False
        self._until = ""
        self._overtakes = False
        self._held: list[Request] = []
        self._upstream = urlsplit(upstream).netloc

    def lose(self, times: int = 1, *, skip: int = 0, status: int = 502) -> None:
        """Answer a failure to requests that were carried out, after so many that pass."""
        self.to_lose, self._skip, self._status = times, skip, status

    def hold(self, until: str = "", *, overtakes: bool = False) -> None:
        """Cut off whoever sends the next POST, and pass that on later.

        Args:
            until: Before the answer to the next request of this method; by default on `release`.
            overtakes: It arrives before that request does.
        """
        self._cut, self._until, self._overtakes = True, until, overtakes

    def release(self) -> list[int]:
        """Pass on what was held, and return how it was answered."""
        held, self._held = self._held, []
        return [request.pass_on(self._upstream).status for request in held]

    def handle(self, request: Request) -> None:
        """Answer what the upstream answers, late or never."""
        if self._cut and request.command == "POST":
            self._cut, request.close_connection = False, True
            self._held.append(request)
            return
        if self._overtakes and request.command == self._until:
            self.release()
        try:
            answer = request.pass_on(self._upstream)
        except (OSError, http.client.HTTPException):
            request.close_connection = True  # As it was cut behind the gateway.
            return
        if request.command == self._until:
            self.release()
        if self.delays:
            time.sleep(self.delays.pop(0))
        answer = self.distort(request.command, answer)
        if self.to_lose and self._skip == 0:
            self.to_lose -= 1
            answer = Answer(self._status, b"<html><title>Bad Gateway</title></html>", {})
        self._skip = max(0, self._skip - 1)
        request.answer(answer.without(self.withheld))
