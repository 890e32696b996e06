"""Dates and times in parameters are parsed as in Ruby."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date, datetime, timezone
from typing import Any

import pytest
from tests.testing.simulator.examples import EXAMPLES
from tests.testing.simulator.world import World, key

from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Route
from pulumi_gitlab_kubernetes.testing.simulator.ruby_dates import parse_date, parse_datetime

# The results of Ruby 3.1, in UTC.
DAYS = {
    "2021-10-11": "2021-10-11",
    "10/10/2021": "2021-10-10",
    "10/12/2021": "2021-12-10",
    "31/12/2021": "2021-12-31",
    "2021/10/12": "2021-10-12",
    "2021/1/2": "2021-01-02",
    "10/2021": "2021-10-01",
    "12-10-2021": "2021-10-12",
    "12.10.2021": "2021-10-12",
    "2021.10.12": "2021-10-12",
    "12 Oct 2021": "2021-10-12",
    "12 october 2021": "2021-10-12",
    "Oct 12 2021": "2021-10-12",
    "October 12th, 2021": "2021-10-12",
    "12-Oct-2021": "2021-10-12",
    "Tue, 12 Oct 2021": "2021-10-12",
    "Oct 2021": "2021-10-01",
    "20211012": "2021-10-12",
    "211012": "2021-10-12",
    "2021-285": "2021-10-12",
    "10/12/21": "2010-12-21",
    "'21/10/11": "2021-10-11",
    "10/12/69": None,
    "on 2021-10-11, perhaps": "2021-10-11",
    "31/02/2021": None,
    "2021-02-29": None,
    "2020-02-29": "2020-02-29",
    "13/13/2021": None,
    "2021-10": None,
    "soon": None,
    "": None,
    " ": None,
    "x" * 129: None,
}
TIMES = {
    "2021-10-12T10:20:30Z": "2021-10-12T10:20:30",
    "2021-10-12T10:20:30.250+02:00": "2021-10-12T08:20:30.250",
    "2021-10-12 10:20:30 -0500": "2021-10-12T15:20:30",
    "2021-10-12 10:20": "2021-10-12T10:20:00",
    "12/10/2021 10:20:30 +0200": "2021-10-12T08:20:30",
    "Tue, 12 Oct 2021 10:20:30 GMT": "2021-10-12T10:20:30",
    "Tuesday, 12-Oct-21 10:20:30 GMT": "2021-10-12T10:20:30",
    "Tue Oct 12 10:20:30 2021": "2021-10-12T10:20:30",
    "12 Oct 2021 10:20 pm": "2021-10-12T22:20:00",
    "12 Oct 2021 12am EST": "2021-10-12T05:00:00",
    "20211012T102030Z": "2021-10-12T10:20:30",
    "20211012102030": "2021-10-12T10:20:30",
    "2021-10-12 24:00": "2021-10-13T00:00:00",
    "2021-10-12 10:20:60": "2021-10-12T10:20:59",
    "2021-10-12 25:00": None,
    "2021-10-12 10:61": None,
    "9999-12-31T23:00:00-05:00": None,
    "0001-01-01T00:00:00+14:00": None,
}


def _day(text: str) -> str | None:
    try:
        return parse_date(text).isoformat()
    except ValueError:
        return None


def _time(text: str) -> str | None:
    try:
        return parse_datetime(text).astimezone(timezone.utc).replace(tzinfo=None).isoformat()
    except ValueError:
        return None


@pytest.mark.parametrize(("text", "expected"), DAYS.items())
def test_dates(text: str, expected: str | None) -> None:
    """Day before month, in any form; a time becomes its date."""
    assert _day(text) == expected
    assert _time(text) == (expected and f"{expected}T00:00:00")


@pytest.mark.parametrize(("text", "expected"), TIMES.items())
def test_times(text: str, expected: str | None) -> None:
    """In UTC unless a zone is given."""
    assert _time(text) == (expected and datetime.fromisoformat(expected).isoformat())


def test_missing_parts_are_todays() -> None:
    """By this machine's clock."""
    today = datetime.now(timezone.utc).date()
    assert _day("12 Oct") == date(today.year, 10, 12).isoformat()
    assert _day("1st") == today.replace(day=1).isoformat()
    assert _day("10:20") is None
    assert (_time("10:20") or "").endswith("T10:20:00")
    week = {_day(name) for name in ("sun", "Monday", "tues", "wed", "thursday", "fri", "sat")}
    assert today.isoformat() in week
    assert len(week) == 7


