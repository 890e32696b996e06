"""Which requests are sent again, how long is waited before, and for how long at most.

On urllib3's own retries, which know what was sent and what was not: a request that never reached
GitLab may always go again; one whose answer was lost only if doing it twice does no harm, which a
POST may; one that GitLab put off (429) was not done. `_creation` looks after lost POSTs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from ._clock import seconds_until
from ._turns import TURNS
from .errors import PASSING, TOO_MANY_REQUESTS

_SAFE_TO_REPEAT = frozenset({"GET", "PUT", "DELETE"})
_CONNECTS = 3  # An address that nobody listens at is more likely wrong than slow.
_LONGEST_PAUSE = 30.0
_WORTH_SAYING = 1.0
_SILENT = "GitLab does not answer"


class Deadline:
    """How long after its first failure an operation, of one request or several, may try again.

    Args:
        seconds: How long; 0 for never.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: float | None = None

    def renew(self) -> None:
        """Begin another operation, in which nothing has failed."""
        self._ends = None

    def left(self) -> float:
        """Return the seconds that are left, counted from when this was first asked."""
        self._ends = self._ends or time.monotonic() + self._seconds
        return self._ends - time.monotonic()


class Retries(Retry):
    """When a request is sent again; one object a request, a new one for each repetition."""

    deadline: Deadline
    """Until when a request may go again."""
    say: Callable[[str], None]
    """Shows a passing message."""

    @classmethod
    def within(cls, deadline: Deadline, say: Callable[[str], None]) -> Retries:
        """Return the retries of a request.

        Args:
            deadline: Until when a request may go again.
            say: Shows a passing message.

        Returns:
            What to mount on a session's adapter as its `max_retries`.
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
        retries.deadline, retries.say = deadline, say
        return retries

    def new(self, **changes: Any) -> Retries:
        """Return the same with changes, and the same deadline."""
        retries: Retries = super().new(**changes)
        retries.deadline, retries.say = self.deadline, self.say
        return retries

    def is_retry(
        self,
        method: str,
        status_code: int,
        has_retry_after: bool = False,
    ) -> bool:
        """Tell whether an answer is one after which the request goes again."""
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
            raise MaxRetryError(kwargs.get("_pool"), url, late)  # type: ignore[arg-type] # for its text alone
        return retries

    def attempts(self, reason: str = _SILENT) -> Iterator[None]:
        """Yield for each attempt at what no request repeats by itself, until the deadline.

        Args:
            reason: What the pauses between them are for.
        """
        retries = self
        while True:
            yield
            try:
                retries = retries.increment()
            except MaxRetryError:
                return
            retries.sleep(reason=reason)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return how long GitLab asks to wait, in seconds by its own clock."""
        headers = response.headers
        asked = headers.get("Retry-After", "").strip()
        if asked.isdecimal():
            return float(asked)
        return seconds_until(asked or headers.get("RateLimit-Reset", "").strip(), headers)

    def sleep(self, response: BaseHTTPResponse | None = None, *, reason: str = _SILENT) -> None:
        """Wait, and say so when it takes long enough to be noticed."""
        pause = self._pause(response)
        if response is not None and response.status == TOO_MANY_REQUESTS:
            TURNS.slow_down()
            reason = "GitLab limits the rate of requests"
        if pause >= _WORTH_SAYING:
            self.say(f"retrying in {pause:.0f} s: {reason}")
        time.sleep(pause)

    def _pause(self, response: BaseHTTPResponse | None) -> float:
        asked = self.get_retry_after(response) if response is not None else None
        if asked is None:
            return self.get_backoff_time()
        return asked + random.random() * self.backoff_jitter  # noqa: S311 (spreads requests)
