"""Protected environments: who can protect them, and whom they exclude."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gitlab
import pytest

from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError


@pytest.fixture
def path(project: Any) -> str:
    """The path of the project's protected environments."""
    return f"projects/{project['id']}/protected_environments"


@pytest.fixture
def licensed(simulator: Any) -> None:
    """A license with protected environments."""
    simulator.api("POST", "license", license="premium")


@pytest.mark.usefixtures("licensed")
def test_protecting_and_unprotecting(gl: gitlab.Gitlab, project: Any, path: str) -> None:
    """By name, also before the environment exists; names can have a slash."""
    protected = gl.projects.get(project["id"]).protected_environments
    made = protected.create(
        {"name": "review/1", "deploy_access_levels": [{"access_level": 40}, {"user_id": 1}]}
    )
    role, user = made.deploy_access_levels
    assert {**role, "id": 0} == {
        "id": 0, "access_level": 40, "access_level_description": "Maintainers",
        "user_id": None, "group_id": None, "group_inheritance_type": 0,
    }  # fmt: skip
    assert (user["user_id"], user["access_level_description"]) == (1, "Administrator")
    assert [found.name for found in protected.list()] == ["review/1"]
    assert protected.get("review/1").attributes["required_approval_count"] == 0
    protected.delete("review/1")
    with pytest.raises(gitlab.GitlabGetError, match="404 Not found"):
        protected.get("review/1")
    assert path.endswith("protected_environments")


@pytest.mark.usefixtures("licensed")
def test_errors(root: Callable[..., Any], as_role: Callable[..., Any], path: str) -> None:
    """Twice, no access level, an invalid level, no parameters, below Maintainer."""
    level = [{"access_level": 40}]
    assert root("POST", path, {"name": "p", "deploy_access_levels": level}).status_code == 201
    for given, status, response in (
        ({"name": "p", "deploy_access_levels": level}, 409, "Environment 'p' is already protected"),
        ({"name": "q", "deploy_access_levels": []}, 422, "Deploy access levels is too short"),
        ({"name": "q", "deploy_access_levels": [{"user_id": 9}]}, 422, "Deploy access levels is"),
        ({"name": "q"}, 400, "deploy_access_levels is missing"),
        ({"name": "q", "deploy_access_levels": ["x"]}, 400, "deploy_access_levels is invalid"),
        (
            {"name": "q", "deploy_access_levels": [{"access_level": 20}]},
            400,
            "deploy_access_levels[0][access_level] does not have a valid value",
        ),
    ):
        rejected = root("POST", path, given)
        assert (rejected.status_code, response in rejected.text) == (status, True)
    assert as_role(30)("POST", path, {}).status_code == 403
    assert as_role(40)("GET", path).status_code == 200


def test_without_a_license_nothing_is_protected(
    simulator: Any, root: Callable[..., Any], as_role: Callable[..., Any], project: Any, path: str
) -> None:
    """The routes are rejected, and existing protections have no effect."""
    assert root("GET", path).status_code == 403
    license_id = simulator.api("POST", "license", license="ultimate")["id"]
    root("POST", path, {"name": "p", "deploy_access_levels": [{"access_level": 40}]})
    environments = f"projects/{project['id']}/environments"
    root("POST", environments, {"name": "p"})
    developer = as_role(30)
    assert developer("POST", f"{environments}/1/stop").status_code == 403
    simulator.api("DELETE", f"license/{license_id}")
    assert developer("POST", f"{environments}/1/stop").status_code == 200


@pytest.mark.usefixtures("licensed")
def test_who_is_excluded(
    root: Callable[..., Any], as_role: Callable[..., Any], project: Any, path: str
) -> None:
    """From changing, stopping and deleting; roles, users and groups can be allowed."""
    environments = f"projects/{project['id']}/environments"
    developer, friend, member, maintainer = as_role(30), as_role(30), as_role(30), as_role(40)
    ids = [caller("GET", "user").json()["id"] for caller in (friend, member)]
    group = project["namespace"]["id"]
    root("POST", f"groups/{group}/members", {"user_id": ids[1], "access_level": 30})
    levels = [{"access_level": 40}, {"user_id": ids[0]}, {"group_id": group}]
    root("POST", path, {"name": "p", "deploy_access_levels": levels})
    root("POST", environments, {"name": "p"})
    root("POST", environments, {"name": "q"})
    for method, call in (("PUT", ""), ("POST", "/stop"), ("DELETE", "")):
        rejected = developer(method, f"{environments}/1{call}", {"tier": "other"})
        assert (rejected.status_code, rejected.json()) == (403, {"message": "403 Forbidden"})
        assert developer(method, f"{environments}/2{call}").status_code < 300
    assert developer("GET", f"{environments}/1").status_code == 200
    for caller in (friend, member, maintainer, root):
        assert caller("PUT", f"{environments}/1", {"tier": "other"}).status_code == 200


@pytest.mark.usefixtures("licensed")
def test_jobs_of_others_do_not_deploy(
    simulator: Any, root: Callable[..., Any], as_role: Callable[..., Any], project: Any, path: str
) -> None:
    """They do not even create the environment."""
    root("POST", path, {"name": "p", "deploy_access_levels": [{"access_level": 40}]})
    user_id = as_role(30)("GET", "user").json()["id"]
    with pytest.raises(SimulatorError, match="user1 cannot deploy to p"):
        simulator.deploy(project["id"], "p", user_id=user_id)
    assert root("GET", f"projects/{project['id']}/environments").json() == []
    assert simulator.deploy(project["id"], "p")["environment"]["state"] == "available"
