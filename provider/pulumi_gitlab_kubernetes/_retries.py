"""Which requests are sent again, how long is waited before, and for how long at most.

On urllib3's own retries, which know what was sent and what was not: a request that never reached
GitLab may always go again; one whose answer was lost only if doing it twice does no harm, which a
POST may; one that GitLab put off (429) was not done.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from .errors import TOO_MANY_REQUESTS

_SAFE_TO_REPEAT = frozenset({"GET", "PUT", "DELETE"})
_PASSING = frozenset({502, 503, 504})
_CONNECTS = 3  # An address that nobody listens at is more likely wrong than slow.
_LONGEST_PAUSE = 30.0
_WORTH_SAYING = 1.0


class Retries(Retry):
    """When a request is sent again; one object a request, a new one for each repetition."""

    deadline: float
    """Seconds after the first failure in which a request may go again."""
    say: Callable[[str], None]
    """Shows a passing message."""
    _ends: float | None = None

    @classmethod
    def within(cls, seconds: float, say: Callable[[str], None]) -> Retries:
        """Return the retries of a request.

        Args:
            seconds: How long after its first failure a request may go again; 0 for never.
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
        retries.deadline, retries.say = seconds, say
        return retries

    def new(self, **changes: Any) -> Retries:
        """Return the same with changes, and the same deadline."""
        retries: Retries = super().new(**changes)
        retries.deadline, retries.say = self.deadline, self.say
        retries._ends = self._ends or time.monotonic() + self.deadline
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
            status_code in _PASSING and self._is_method_retryable(method)
        )

    def increment(self, *args: Any, **kwargs: Any) -> Retries:
        """Count a failure.

        Raises:
            MaxRetryError: The next attempt would come after the deadline.
        """
        retries: Retries = super().increment(*args, **kwargs)
        response = kwargs.get("response")
        if time.monotonic() + retries._pause(response) >= (retries._ends or 0):
            url = args[1] if len(args) > 1 else ""
            raise MaxRetryError(kwargs["_pool"], url, kwargs.get("error") or ResponseError("late"))
        return retries

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return how long GitLab asks to wait, in seconds."""
        asked = super().get_retry_after(response)
        reset = response.headers.get("RateLimit-Reset", "")
        if asked is None and reset.isdecimal():
            asked = max(0.0, int(reset) - time.time())
        return asked

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait, and say so when it takes long enough to be noticed."""
        pause = self._pause(response)
        if pause >= _WORTH_SAYING:
            limited = response is not None and response.status == TOO_MANY_REQUESTS
            reason = "GitLab limits the rate of requests" if limited else "GitLab does not answer"
            self.say(f"retrying in {pause:.0f} s: {reason}")
        time.sleep(pause)

    def _pause(self, response: BaseHTTPResponse | None) -> float:
        asked = self.get_retry_after(response) if response is not None else None
        if asked is None:
            return self.get_backoff_time()
        return asked + random.random() * self.backoff_jitter  # noqa: S311 (spreads requests)
