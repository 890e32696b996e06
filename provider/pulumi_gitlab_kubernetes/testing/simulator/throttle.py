"""The authenticated API throttle: so many requests a user in a fixed window, off by default.

Follows https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/.
"""

from __future__ import annotations

import math
from email.utils import formatdate

from starlette.requests import Request

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.instance import setting
from pulumi_gitlab_kubernetes.testing.simulator.store import Store, digest

_NAME = "throttle_authenticated_api"


class Throttle:
    """Counts requests in this process, by user and window.

    Args:
        store: where the settings and the tokens are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._observed: dict[tuple[int, int], int] = {}

    def admit(self, request: Request) -> dict[str, str]:
        """Count a request and return the headers that tell how many are left.

        Raises:
            ApiError: 429, in plain text, when there were too many in this window.
        """
        store = self._store
        user_id = self._user_id(request) if setting(store, f"{_NAME}_enabled") else None
        if user_id is None:
            return {}
        limit = setting(store, f"{_NAME}_requests_per_period")
        period = setting(store, f"{_NAME}_period_in_seconds")
        now = int(store.now().timestamp())
        window = (user_id, now // period)
        self._observed = {key: n for key, n in self._observed.items() if key[1] == window[1]}
        observed = self._observed[window] = self._observed.get(window, 0) + 1
        left = period - now % period
        headers = {
            "RateLimit-Name": _NAME,
            "RateLimit-Limit": str(math.ceil(limit * 60 / period)),
            "RateLimit-Observed": str(observed),
            "RateLimit-Remaining": str(max(0, limit - observed)),
            "RateLimit-Reset": str(now + left),
        }
        if observed <= limit:
            return headers
        headers |= {
            "RateLimit-ResetTime": formatdate(now + left, usegmt=True),
            "Retry-After": str(left),
        }
        raise errors.ApiError(429, "Retry later\n", headers)

    def forget(self) -> None:
        """Begin to count anew."""
        self._observed.clear()

    def _user_id(self, request: Request) -> int | None:
        """Return whose token this is; requests without a known one fall under another throttle."""
        bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
        given = request.query_params.get("private_token")
        token = given or request.headers.get("private-token") or bearer
        found: int | None = self._store.scalar(
            "SELECT user_id FROM personal_access_tokens WHERE digest = ?", digest(token)
        )
        return found
