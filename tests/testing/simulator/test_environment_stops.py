"""What environments do as time passes: jobs that stop them, dates, stale ones, review apps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def path(project: Any) -> str:
    """Where the project's environments are."""
    return f"projects/{project['id']}/environments"


def test_a_stop_job_keeps_it_stopping(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """It stays `stopping` until the job ended: failed means available, success stopped."""
    number = root("POST", path, {"name": "p"}).json()["id"]
    member = f"{path}/{number}"
    simulator.on_stop_job(project["id"], number)
    assert root("POST", f"{member}/stop").json()["state"] == "stopping"
    assert root("GET", member).json()["state"] == "stopping"
    assert root("POST", f"{member}/stop").status_code == 400
    assert root("DELETE", member).status_code == 403
    simulator.finish_stop_job(project["id"], number, success=False)
    assert root("GET", member).json()["state"] == "available"
    root("POST", f"{member}/stop")
    simulator.finish_stop_job(project["id"], number)
    assert root("GET", member).json()["state"] == "stopped"


def test_a_stop_job_can_end_by_itself(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """After its seconds, by the wall clock or by the simulator's moved one."""
    for name, wait in (
        ("moved", lambda: simulator.clock(advance=600)),
        ("waited", lambda: time.sleep(0.2)),
    ):
        number = root("POST", path, {"name": name}).json()["id"]
        simulator.on_stop_job(project["id"], number, seconds=600 if name == "moved" else 0.1)
        assert root("POST", f"{path}/{number}/stop").json()["state"] == "stopping"
        wait()
        assert root("GET", f"{path}/{number}").json()["state"] == "stopped"


def test_a_stop_that_never_ends_is_given_up(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """After a week of `stopping` it is available again, unless it was stopped anew meanwhile."""
    root("POST", path, {"name": "p"})
    simulator.on_stop_job(project["id"], 1)
    root("POST", f"{path}/1/stop")
    simulator.clock(advance=4 * 86400)
    simulator.finish_stop_job(project["id"], 1, success=False)
    root("POST", f"{path}/1/stop")
    for days, state in ((4, "stopping"), (4, "available")):
        simulator.clock(advance=days * 86400)
        assert root("GET", f"{path}/1").json()["state"] == state


def test_an_environment_stops_by_itself(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """When its date comes, as of then; it waits for a job that there is."""
    simulator.clock(now="2031-01-01T00:00:00Z")
    simulator.deploy(project["id"], "plain", auto_stop_in="1 hour")
    simulator.deploy(project["id"], "job", auto_stop_in="1 hour", on_stop="stop")
    simulator.deploy(project["id"], "slow", auto_stop_in="1 hour", on_stop="stop")
    simulator.on_stop_job(project["id"], 3, seconds=3600)
    simulator.clock(advance=3000)
    assert {found["state"] for found in root("GET", path).json()} == {"available"}
    simulator.clock(advance=3000)
    plain, job, slow = root("GET", path).json()
    assert [each["state"] for each in (plain, job, slow)] == ["stopped", "stopping", "stopping"]
    assert plain["updated_at"].startswith("2031-01-01T01:00:0")
    assert (plain["auto_stop_at"], job["auto_stop_at"] is None) == (None, False)
    simulator.clock(advance=86400)
    slow = root("GET", f"{path}/3").json()
    assert slow["state"] == "stopped"
    assert slow["updated_at"].startswith("2031-01-01T02:00:0")


def test_a_late_stop_job_stops_what_was_deployed_meanwhile(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """Its success does not ask; the job of a second stop takes its place."""
    for name, last in (("once", "available"), ("twice", "stopping")):
        number = simulator.deploy(project["id"], name, on_stop="stop")["environment"]["id"]
        simulator.on_stop_job(project["id"], number, seconds=600)
        root("POST", f"{path}/{number}/stop")
        simulator.deploy(project["id"], name, on_stop="stop")
        simulator.clock(advance=300)
        if name == "twice":
            root("POST", f"{path}/{number}/stop")
        assert root("GET", f"{path}/{number}").json()["state"] == last
        for state in ("stopped" if name == "once" else "stopping", "stopped"):
            simulator.clock(advance=400)
            assert root("GET", f"{path}/{number}").json()["state"] == state


def test_with_action_outlives_its_date_without_a_job(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """Setting it back to `always` has it stopped then; the date itself stays untouched by both."""
    simulator.deploy(project["id"], "p", auto_stop_in="1 hour")
    date = root("GET", f"{path}/1").json()["auto_stop_at"]
    changed = root("PUT", f"{path}/1", {"auto_stop_setting": "with_action"}).json()
    simulator.clock(advance=7200)
    passed = root("GET", f"{path}/1").json()
    assert (changed["auto_stop_at"], passed["auto_stop_at"]) == (date, date)
    assert passed["state"] == "available"
    root("PUT", f"{path}/1", {"auto_stop_setting": "always"})
    assert root("GET", f"{path}/1").json()["state"] == "stopped"


def test_what_was_due_goes_with_the_environment(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """The date and the job's end find nothing to act on."""
    simulator.deploy(project["id"], "p", auto_stop_in="1 hour", on_stop="stop")
    root("POST", f"{path}/1/stop", {"force": True})
    assert root("DELETE", f"{path}/1").status_code == 204
    simulator.clock(advance=86400)
    assert root("GET", path).json() == []


def test_review_apps_are_scheduled_for_deletion(
    simulator: Any, root: Callable[..., Any], as_role: Callable[..., Any], path: str
) -> None:
    """Old stopped ones in the folder `review`, first in a dry run; they go a week later."""
    for name in ("review/1", "reviews/2", "review/3"):
        root("POST", path, {"name": name})
    for number in (1, 2):
        root("POST", f"{path}/{number}/stop")
    review_apps = f"{path}/review_apps"
    nothing = root("DELETE", review_apps)
    assert (nothing.status_code, nothing.json()["message"]["scheduled_entries"]) == (400, [])
    assert as_role(20)("DELETE", review_apps).status_code == 401
    simulator.clock(advance=31 * 86400)
    for query in ("", "?dry_run=false"):
        entries = root("DELETE", review_apps + query).json()["scheduled_entries"]
        assert [entry["name"] for entry in entries] == ["review/1"]
    assert root("DELETE", f"{review_apps}?dry_run=false").status_code == 400
    for days, status in ((6, 200), (2, 404)):
        simulator.clock(advance=days * 86400)
        assert root("GET", f"{path}/1").status_code == status
    assert [found["name"] for found in root("GET", path).json()] == ["reviews/2", "review/3"]
    assert root("POST", path, {"name": "review/1"}).status_code == 201


def test_what_runs_again_is_not_deleted(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """A scheduled deletion waits until the environment is stopped once more."""
    simulator.deploy(project["id"], "review/1")
    root("POST", f"{path}/1/stop")
    simulator.clock(advance=31 * 86400)
    root("DELETE", f"{path}/review_apps?dry_run=false")
    simulator.deploy(project["id"], "review/1")
    simulator.clock(advance=8 * 86400)
    assert root("GET", f"{path}/1").json()["state"] == "available"
    root("POST", f"{path}/1/stop")
    assert root("GET", f"{path}/1").status_code == 404


def test_stale_environments_are_stopped(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """A moment later, those neither changed nor deployed to since the date nor protected."""
    simulator.api("POST", "license", license="premium")
    simulator.clock(now="2040-01-01T00:00:00Z")
    for name in ("old", "deployed", "changed", "protected", "job", "idle", "restarted"):
        simulator.deploy(project["id"], name, on_stop="stop" if name == "job" else None)
    levels = [{"access_level": 40}]
    given = {"name": "protected", "deploy_access_levels": levels}
    root("POST", f"projects/{project['id']}/protected_environments", given)
    root("PUT", f"{path}/6", {"auto_stop_setting": "with_action"})
    simulator.clock(now="2040-01-20T00:00:00Z")
    simulator.deploy(project["id"], "deployed")
    root("PUT", f"{path}/3", {"description": "changed"})
    root("POST", path, {"name": "new"})
    root("POST", f"{path}/stop_stale", {"before": "2040-01-10T00:00:00Z"})
    root("POST", f"{path}/7/stop")
    simulator.deploy(project["id"], "restarted", on_stop="stop")
    states = {found["name"]: found["state"] for found in root("GET", path).json()}
    assert set(states.values()) == {"available"}
    simulator.clock(advance=2)
    states = {found["name"]: found["state"] for found in root("GET", path).json()}
    assert {name: state for name, state in states.items() if state != "available"} == {
        "old": "stopped", "job": "stopping", "restarted": "stopping",
    }  # fmt: skip


def test_stopping_stale_environments_is_for_maintainers(
    simulator: Any, as_role: Callable[..., Any], path: str
) -> None:
    """With a date between a week and ten years ago."""
    simulator.clock(now="2040-01-20T00:00:00Z")
    maintainer = as_role(40)
    for wrong in ("2040-01-19T00:00:00Z", "2020-01-01T00:00:00Z"):
        refused = maintainer("POST", f"{path}/stop_stale", {"before": wrong})
        assert refused.json() == {"message": "400 Bad request - Invalid Date"}
    good = {"before": "2040-01-10T00:00:00Z"}
    assert as_role(30)("POST", f"{path}/stop_stale", good).status_code == 403
    answer = maintainer("POST", f"{path}/stop_stale", good)
    assert answer.json() == {"message": "Successfully requested stop for all stale environments"}
