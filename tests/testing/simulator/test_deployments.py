"""CI/CD jobs that deploy: their effect on an environment, and the returned deployment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gitlab
import pytest

from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError

START = "2031-01-01T00:00:00Z"


def test_a_job_creates_its_environment(simulator: Any, root: Callable[..., Any], path: str) -> None:
    """With the derived tier, the URL and the date; an invalid name is rejected."""
    simulator.clock(now=START)
    made = simulator.deploy(1, "review/1", url="https://one.example.com", auto_stop_in="2 days")
    assert made["environment"] == {"id": 1, "name": "review/1", "state": "available"}
    found = root("GET", f"{path}/1").json()
    assert (found["slug"], found["tier"]) == ("review-1-8fxbic", "development")
    assert found["external_url"] == "https://one.example.com"
    assert found["auto_stop_at"].startswith("2031-01-03T00:00:")
    with pytest.raises(SimulatorError, match="can contain only letters"):
        simulator.deploy(1, "/")
    assert len(root("GET", path).json()) == 1


def test_the_last_deployment_is_returned(
    simulator: Any, gl: gitlab.Gitlab, as_role: Callable[..., Any], project: Any
) -> None:
    """By GET: the latest successful one, with its user and job."""
    user = as_role(30)("GET", "user").json()
    for number, status in enumerate(("success", "success", "failed", "running")):
        simulator.deploy(
            project["id"], "production", ref=f"v{number}", sha=f"{number}" * 40, status=status,
            user_id=user["id"], job="roll-out",
        )  # fmt: skip
    shown = gl.projects.get(project["id"]).environments.get(1).last_deployment
    keys = "id iid ref sha created_at updated_at user deployable status"
    assert set(shown) == set(keys.split())
    assert (shown["iid"], shown["ref"], shown["sha"], shown["status"]) == (
        2, "v1", "1" * 40, "success",
    )  # fmt: skip
    assert shown["user"]["username"] == user["username"]
    job = shown["deployable"]
    assert (job["name"], job["status"], job["ref"], job["stage"]) == (
        "roll-out", "success", "v1", "deploy",
    )  # fmt: skip
    (listed,) = gl.projects.get(project["id"]).environments.list()
    assert "last_deployment" not in listed.attributes


def test_a_job_updates_the_environment(
    simulator: Any, root: Callable[..., Any], project: Any, agent: Any, path: str
) -> None:
    """URL, tier, agent, namespace and Flux path; absent keys stay."""
    given = {"name": "production", "external_url": "https://old", "description": "d"}
    member = f"{path}/{root('POST', path, given).json()['id']}"
    before = root("GET", member).json()
    simulator.clock(advance=60)
    simulator.deploy(project["id"], "production")
    silent = root("GET", member).json()
    assert {**silent, "last_deployment": None} == before
    kubernetes = {"agent": "group/app:dev", "namespace": "apps", "flux_resource_path": "x/y"}
    simulator.deploy(
        project["id"], "production", url="https://new", deployment_tier="staging",
        kubernetes=kubernetes,
    )  # fmt: skip
    after = root("GET", member).json()
    assert (after["external_url"], after["tier"], after["description"]) == (
        "https://new", "staging", "d",
    )  # fmt: skip
    assert after["cluster_agent"]["id"] == agent["id"]
    assert (after["kubernetes_namespace"], after["flux_resource_path"]) == ("apps", "x/y")
    assert after["updated_at"] > before["updated_at"]


def test_a_failed_job_updates_nothing(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """Nor does a running one; invalid values leave all as it was."""
    root("POST", path, {"name": "production", "external_url": "https://old"})
    before = root("GET", f"{path}/1").json()
    for status in ("created", "running", "failed", "canceled"):
        simulator.deploy(project["id"], "production", url="https://new", status=status)
    bad = simulator.deploy(project["id"], "production", url="javascript:1", deployment_tier="other")
    assert bad["errors"] == {"external_url": ["javascript scheme is not allowed"]}
    assert {**root("GET", f"{path}/1").json(), "last_deployment": None} == before


def test_a_job_starts_a_stopped_environment(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """It is available again, also one that was stopping."""
    simulator.deploy(project["id"], "review/1", on_stop="stop")
    for state in ("stopping", "stopped"):
        assert root("POST", f"{path}/1/stop").json()["state"] == "stopping"
        if state == "stopped":
            simulator.finish_stop_job(project["id"], 1)
        assert root("GET", f"{path}/1").json()["state"] == state
        again = simulator.deploy(project["id"], "review/1", on_stop="stop")
        assert again["environment"]["state"] == "available"


def test_the_last_finished_job_sets_the_stop_job(
    simulator: Any, root: Callable[..., Any], project: Any, path: str
) -> None:
    """With `on_stop` a stop waits for that job; after a deployment without it, it does not."""
    simulator.deploy(project["id"], "a", on_stop="stop", status="failed")
    assert root("POST", f"{path}/1/stop").json()["state"] == "stopping"
    simulator.deploy(project["id"], "b", on_stop="stop")
    simulator.deploy(project["id"], "b", status="running")
    assert root("POST", f"{path}/2/stop").json()["state"] == "stopping"
    simulator.deploy(project["id"], "c", on_stop="stop")
    simulator.deploy(project["id"], "c")
    assert root("POST", f"{path}/3/stop").json()["state"] == "stopped"


def test_the_user_must_have_access_to_the_agent(
    simulator: Any, root: Callable[..., Any], as_role: Callable[..., Any], agent: Any, path: str
) -> None:
    """An agent that the user cannot access is ignored; an unknown one is an error."""
    developer = as_role(30)("GET", "user").json()
    own = root("POST", "projects", {"name": "own"}).json()
    path = f"projects/{own['id']}/members"
    root("POST", path, {"user_id": developer["id"], "access_level": 30})
    stranger = as_role(0)("GET", "user").json()
    root("POST", path, {"user_id": stranger["id"], "access_level": 30})
    for user, names in ((stranger, False), (developer, True)):
        simulator.deploy(
            own["id"], "production", user_id=user["id"], kubernetes={"agent": "group/app:dev"}
        )
        found = root("GET", f"projects/{own['id']}/environments/1").json()
        assert ("cluster_agent" in found) is names
    with pytest.raises(SimulatorError, match="agent 'group/app:prod'; the format is"):
        simulator.deploy(own["id"], "production", kubernetes={"agent": "group/app:prod"})
    assert agent["name"] == "dev"


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("1 week", "2031-01-08T00:00:"),
        ("2 hours 30 minutes", "2031-01-01T02:30:"),
        ("1h30m", "2031-01-01T01:30:"),
        ("1 day, 1 hour and 1 min", "2031-01-02T01:01:"),
        ("0.5 days", "2031-01-01T12:00:"),
        ("1 mo", "2031-01-31T00:00:"),
        ("2 mins", "2031-01-01T00:02:"),
    ],
)
def test_durations(
    simulator: Any, root: Callable[..., Any], path: str, words: str, moment: str
) -> None:
    """`auto_stop_in` is text."""
    simulator.clock(now=START)
    simulator.deploy(1, "review/1", auto_stop_in=words)
    assert root("GET", f"{path}/1").json()["auto_stop_at"].startswith(moment)


def test_the_next_job_moves_the_auto_stop(
    simulator: Any, root: Callable[..., Any], path: str
) -> None:
    """`never` clears the date, an absent key keeps it."""
    simulator.clock(now=START)
    for words, moment in (
        ("1 day", "2031-01-02"),
        ("3 days", "2031-01-04"),
        (None, "2031-01-04"),
        ("never", "None"),
    ):
        simulator.deploy(1, "review/1", auto_stop_in=words)
        assert str(root("GET", f"{path}/1").json()["auto_stop_at"]).startswith(moment)
    simulator.clock(advance=10 * 86400)
    assert root("GET", f"{path}/1").json()["state"] == "available"


def test_invalid_requests_are_rejected(
    simulator: Any, project: Any, as_role: Callable[..., Any]
) -> None:
    """With the reason."""
    reporter = as_role(20)("GET", "user").json()
    for rejected, reason in (
        ({"auto_stop_in": "soon"}, "auto_stop_in must be a duration such as '2 days', not 'soon'"),
        ({"auto_stop_in": "1 fortnight"}, "not '1 fortnight'"),
        ({"colour": "red"}, "environment has no colour; it has name, url"),
        ({"kubernetes": {"agnet": "a"}}, "kubernetes has no agnet"),
        ({"deployment_tier": "prod"}, "deployment_tier. does not have a valid value"),
        ({"status": "fine"}, "status does not have a valid value"),
        ({"user_id": reporter["id"]}, "user1 cannot deploy to production"),
        ({"user_id": 99}, "404 .*no row 99 in users"),
    ):
        with pytest.raises(SimulatorError, match=reason):
            simulator.deploy(project["id"], "production", **rejected)
    with pytest.raises(SimulatorError, match=r"404 .*no row 99 in projects"):
        simulator.deploy(99, "production")
    with pytest.raises(SimulatorError, match=r"environment\[name\] is empty"):
        simulator.deploy(project["id"], "")