RUBY = """
require "json"
require "date"
JSON.parse(STDIN.read).each do |text|
  day = (Date.parse(text).strftime("%Y-%m-%d") rescue nil)
  moment = (DateTime.parse(text).new_offset(0).strftime("%Y-%m-%dT%H:%M:%S") rescue nil)
  puts JSON.dump([day, moment])
end
"""


@pytest.mark.skipif(shutil.which("ruby") is None, reason="no `ruby` on PATH")
def test_ruby_agrees() -> None:
    """For each form above with each time."""
    times = ("", " 10:20", "T10:20:30Z", " 10:20:30 +0200", " 1:05 pm", " 23h", " 10:20 CEST")
    days = [text for text in DAYS if len(text) < 100]
    texts = [f"{day}{at}" for day in days for at in times] + list(TIMES)
    response = subprocess.run(
        ["ruby", "-e", RUBY],  # noqa: S607 (any installed one)
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    results = [json.loads(line) for line in response.stdout.splitlines()]
    years = ("0000", "1000")  # Python has none
    for text, (day, time) in zip(texts, results, strict=True):
        assert _day(text) == day, text
        expected = None if (time or "").startswith(years) else time
        assert (_time(text) or "")[:19] == (expected or ""), text


_TAKEN = [
    (route, param) for route in ROUTES for param in route.params if param.type in {date, datetime}
]


@pytest.mark.parametrize(
    ("route", "param"), _TAKEN, ids=[f"{key(route)} {param.name}" for route, param in _TAKEN]
)
def test_every_date_parameter_of_the_api(world: World, route: Route, param: Param) -> None:
    """GitLab's errors for invalid dates stay."""
    example = EXAMPLES[key(route)][0]
    for text in ("10/12/2021", "12 Oct 2021", "Tue, 12 Oct 2021 10:20:30 GMT", "soon", 20211012):
        values = world.prepare(route)
        given: dict[str, Any] = {param.name: text}
        if route.method == "GET":
            path = world.fill(route.path, values)
            response = world.root("GET", path, params=given)
            if not isinstance(text, str):
                continue  # A query has only texts.
        else:
            response = world.send(world.root, example, values, **given)
        rejected = response.json() == {"error": f"{param.name} is invalid"}
        is_text = isinstance(text, str) or example.form
        assert rejected is (text == "soon" or not is_text), text


def test_the_documentations_example(root: Any, simulator: Any, project: Any) -> None:
    """Of stale environments, and the dates of memberships and tokens."""
    simulator.clock(now="2025-01-01T00:00:00Z")
    stale = f"projects/{project['id']}/environments/stop_stale"
    assert root("POST", f"{stale}?before=10/10/2021").status_code == 200
    rejected = root("POST", f"{stale}?before=10/13/2021")
    assert (rejected.status_code, rejected.json()) == (400, {"error": "before is invalid"})
    given = {"email": "a@x.org", "name": "a", "username": "a", "password": "p"}
    user = root("POST", "users", given).json()["id"]
    member = {"user_id": user, "access_level": 30, "expires_at": "10/12/2100"}
    made = root("POST", f"projects/{project['id']}/members", member)
    assert made.json()["expires_at"] == "2100-12-10"
    token = {"name": "t", "scopes": ["api"], "expires_at": "10 Dec 2100"}
    made = root("POST", f"users/{user}/personal_access_tokens", token)
    assert made.json()["expires_at"] == "2100-12-10"
