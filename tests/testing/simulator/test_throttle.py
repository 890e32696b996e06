"""The throttles: limits from the application settings, fixed windows, plain text."""

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
    """Half past ten and thirty seconds, tomorrow."""
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


def test_past_the_limit_it_is_429_in_plain_text(
    root: Any, as_role: Callable[..., Any], simulator: Any, noon: datetime
) -> None:
    """Until the window ends, whatever is asked, for that user alone."""
    ann, bob = as_role(30), as_role(30)
    _limit(root, "authenticated", 3, 3600)
    answers = [ann("GET", path) for path in ("user", "nothing", "user", "user", "nothing")]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 429, 429]
    assert [answer.headers["RateLimit-Observed"] for answer in answers] == list("12345")
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == list("21000")
    for answer in answers:
        throttled = answer.status_code == 429
        assert all(name in answer.headers for name in ALWAYS)
        assert ("Retry-After" in answer.headers) is throttled
        assert ("RateLimit-ResetTime" in answer.headers) is throttled

    answer = answers[3]
    assert answer.text == "Retry later\n"
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["RateLimit-Name"] == "throttle_authenticated_api"
    end = noon.replace(hour=11, minute=0, second=0)
    assert int(answer.headers["RateLimit-Reset"]) == int(end.timestamp())
    assert parsedate_to_datetime(answer.headers["RateLimit-ResetTime"]) == end
    assert 1800 <= int(answer.headers["Retry-After"]) <= 1830

    assert bob("GET", "user").status_code == 200
    simulator.clock(now=end.isoformat())
    assert ann("GET", "user").headers["RateLimit-Observed"] == "1"


@pytest.mark.parametrize(
    ("requests", "period", "limit"), [(3600, 3600, "60"), (3, 3600, "1"), (100, 45, "134")]
)
def test_the_limit_is_told_for_a_minute(
    root: Any, as_role: Callable[..., Any], requests: int, period: int, limit: str
) -> None:
    """Rounded up, whatever the period."""
    user = as_role(30)
    _limit(root, "authenticated", requests, period)
    headers = user("GET", "user").headers
    assert headers["RateLimit-Limit"] == limit
    assert headers["RateLimit-Remaining"] == str(requests - 1)


@pytest.mark.usefixtures("noon")
def test_who_is_not_known_is_throttled_by_address(root: Any, connect: Callable[..., Any]) -> None:
    """Under a name of its own, before it is told 401; the text is a setting."""
    _limit(root, "unauthenticated", 2, 3600)
    assert root("PUT", "application/settings", {"rate_limiting_response_text": "Slowly!"}).ok
    answers = [connect(token)("GET", "user") for token in (None, "wrong", None)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[2].headers["RateLimit-Name"] == "throttle_unauthenticated_api"
    assert answers[2].text == "Slowly!\n"
    assert root("GET", "user").status_code == 200


def test_without_a_throttle_there_are_no_headers(root: Any) -> None:
    """It is off at first."""
    assert not [name for name in root("GET", "user").headers if name.startswith("RateLimit")]
