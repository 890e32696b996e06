"""Permissions besides the minimum role: public and archived projects, disabled features."""

from __future__ import annotations

from typing import Any

import pytest
from tests.testing.simulator.examples import EXAMPLES, IDENTITY, PROJECT_DETAILS, USER
from tests.testing.simulator.world import BY_KEY, World, key

from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.routing import Route

pytestmark = pytest.mark.slow

PAGES = {"project_clusters", "cluster_agents", "environments", "protected_environments"}
KUBERNETES_ROUTES = [route for route in ROUTES if route.doc.rstrip("/").split("/")[-1] in PAGES]
WRITES = [route for route in KUBERNETES_ROUTES if route.method != "GET"]
CODE = {"default_branch", "readme_url", "forks_count"}

# A Maintainer's status with a disabled feature, by path.
OFF: dict[str, dict[str, Any]] = {
    "repository": {"clusters": 403, "agents": 403, "environments": 403},
    "builds": {"clusters": None, "agents": None, "environments": 403},
    "environments": {"clusters": None, "agents": None, "environments": 403},
    "infrastructure": {"clusters": 403, "agents": 403, "environments": None},
}


def _subject(route: Route) -> str:
    return next(word for word in ("environments", "agents", "clusters") if word in route.path)


def _send(world: World, route: Route, changes: dict[str, Any], role: Role = Role.OWNER) -> Any:
    """Send a request to a route in a project with these settings."""
    values = world.prepare(route)
    archived = changes.pop("archived", False)
    if changes:
        world.simulator.api("PUT", f"projects/{values['id']}", **changes)
    if archived:
        world.simulator.api("POST", f"projects/{values['id']}/archive")
    return world.send(world.roles[role], EXAMPLES[key(route)][0], values)


@pytest.mark.parametrize("route", WRITES, ids=key)
def test_an_archived_project_rejects_writes(world: World, route: Route) -> None:
    """Also those of its owner and of administrators."""
    rejected = _send(world, route, {"archived": True})
    review_apps = route.path.endswith("review_apps")
    assert rejected.status_code == (401 if review_apps else 403), rejected.text


@pytest.mark.parametrize("feature", OFF)
@pytest.mark.parametrize(
    "route", [route for route in KUBERNETES_ROUTES if "protected" not in route.path], ids=key
)
def test_a_disabled_feature_disables_its_routes(world: World, route: Route, feature: str) -> None:
    """Agents can be read without a repository, and created only with CI/CD."""
    expected = OFF[feature][_subject(route)]
    if "agents" in route.path and route.method == "GET" and "url_" not in route.path:
        expected = {"infrastructure": 404}.get(feature)
    if (feature, key(route)) == ("builds", "POST /projects/{id}/cluster_agents"):
        expected = 400
    response = _send(world, route, {f"{feature}_access_level": "disabled"})
    assert response.status_code == (expected or route.status), response.text
    if expected == 400:
        text = "You have insufficient permissions to create a cluster agent for this project"
        assert response.json() == {"message": f"400 Bad request - {text}"}


@pytest.mark.parametrize("visibility", ["public", "internal"])
def test_non_members_read_environments_of_a_public_project(world: World, visibility: str) -> None:
    """And nothing else of Kubernetes; without the agent below Reporter."""
    for route in KUBERNETES_ROUTES:
        values = world.prepare(route)
        world.simulator.api("PUT", f"projects/{values['id']}", visibility=visibility)
        for caller in (world.outsider, world.roles[Role.GUEST]):
            response = world.send(caller, EXAMPLES[key(route)][0], values)
            if route.method == "GET" and route.path.startswith("/projects/{id}/environments"):
                body = response.json()
                shown = body[0] if isinstance(body, list) else body
                assert (response.status_code, "cluster_agent" in shown) == (200, False)
            else:
                assert response.status_code in {401, 403, 404}, response.text


def test_environments_for_members_only(world: World) -> None:
    """A public project can hide them from non-members."""
    changes = {"visibility": "public", "environments_access_level": "private"}
    route = BY_KEY["GET /projects/{id}/environments"]
    values = world.prepare(route)
    world.simulator.api("PUT", f"projects/{values['id']}", **changes)
    path = f"projects/{values['id']}/environments"
    assert world.outsider("GET", path).status_code == 403
    assert world.roles[Role.GUEST]("GET", path).status_code == 200


def test_some_keys_require_reading_the_code(world: World) -> None:
    """A Guest of a private project cannot; the storage's name is for administrators."""
    project = f"projects/{world.project()}"
    basic = PROJECT_DETAILS
    shown = {
        role: set(world.roles[role]("GET", project).json()) & (basic | {"repository_storage"})
        for role in (Role.GUEST, Role.REPORTER)
    }
    assert shown == {Role.GUEST: basic - CODE, Role.REPORTER: basic}
    assert set(world.root("GET", project).json()) >= basic | {"repository_storage"}


def test_nested_objects(world: World) -> None:
    """Users, projects, agents and namespaces have their own keys; times have milliseconds."""
    at = world.prepare(BY_KEY["GET /projects/{id}/clusters/{cluster_id:int}"])
    caller = world.roles[Role.MAINTAINER]
    cluster = caller("GET", f"projects/{at['id']}/clusters/{at['cluster_id']}").json()
    assert set(cluster["user"]) == USER
    assert set(cluster["project"]) == PROJECT_DETAILS
    assert set(cluster["project"]["namespace"]) == {
        "id", "name", "path", "kind", "full_path", "parent_id", "avatar_url", "web_url",
    }  # fmt: skip
    assert set(cluster["platform_kubernetes"]) == {
        "api_url", "namespace", "authorization_type", "ca_cert",
    }  # fmt: skip
    assert cluster["created_at"][-5:-4] == "."
    assert cluster["created_at"].endswith("Z")
    at = world.prepare(BY_KEY["GET /projects/{id}/environments/{environment_id:int}"])
    agent = caller("GET", f"projects/{at['id']}/cluster_agents/{at['agent_id']}").json()
    assert set(agent["config_project"]) == IDENTITY
    environments = caller("GET", f"projects/{at['id']}/environments").json()
    assert environments[0]["cluster_agent"] == agent
    assert set(environments[0]["project"]) == PROJECT_DETAILS
