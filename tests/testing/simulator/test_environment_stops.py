"""Environments over time: stop jobs, dates, stale environments, review apps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def test_a_stop_job_keeps_it_stopping(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """It stays `stopping` until the job finishes: `available` on failure, `stopped` on success."""
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


def test_a_stop_job_can_have_a_duration(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """In real time, or when the simulator's clock moves."""
    for name, wait in (
        ("moved", lambda: simulator.clock(advance=600)),
        ("waited", lambda: time.sleep(0.2)),
    ):
        number = root("POST", path, {"name": name}).json()["id"]
        simulator.on_stop_job(project["id"], number, seconds=600 if name == "moved" else 0.1)
        assert root("POST", f"{path}/{number}/stop").json()["state"] == "stopping"
        wait()
        assert root("GET", f"{path}/{number}").json()["state"] == "stopped"


def test_a_stop_that_never_ends_is_cancelled(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """After a week of `stopping` it is available again, unless it was stopped again meanwhile."""
    root("POST", path, {"name": "p"})
    simulator.on_stop_job(project["id"], 1)
    root("POST", f"{path}/1/stop")
    simulator.clock(advance=4 * 86400)
    simulator.finish_stop_job(project["id"], 1, success=False)
    root("POST", f"{path}/1/stop")
    for days, state in ((4, "stopping"), (4, "available")):
        simulator.clock(advance=days * 86400)
        assert root("GET", f"{path}/1").json()["state"] == state


def test_an_environment_stops_at_its_date(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """As of that time; it waits for its stop job if there is one."""
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


def test_a_late_stop_job_stops_a_new_deployment(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """Its success is unconditional; the job of a second stop replaces it."""
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


def test_with_action_without_a_job_ignores_the_date(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """Setting it back to `always` stops it; neither changes the date."""
    simulator.deploy(project["id"], "p", auto_stop_in="1 hour")
    date = root("GET", f"{path}/1").json()["auto_stop_at"]
    changed = root("PUT", f"{path}/1", {"auto_stop_setting": "with_action"}).json()
    simulator.clock(advance=7200)
    passed = root("GET", f"{path}/1").json()
    assert (changed["auto_stop_at"], passed["auto_stop_at"]) == (date, date)
    assert passed["state"] == "available"
    root("PUT", f"{path}/1", {"auto_stop_setting": "always"})
    assert root("GET", f"{path}/1").json()["state"] == "stopped"


def test_deleting_an_environment_cancels_its_jobs(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """The date and the job's end have no effect."""
    simulator.deploy(project["id"], "p", auto_stop_in="1 hour", on_stop="stop")
    root("POST", f"{path}/1/stop", {"force": True})
    assert root("DELETE", f"{path}/1").status_code == 204
    simulator.clock(advance=86400)
    assert root("GET", path).json() == []


def test_review_apps_are_scheduled_for_deletion(
    simulator: Any, root: Callable[..., Any], as_role: Callable[..., Any], path: str
) -> None:
    """Old stopped ones in the folder `review`, after a dry run; they are deleted a week later."""
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


def test_an_available_review_app_is_not_deleted(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """A scheduled deletion waits until the environment is stopped again."""
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
    """A moment later: unprotected ones without changes and deployments since the date."""
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
    """The date must be between a week and ten years ago."""
    simulator.clock(now="2040-01-20T00:00:00Z")
    maintainer = as_role(40)
    for wrong in ("2040-01-19T00:00:00Z", "2020-01-01T00:00:00Z"):
        rejected = maintainer("POST", f"{path}/stop_stale", {"before": wrong})
        assert rejected.json() == {"message": "400 Bad request - Invalid Date"}
    good = {"before": "2040-01-10T00:00:00Z"}
    assert as_role(30)("POST", f"{path}/stop_stale", good).status_code == 403
    response = maintainer("POST", f"{path}/stop_stale", good)
    assert response.json() == {"message": "Successfully requested stop for all stale environments"}
