"""Which requests are repeated, after which pause, and until when.

These are urllib3's retries, which know whether a request was sent. A request that did not reach
GitLab is always repeated, and so is one that GitLab's rate limit rejected (429). A request whose
response was lost is repeated unless it is a POST, which could create a resource twice.
`core.creation` handles those.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from pulumi_gitlab_kubernetes.errors import PASSING, TOO_MANY_REQUESTS, CancelledError
from pulumi_gitlab_kubernetes.gitlab.clock import seconds_until

_SAFE_TO_REPEAT = frozenset({"GET", "PUT", "DELETE"})
_CONNECTS = 3  # An address where nothing listens is probably wrong.
_LONGEST_PAUSE = 30.0
_WORTH_SAYING = 1.0
_SILENT = "GitLab does not answer"


class Deadline:
    """How long an operation of one or more requests is retried after its first failure.

    Args:
        seconds: The limit in seconds. 0 means that it is not retried.
        cancelled: Set when the user cancels the run, which ends all pauses.
    """

    def __init__(self, seconds: float, cancelled: threading.Event | None = None) -> None:
        self._seconds = seconds
        self._cancelled = cancelled or threading.Event()
        self._ends: float | None = None
        self.latest = math.inf
        """When the whole call ends, by `time.monotonic()`, with failures or without."""

    def renew(self, latest: float = math.inf) -> None:
        """Start another operation, without a failure so far.

        Args:
            latest: When the call that it is part of ends, by `time.monotonic()`.
        """
        self._ends, self.latest = None, latest

    def left(self) -> float:
        """Return the remaining seconds. The first call starts the time."""
        self._ends = self._ends or time.monotonic() + self._seconds
        if self._cancelled.is_set():
            return 0
        return min(self._ends, self.latest) - time.monotonic()

    def pause(self, seconds: float) -> bool:
        """Wait.

        Args:
            seconds: How long.

        Returns:
            Whether to go on. If not, the user has cancelled the run.
        """
        return not self._cancelled.wait(seconds)


class Retries(Retry):
    """The retries of one request. urllib3 makes a new object for each attempt."""

    deadline: Deadline
    """Until when the request is repeated."""
    log_status: Callable[[str], None]
    """Shows a temporary message."""
    slow_down: Callable[[], None]
    """Called if GitLab limits the rate of requests."""

    @classmethod
    def within(
        cls,
        deadline: Deadline,
        log_status: Callable[[str], None],
        slow_down: Callable[[], None] = lambda: None,
    ) -> Retries:
        """Return the retries of a request.

        Args:
            deadline: Until when the request is repeated.
            log_status: Shows a temporary message.
            slow_down: Called if GitLab limits the rate of requests.

        Returns:
            The `max_retries` of a session's adapter.
        """
        retries = cls(
            total=None,
            connect=_CONNECTS,
            other=0,
            allowed_methods=_SAFE_TO_REPEAT,
            backoff_factor=0.5,
            backoff_max=_LONGEST_PAUSE,
            backoff_jitter=0.5,
            raise_on_status=False,
        )
        retries.deadline, retries.log_status, retries.slow_down = deadline, log_status, slow_down
        return retries

    def new(self, **changes: Any) -> Retries:
        """Return a copy with changes. urllib3 does not copy the attributes of this class."""
        retries: Retries = super().new(**changes)
        retries.deadline, retries.log_status = self.deadline, self.log_status
        retries.slow_down = self.slow_down
        return retries

    def is_retry(
        self,
        method: str,
        status_code: int,
        has_retry_after: bool = False,
    ) -> bool:
        """Return whether to repeat a request after a response with this status."""
        del has_retry_after
        return status_code == TOO_MANY_REQUESTS or (
            status_code in PASSING and self._is_method_retryable(method)
        )

    def increment(self, *args: Any, **kwargs: Any) -> Retries:
        """Count a failure.

        Raises:
            MaxRetryError: The next attempt would come after the deadline.
        """
        retries: Retries = super().increment(*args, **kwargs)
        response = kwargs.get("response")
        if retries._pause(response) >= self.deadline.left():
            url = args[1] if len(args) > 1 else ""
            late = kwargs.get("error") or ResponseError("late")
            raise MaxRetryError(kwargs.get("_pool"), url, late)  # type: ignore[arg-type] # only used in its text
        return retries

    def attempts(self, reason: str = _SILENT) -> Iterator[None]:
        """Yield for each attempt of an operation that is not repeated by itself.

        Args:
            reason: Why to wait between attempts.
        """
        retries = self
        while True:
            yield
            try:
                retries = retries.increment()
            except MaxRetryError:
                return
            if not retries.wait(reason=reason):
                return

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return how many seconds GitLab asks to wait, by its own clock."""
        headers = response.headers
        requested = headers.get("Retry-After", "").strip()
        if requested.isdecimal():
            return float(requested)
        return seconds_until(requested or headers.get("RateLimit-Reset", "").strip(), headers)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before urllib3 repeats a request.

        Raises:
            CancelledError: The user has cancelled the run.
        """
        if not self.wait(response):
            raise CancelledError

    def wait(self, response: BaseHTTPResponse | None = None, *, reason: str = _SILENT) -> bool:
        """Wait, and show a message if the pause is noticeable.

        Args:
            response: The response to wait after, if there was one.
            reason: Why to wait.

        Returns:
            Whether to go on. If not, the user has cancelled the run.
        """
        pause = self._pause(response)
        if response is not None and response.status == TOO_MANY_REQUESTS:
            self.slow_down()
            reason = "GitLab limits the rate of requests"
        if pause >= _WORTH_SAYING:
            self.log_status(f"retrying in {pause:.0f} s: {reason}")
        return self.deadline.pause(pause)

    def _pause(self, response: BaseHTTPResponse | None) -> float:
        requested = self.get_retry_after(response) if response is not None else None
        if requested is None:
            return self.get_backoff_time()
        return requested + random.random() * self.backoff_jitter  # noqa: S311 (spreads requests)
