"""How a request travels: an answer arrives whole or not at all, and a token stays where it is."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from ._bodies import ACCEPTED
from ._clock import Clock
from ._pools import POOLS
from ._retries import Retries
from ._settings import origin
from .errors import GitLabError

_CONNECT_TIMEOUT = 10.0  # Seconds.
_KEPT = 64  # Idle connections: one for each call that the dynamic host can work on.


class Transport(HTTPAdapter):
    """Sends requests with this package's retries, and notes GitLab's time.

    Args:
        retries: Which requests go again.
        clock: What is to know GitLab's time.
        timeout: How long one request may take, from connecting to the end of its answer, in
            seconds.
    """

    def __init__(self, retries: Retries, clock: Clock, timeout: float) -> None:
        timeout = min(timeout, threading.TIMEOUT_MAX)
        # An address that nobody answers at is known sooner than a slow answer.
        self._timeout = Timeout(total=timeout, connect=min(timeout, _CONNECT_TIMEOUT))
        super().__init__(max_retries=retries, pool_maxsize=_KEPT)
        self._clock = clock
        self._sent = 0.0

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use pools that bound time and size."""
        super().init_poolmanager(*args, timeout=self._timeout, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use them behind a proxy too."""
        manager = super().proxy_manager_for(*args, timeout=self._timeout, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send a request, and again where its retries say so."""
        request.headers["Accept-Encoding"] = ACCEPTED
        kwargs["timeout"] = self._timeout
        return super().send(request, *args, **kwargs)

    def add_headers(self, request: PreparedRequest, **_kwargs: Any) -> None:
        """Add none: requests calls this right before it sends, which is what the clock wants."""
        del request
        self._sent = time.monotonic()

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """Hand over a body that has been read.

        Raises:
            GitLabError: The answer is a redirect to another host or scheme: whoever followed it
                would take the token along.
        """
        response = super().build_response(req, resp)
        response._content = resp.data  # noqa: SLF001 (requests has no other way in)
        self._clock.note(response.headers.get("Date"), self._sent)
        if self.max_retries.connect is not None:  # The address is right: it may come back.
            self.max_retries = self.max_retries.new(connect=None)
        if response.is_redirect:
            _require_same_gitlab(req.url or "", response)
        return response


def _require_same_gitlab(url: str, response: Response) -> None:
    here = origin(url)
    try:
        there = origin(urljoin(url, response.headers["Location"]))
    except ValueError:
        there = "what is no address"
    if there == here:
        return
    to_tls = urlsplit(there).hostname == urlsplit(here).hostname and there.startswith("https:")
    own = "it with https:// in place of http://" if to_tls else "GitLab's own address"
    raise GitLabError(
        f"GitLab at {here} redirects to {there}: set baseUrl to {own}", response.status_code
    )
