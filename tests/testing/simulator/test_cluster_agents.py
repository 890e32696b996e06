"""Agents: names, roles, cascades."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

CHARACTERS = (
    "Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'"
)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("", ["Name can't be blank", CHARACTERS]),
        ("#4^x", [CHARACTERS]),
        ("-a", [CHARACTERS]),
        ("A", [CHARACTERS]),
        ("a" * 64, ["Name is too long (maximum is 63 characters)"]),
        ("dev", ["Name has already been taken"]),
    ],
)
def test_an_invalid_name_is_rejected(
    root: Callable[..., Any], project: Any, agent: Any, name: str, texts: list[str]
) -> None:
    """All messages are in GitLab's order, as one printed Ruby array."""
    assert agent["name"] == "dev"
    rejected = root("POST", f"projects/{project['id']}/cluster_agents", {"name": name})
    printed = ", ".join(f'"{text}"' for text in texts)
    assert rejected.status_code == 400
    assert rejected.json() == {"message": f"400 Bad request - [{printed}]"}


@pytest.mark.parametrize("name", ["a", "1", "a--b", "a" * 63])
def test_a_valid_name_is_accepted(root: Callable[..., Any], project: Any, name: str) -> None:
    """Everything that GitLab's expression allows."""
    assert root("POST", "projects/group%2Fapp/cluster_agents", {"name": name}).status_code == 201
    assert root("GET", f"projects/{project['id']}/cluster_agents").json()[0]["name"] == name


def test_a_name_is_unique(root: Callable[..., Any], project: Any) -> None:
    """Of ten concurrent requests for one name, one succeeds."""
    path = f"projects/{project['id']}/cluster_agents"
    with ThreadPoolExecutor(10) as pool:
        responses = list(
            pool.map(lambda _: root("POST", path, {"name": "x"}).status_code, range(10))
        )
    assert sorted(responses) == [201] + [400] * 9


def test_another_projects_agent_is_not_found(
    root: Callable[..., Any], simulator: Any, agent: Any
) -> None:
    """Neither GET nor DELETE finds it, and its name is free in this project."""
    other = simulator.api("POST", "projects", name="Other")
    for method in ("GET", "DELETE"):
        response = root(method, f"projects/{other['id']}/cluster_agents/{agent['id']}")
        assert (response.status_code, response.json()) == (404, {"message": "404 Not found"})
    assert root("POST", f"projects/{other['id']}/cluster_agents", {"name": "dev"}).ok


def test_roles(as_role: Callable[..., Any], project: Any, agent: Any) -> None:
    """Reading requires Developer, otherwise 404; writing requires Maintainer."""
    path = f"projects/{project['id']}/cluster_agents"
    reporter, developer, maintainer, stranger = as_role(20), as_role(30), as_role(40), as_role(0)
    listed = reporter("GET", path)
    assert (listed.status_code, listed.json()) == (404, {"message": "404 ClusterAgents Not Found"})
    shown = reporter("GET", f"{path}/{agent['id']}")
    assert (shown.status_code, shown.json()) == (404, {"message": "404 Not found"})
    assert developer("GET", path).status_code == 200
    rejected = developer("POST", path, {"name": "x"})
    assert (rejected.status_code, rejected.json()) == (403, {"message": "403 Forbidden"})
    assert developer("DELETE", f"{path}/999").status_code == 403
    hidden = stranger("GET", path)
    assert (hidden.status_code, hidden.json()) == (404, {"message": "404 Project Not Found"})
    assert maintainer("POST", path, {"name": "x"}).status_code == 201
    assert maintainer("DELETE", f"{path}/{agent['id']}").status_code == 204


def test_deleting_an_agent_cascades(root: Callable[..., Any], project: Any, agent: Any) -> None:
    """Its tokens are deleted; environments remain without it."""
    base = f"projects/{project['id']}"
    token = root("POST", f"{base}/cluster_agents/{agent['id']}/tokens", {"name": "t"}).json()
    given = {"name": "production", "cluster_agent_id": agent["id"]}
    environment = root("POST", f"{base}/environments", given).json()
    assert environment["cluster_agent"]["id"] == agent["id"]
    assert root("DELETE", f"{base}/cluster_agents/{agent['id']}").status_code == 204
    gone = f"{base}/cluster_agents/{agent['id']}/tokens/{token['id']}"
    assert root("GET", gone).status_code == 404
    left = root("GET", f"{base}/environments/{environment['id']}").json()
    assert "cluster_agent" not in left


def test_unmodified_since(root: Callable[..., Any], project: Any, agent: Any) -> None:
    """DELETE is rejected if the agent changed later; an invalid header is ignored."""
    path = f"projects/{project['id']}/cluster_agents/{agent['id']}"
    old = {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
    rejected = root("DELETE", path, headers=old)
    assert (rejected.status_code, rejected.json()) == (412, {"message": "412 Precondition Failed"})
    assert root("DELETE", path, headers={"If-Unmodified-Since": "soon"}).status_code == 204
