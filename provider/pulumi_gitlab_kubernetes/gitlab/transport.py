"""The transport of requests: responses arrive whole, and redirects never get the token."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.clock import Clock
from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.gitlab.pools import POOLS
from pulumi_gitlab_kubernetes.gitlab.response_limits import ACCEPTED
from pulumi_gitlab_kubernetes.gitlab.retries import Retries
from pulumi_gitlab_kubernetes.gitlab.settings import origin

_CONNECT_TIMEOUT = 10.0  # Seconds.
_LEAST_TIMEOUT = 5.0  # Seconds.


class Transport(HTTPAdapter):
    """Send requests with this package's retries, and update GitLab's clock.

    Args:
        retries: Which requests are repeated.
        clock: GitLab's clock, updated with each response.
        timeout: How long a request may take, from connecting to the end of the response, in
            seconds.
    """

    def __init__(self, retries: Retries, clock: Clock, timeout: float) -> None:
        self._seconds = min(timeout, threading.TIMEOUT_MAX)
        self._timeout = _timeout(self._seconds)
        self._deadline = retries.deadline
        super().__init__(max_retries=retries, pool_maxsize=MOST_CALLS)
        self._clock = clock
        self._sent = 0.0

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use pools that limit time and size."""
        super().init_poolmanager(*args, timeout=self._timeout, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use them for a proxy too."""
        manager = super().proxy_manager_for(*args, timeout=self._timeout, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send a request, with its retries."""
        request.headers["Accept-Encoding"] = ACCEPTED
        left = self._deadline.latest - time.monotonic()
        # A request that is cut off at once would only have an unknown outcome.
        kwargs["timeout"] = _timeout(min(self._seconds, max(left, _LEAST_TIMEOUT)))
        return super().send(request, *args, **kwargs)

    def add_headers(self, request: PreparedRequest, **_kwargs: Any) -> None:
        """Note the time. requests calls this just before it sends, and no header is added."""
        del request
        self._sent = time.monotonic()

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """Return a response whose body has been read.

        Raises:
            GitLabError: The response redirects to another host or scheme. Following it would send
                the token there.
        """
        response = super().build_response(req, resp)
        response._content = resp.data  # noqa: SLF001 (requests has no other way in)
        self._clock.note(response.headers.get("Date"), self._sent)
        if self.max_retries.connect is not None:  # The address is right, so retry until late.
            self.max_retries = self.max_retries.new(connect=None)
        if response.is_redirect:
            _require_same_gitlab(req.url or "", response)
        return response


def _timeout(seconds: float) -> Timeout:
    """Return the limits of one request."""
    # A shorter limit for connecting finds unreachable addresses earlier.
    return Timeout(total=seconds, connect=min(seconds, _CONNECT_TIMEOUT))


def _require_same_gitlab(url: str, response: Response) -> None:
    here = origin(url)
    try:
        there = origin(urljoin(url, response.headers["Location"]))
    except ValueError:
        there = "an invalid address"
    if there == here:
        return
    to_tls = urlsplit(there).hostname == urlsplit(here).hostname and there.startswith("https:")
    own = "it with https:// in place of http://" if to_tls else "GitLab's own address"
    raise GitLabError(
        f"GitLab at {here} redirects to {there}: set baseUrl to {own}", response.status_code
    )
