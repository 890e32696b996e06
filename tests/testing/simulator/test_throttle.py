"""Rate limits: application settings, fixed periods, plain text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

ALWAYS = (
    "RateLimit-Name",
    "RateLimit-Limit",
    "RateLimit-Observed",
    "RateLimit-Remaining",
    "RateLimit-Reset",
)


@pytest.fixture
def noon(simulator: Any) -> datetime:
    """A fixed time tomorrow."""
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    moment = tomorrow.replace(hour=10, minute=29, second=30, microsecond=0)
    simulator.clock(now=moment.isoformat())
    return moment


def _limit(root: Any, kind: str, requests: int, period: int) -> None:
    settings = {
        f"throttle_{kind}_api_enabled": True,
        f"throttle_{kind}_api_requests_per_period": requests,
        f"throttle_{kind}_api_period_in_seconds": period,
    }
    assert root("PUT", "application/settings", settings).json().items() >= settings.items()


def test_above_the_limit_it_is_429_in_plain_text(
    root: Any, as_role: Callable[..., Any], simulator: Any, noon: datetime
) -> None:
    """Until the period ends, for every route, for that user only."""
    ann, bob = as_role(30), as_role(30)
    _limit(root, "authenticated", 3, 3600)
    responses = [ann("GET", path) for path in ("user", "nothing", "user", "user", "nothing")]
    assert [response.status_code for response in responses] == [200, 404, 200, 429, 429]
    assert [response.headers["RateLimit-Observed"] for response in responses] == list("12345")
    assert [response.headers["RateLimit-Remaining"] for response in responses] == list("21000")
    for response in responses:
        throttled = response.status_code == 429
        assert all(name in response.headers for name in ALWAYS)
        assert ("Retry-After" in response.headers) is throttled
        assert ("RateLimit-ResetTime" in response.headers) is throttled

    response = responses[3]
    assert response.text == "Retry later\n"
    assert response.headers["Content-Type"] == "text/plain"
    assert response.headers["RateLimit-Name"] == "throttle_authenticated_api"
    end = noon.replace(hour=11, minute=0, second=0)
    assert int(response.headers["RateLimit-Reset"]) == int(end.timestamp())
    assert parsedate_to_datetime(response.headers["RateLimit-ResetTime"]) == end
    assert 1800 <= int(response.headers["Retry-After"]) <= 1830

    assert bob("GET", "user").status_code == 200
    simulator.clock(now=end.isoformat())
    assert ann("GET", "user").headers["RateLimit-Observed"] == "1"


@pytest.mark.parametrize(
    ("requests", "period", "limit"), [(3600, 3600, "60"), (3, 3600, "1"), (100, 45, "134")]
)
def test_the_header_has_the_limit_per_minute(
    root: Any, as_role: Callable[..., Any], requests: int, period: int, limit: str
) -> None:
    """Rounded up, for any period."""
    user = as_role(30)
    _limit(root, "authenticated", requests, period)
    headers = user("GET", "user").headers
    assert headers["RateLimit-Limit"] == limit
    assert headers["RateLimit-Remaining"] == str(requests - 1)


@pytest.mark.usefixtures("noon")
def test_unauthenticated_requests_are_limited_by_address(
    root: Any, connect: Callable[..., Any]
) -> None:
    """With a separate limit, checked before the 401; the text is a setting."""
    _limit(root, "unauthenticated", 2, 3600)
    assert root("PUT", "application/settings", {"rate_limiting_response_text": "Slowly!"}).ok
    responses = [connect(token)("GET", "user") for token in (None, "wrong", None)]
    assert [response.status_code for response in responses] == [401, 401, 429]
    assert responses[2].headers["RateLimit-Name"] == "throttle_unauthenticated_api"
    assert responses[2].text == "Slowly!\n"
    assert root("GET", "user").status_code == 200


def test_without_limits_there_are_no_headers(root: Any) -> None:
    """They are disabled by default."""
    assert not [name for name in root("GET", "user").headers if name.startswith("RateLimit")]
