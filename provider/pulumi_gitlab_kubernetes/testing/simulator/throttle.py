"""The API rate limits: requests per user or IP address in a fixed period; off by default.

Follows https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/.
"""

from __future__ import annotations

import math
from email.utils import formatdate

from starlette.requests import Request

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.instance import setting
from pulumi_gitlab_kubernetes.testing.simulator.store import Store
from pulumi_gitlab_kubernetes.testing.simulator.users import token_owner

_AUTHENTICATED = "throttle_authenticated_api"
_UNAUTHENTICATED = "throttle_unauthenticated_api"
_DEFAULT_TEXT = "Retry later"


class Throttle:
    """Counts this process's requests by user and period.

    Args:
        store: The database with the settings and tokens.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._observed: dict[tuple[str, int | str, int], int] = {}

    def admit(self, request: Request) -> dict[str, str]:
        """Count a request and return the rate limit headers.

        Raises:
            ApiError: 429, as plain text, above the limit of the period.
        """
        store, both = self._store, (_AUTHENTICATED, _UNAUTHENTICATED)
        if not any(setting(store, f"{name}_enabled") for name in both):
            return {}
        user_id = self._user_id(request)
        name = _UNAUTHENTICATED if user_id is None else _AUTHENTICATED
        if not setting(store, f"{name}_enabled"):
            return {}
        limit = setting(store, f"{name}_requests_per_period")
        period = setting(store, f"{name}_period_in_seconds")
        now = int(store.now().timestamp())
        client = user_id or (request.client.host if request.client else "")
        window = (name, client, now // period)
        self._observed = {
            key: n for key, n in self._observed.items() if key[0] != name or key[2] == window[2]
        }
        observed = self._observed[window] = self._observed.get(window, 0) + 1
        left = period - now % period
        headers = {
            "RateLimit-Name": name,
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
        text = setting(store, "rate_limiting_response_text") or _DEFAULT_TEXT
        raise errors.plain(429, f"{text}\n", headers)

    def reset(self) -> None:
        """Reset all counts."""
        self._observed.clear()

    def _user_id(self, request: Request) -> int | None:
        """Return the user of the request's token, or None; tokens in a body are ignored."""
        bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
        given = request.query_params.get("private_token")
        token = given or request.headers.get("private-token") or bearer
        return token_owner(self._store, token)
