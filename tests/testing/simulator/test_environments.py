"""Environments: names, slugs, tiers, agent keys, filters, roles, stopping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

STOP_FAILED = "400 Bad request - Attempted to stop the environment but failed to change the status"

NAME_CHARACTERS = (
    "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
    "but it cannot start or end with '/'"
)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("production", "production"),
        ("review/fix-foo", "review-fix-foo-v25cyx"),
        ("Production", "production-iis43c"),
        ("1", "env-1-x3mbm3"),
        ("review/1", "review-1-8fxbic"),
        ("staging_01", "staging-01-razxil"),
        ("a" * 25, "a" * 17 + "-1n7uof"),
        ("staging-", "staging"),
    ],
)
def test_the_slug_follows_the_name(
    root: Callable[..., Any], path: str, name: str, slug: str
) -> None:
    """It consists of `a-z0-9-`, with a digest if it differs from the name."""
    assert root("POST", path, {"name": name}).json()["slug"] == slug


def test_the_tier_follows_the_name(root: Callable[..., Any], path: str) -> None:
    """The first matching word decides."""
    expected = {
        "dev": "development", "review/1": "development", "trunk": "development",
        "qa": "testing", "print": "testing", "maintenance": "testing", "TST-1": "testing",
        "preprod": "staging", "nonprod": "staging", "demo": "staging",
        "Production": "production", "live": "production", "prd": "production",
        "deploy": "other", "blue": "other",
    }  # fmt: skip
    found = {name: root("POST", path, {"name": name}).json()["tier"] for name in expected}
    assert found == expected


@pytest.mark.parametrize(
    ("given", "response"),
    [
        ({}, {"error": "name is missing"}),
        (
            {"name": "a", "slug": "b", "tier": "c"},
            {
                "error": "slug is automatically generated and cannot be changed, "
                "tier does not have a valid value"
            },
        ),
        (
            {"name": "/a"},
            {"message": {"name": [NAME_CHARACTERS]}},
        ),
        (
            {"name": "a" * 256},
            {"message": {"name": ["is too long (maximum is 255 characters)"]}},
        ),
        (
            {"name": "a", "kubernetes_namespace": "n"},
            {"message": {"kubernetes_namespace": ["cannot be set without a cluster agent"]}},
        ),
        (
            {"name": "a", "flux_resource_path": "p"},
            {"message": {"flux_resource_path": ["cannot be set without a kubernetes namespace"]}},
        ),
        (
            {"name": "a", "cluster_agent_id": 99},
            {
                "message": "400 Bad request - cluster agent doesn't exist or cannot be "
                "associated with this environment"
            },
        ),
        (
            {"name": "a", "external_url": "javascript:alert(1)"},
            {"message": {"external_url": ["javascript scheme is not allowed"]}},
        ),
    ],
)
def test_an_invalid_environment_is_rejected(
    root: Callable[..., Any], path: str, given: Any, response: Any
) -> None:
    """Parameter errors are one text, validation errors are by field."""
    rejected = root("POST", path, given)
    assert (rejected.status_code, rejected.json()) == (400, response)


def test_name_and_slug_are_unique(root: Callable[..., Any], path: str) -> None:
    """Also those of stopped environments; different names can have the same slug."""
    made = root("POST", path, {"name": "staging"}).json()
    root("POST", f"{path}/{made['id']}/stop")
    taken = ["has already been taken"]
    assert root("POST", path, {"name": "staging"}).json() == {
        "message": {"name": taken, "slug": taken}
    }
    assert root("POST", path, {"name": "staging-"}).json() == {"message": {"slug": taken}}


def test_agent_keys_require_an_agent(
    root: Callable[..., Any], as_role: Callable[..., Any], path: str, agent: Any
) -> None:
    """They are absent without one, and for users who cannot read it."""
    keys = {"cluster_agent", "kubernetes_namespace", "flux_resource_path"}
    plain = root("POST", path, {"name": "plain"}).json()
    assert not keys & set(plain)
    given = {
        "name": "production",
        "cluster_agent_id": agent["id"],
        "kubernetes_namespace": "apps",
        "flux_resource_path": "HelmRelease/a",
    }
    full = root("POST", path, given).json()
    assert full["cluster_agent"] == agent
    assert keys <= set(as_role(30)("GET", f"{path}/{full['id']}").json())
    assert not keys & set(as_role(20)("GET", f"{path}/{full['id']}").json())


def test_clearing_takes_one_request(root: Callable[..., Any], path: str, agent: Any) -> None:
    """An agent cannot be removed without its namespace; null clears, absence keeps."""
    given = {"name": "p", "cluster_agent_id": agent["id"], "kubernetes_namespace": "apps"}
    member = f"{path}/{root('POST', path, given).json()['id']}"
    alone = root("PUT", member, {"cluster_agent_id": None})
    assert alone.json() == {
        "message": {"kubernetes_namespace": ["cannot be set without a cluster agent"]}
    }
    both = root("PUT", member, {"cluster_agent_id": None, "kubernetes_namespace": None})
    assert (both.status_code, "cluster_agent" in both.json()) == (200, False)


def test_an_update_keeps_absent_attributes(root: Callable[..., Any], path: str) -> None:
    """The name cannot change; external_url and description stay."""
    made = root("POST", path, {"name": "p", "external_url": "https://x", "description": "d"})
    member = f"{path}/{made.json()['id']}"
    changed = root("PUT", member, {"name": "q", "tier": "staging"}).json()
    assert (changed["name"], changed["external_url"], changed["description"]) == (
        "p", "https://x", "d",
    )  # fmt: skip
    assert changed["tier"] == "staging"
    assert root("PUT", member, {"external_url": ""}).json()["external_url"] is None


def test_a_single_environment_has_other_keys(root: Callable[..., Any], path: str) -> None:
    """GET by id has the last deployment, all others have the project."""
    made = root("POST", path, {"name": "p"}).json()
    single = root("GET", f"{path}/{made['id']}").json()
    assert made.pop("project")["path_with_namespace"] == "group/app"
    assert single == {**made, "last_deployment": None}
    assert (made["state"], made["auto_stop_setting"]) == ("available", "always")


def test_filters(root: Callable[..., Any], path: str) -> None:
    """Name is exact, search a prefix of at least three characters, states one state."""
    for name in ("review/1", "review/2", "my-review"):
        root("POST", path, {"name": name})
    root("POST", f"{path}/1/stop")

    def names(query: str) -> list[str]:
        return [found["name"] for found in root("GET", f"{path}?{query}").json()]

    assert names("search=REV") == ["review/1", "review/2"]
    assert names("name=my-review") == ["my-review"]
    assert names("states=stopped") == ["review/1"]
    short = root("GET", f"{path}?search=re")
    assert short.json() == {"message": "400 Bad request - Search query is less than 3 characters"}
    both = root("GET", f"{path}?search=rev&name=x")
    assert both.json() == {"error": "name, search cannot be used together"}
    wrong = root("GET", f"{path}?states=gone")
    assert wrong.json() == {"error": "states does not have a valid value"}


def test_roles(as_role: Callable[..., Any], root: Callable[..., Any], path: str) -> None:
    """Reporters read, Developers write, users without a role do not see the project."""
    member = f"{path}/{root('POST', path, {'name': 'p'}).json()['id']}"
    guest, reporter, developer, stranger = (as_role(level) for level in (10, 20, 30, 0))
    assert guest("GET", path).status_code == 403
    assert reporter("GET", path).status_code == 200
    assert reporter("POST", path, {"name": "q"}).status_code == 403
    assert reporter("PUT", member, {"tier": "other"}).status_code == 403
    assert reporter("POST", f"{member}/stop").status_code == 403
    assert stranger("GET", path).json() == {"message": "404 Project Not Found"}
    assert developer("POST", f"{member}/stop").status_code == 200
    assert developer("DELETE", member).status_code == 204


def test_a_stop_happens_once(root: Callable[..., Any], path: str) -> None:
    """A second stop gets 400; only a stopped environment can be deleted, by anyone."""
    member = f"{path}/{root('POST', path, {'name': 'p'}).json()['id']}"
    rejected = root("DELETE", member)
    assert (rejected.status_code, rejected.json()) == (403, {"message": "403 Forbidden"})
    assert root("POST", f"{member}/stop").json()["state"] == "stopped"
    again = root("POST", f"{member}/stop")
    assert (again.status_code, again.json()) == (400, {"message": STOP_FAILED})
    assert root("DELETE", member).status_code == 204
    assert root("DELETE", member).json() == {"message": "404 Not found"}


def test_with_action_without_a_job_requires_force(root: Callable[..., Any], path: str) -> None:
    """A plain stop has no effect, and the response shows it."""
    given = {"name": "p", "auto_stop_setting": "with_action"}
    member = f"{path}/{root('POST', path, given).json()['id']}"
    assert root("POST", f"{member}/stop").json() == {"message": STOP_FAILED}
    assert root("POST", f"{member}/stop", {"force": True}).json()["state"] == "stopped"


def test_a_namespace_can_remain_without_its_agent(
    root: Callable[..., Any], project: Any, agent: Any, path: str
) -> None:
    """Other changes succeed; changing either attribute fails."""
    given = {"name": "p", "cluster_agent_id": agent["id"], "kubernetes_namespace": "apps"}
    member = f"{path}/{root('POST', path, given).json()['id']}"
    root("DELETE", f"projects/{project['id']}/cluster_agents/{agent['id']}")
    assert root("PUT", member, {"tier": "other"}).status_code == 200
    assert root("PUT", member, {"kubernetes_namespace": "apps"}).status_code == 200
    assert root("PUT", member, {"kubernetes_namespace": "more"}).status_code == 400
    assert root("PUT", member, {"kubernetes_namespace": None}).status_code == 200


@pytest.mark.parametrize(
    "url", ["example.com", "/path", "x" * 255, "localhost:3000", "mailto:a@b", "#"]
)
def test_an_external_url_needs_no_scheme(root: Callable[..., Any], path: str, url: str) -> None:
    """Almost any text is accepted."""
    made = root("POST", path, {"name": "p", "external_url": url})
    assert (made.status_code, made.json()["external_url"]) == (201, url)


def test_blank_means_null(root: Callable[..., Any], path: str, agent: Any) -> None:
    """For texts; a cleared tier is derived again."""
    given = {
        "name": "production",
        "tier": "other",
        "cluster_agent_id": agent["id"],
        "kubernetes_namespace": " ",
        "flux_resource_path": "",
        "external_url": " ",
        "description": "",
    }
    made = root("POST", path, given).json()
    blank = ("kubernetes_namespace", "flux_resource_path", "external_url", "description")
    assert {name: made[name] for name in blank} == dict.fromkeys(blank)
    member = f"{path}/{made['id']}"
    assert root("PUT", member, {"tier": None}).json()["tier"] == "production"


def test_every_character_of_a_name(root: Callable[..., Any], path: str) -> None:
    """Letters, digits, `-_/${}.` and spaces, up to 255."""
    for name in ("aZ0-_/${}. x", "n" * 255, " ", "$", "a"):
        made = root("POST", path, {"name": name})
        assert made.status_code == (201 if name.strip() else 400), made.text
