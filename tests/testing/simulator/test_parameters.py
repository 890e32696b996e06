"""Parameters: types, blank values, bodies, undeclared parameters."""

from __future__ import annotations

from typing import Any

import pytest
import requests


@pytest.mark.parametrize("value", [1.0, 1.5, "1.0", "x", "1 ", [1], {"a": 1}, True])
def test_an_integer_is_an_integer(root: Any, path: str, value: Any) -> None:
    """Floats such as 1.0 and other types are rejected."""
    rejected = root("POST", path, {"name": "x", "cluster_agent_id": value})
    assert (rejected.status_code, rejected.json()) == (
        400,
        {"error": "cluster_agent_id is invalid"},
    )


def test_ids_in_paths_are_integers(root: Any, project: Any) -> None:
    """A word gets 400, a number beyond any id 404."""
    path = f"projects/{project['id']}/cluster_agents"
    for word in ("dev", "1.0", "1e3", "%20"):
        rejected = root("GET", f"{path}/{word}")
        assert (rejected.status_code, rejected.json()) == (400, {"error": "agent_id is invalid"})
    for number in (10**30, 0, -1):
        assert root("GET", f"{path}/{number}").json() == {"message": "404 Not found"}


@pytest.mark.parametrize(
    ("value", "stops"),
    [
        *((value, True) for value in (True, 1, "true", "True", "t", "on", "ON", "yes", "1")),
        *((value, False) for value in (False, 0, "false", "f", "off", "no", "0", "", None)),
    ],
)
def test_a_boolean_has_many_spellings(root: Any, path: str, value: Any, stops: Any) -> None:
    """With `force`, an environment with `with_action` stops; without, it does not."""
    made = root("POST", path, {"name": "x", "auto_stop_setting": "with_action"}).json()
    response = root("POST", f"{path}/{made['id']}/stop", {"force": value})
    assert response.status_code == (200 if stops else 400)
    assert stops or "failed to change the status" in response.json()["message"]


@pytest.mark.parametrize("value", ["maybe", 2, "", [], {}])
def test_an_invalid_boolean_is_rejected(root: Any, path: str, value: Any) -> None:
    """A blank one means null, and so the default."""
    made = root("POST", path, {"name": "x"}).json()
    response = root("POST", f"{path}/{made['id']}/stop", {"force": value})
    if value == "":
        assert response.status_code == 200
    else:
        assert (response.status_code, response.json()) == (400, {"error": "force is invalid"})


def test_errors_are_listed_in_the_declared_order(
    root: Any, path: str, clusters_on: None, project: Any
) -> None:
    """Missing, invalid, not allowed and empty parameters, separated by commas."""
    del clusters_on
    given = {
        "tier": "gold",
        "cluster_agent_id": "x",
        "slug": "s",
        "auto_stop_setting": 1,
        "description": {},
    }
    assert root("POST", path, given).json()["error"].split(", ") == [
        "name is missing",
        "slug is automatically generated and cannot be changed",
        "tier does not have a valid value",
        "cluster_agent_id is invalid",
        "description is invalid",
        "auto_stop_setting does not have a valid value",
    ]
    platform = {"api_url": " ", "authorization_type": "x"}
    given = {"enabled": "x", "platform_kubernetes_attributes": platform}
    cluster = root("POST", f"projects/{project['id']}/clusters/user", given)
    assert cluster.json()["error"].split(", ") == [
        "name is missing",
        "enabled is invalid",
        "platform_kubernetes_attributes[api_url] is empty",
        "platform_kubernetes_attributes[token] is missing",
        "platform_kubernetes_attributes[authorization_type] does not have a valid value",
    ]


def test_parameters_come_from_query_form_multipart_and_json(
    root: Any, clusters_on: None, project: Any, path: str
) -> None:
    """They are merged, also nested ones; unknown ones are ignored."""
    del clusters_on
    assert root("POST", f"{path}?name=a").status_code == 201
    form = root("POST", f"{path}?tier=other", data={"name": "b", "unknown": "1"})
    assert (form.json()["name"], form.json()["tier"]) == ("b", "other")
    multipart = root("POST", path, files={"name": (None, "c")})
    assert multipart.json()["name"] == "c"
    json = root("POST", f"{path}?tier=other&name=query", {"name": "d", "unknown": [1]})
    assert (json.json()["name"], json.json()["tier"]) == ("d", "other")
    nested = {
        "name": "c",
        "platform_kubernetes_attributes[api_url]": "https://k8s.example.com",
        "platform_kubernetes_attributes[token]": "t",
    }
    clusters = f"projects/{project['id']}/clusters/user"
    for scope, sent in (
        ("a", {"data": {**nested, "environment_scope": "a"}}),
        ("b", {"files": {name: (None, value) for name, value in nested.items()}}),
        ("c", {"params": nested}),
    ):
        made = root("POST", f"{clusters}?environment_scope={scope}", **sent)
        assert made.json()["platform_kubernetes"]["api_url"] == "https://k8s.example.com"
        assert made.json()["environment_scope"] == scope


def test_the_path_wins(root: Any, project: Any, agent: Any) -> None:
    """It overrides a parameter of the same name."""
    path = f"projects/{project['id']}/cluster_agents/{agent['id']}"
    assert root("GET", f"{path}?id=99&agent_id=99").json() == agent
    made = root("POST", f"{path}/tokens", {"id": 99, "agent_id": 99, "name": "t"})
    assert made.json()["agent_id"] == agent["id"]


@pytest.mark.parametrize(
    "case",
    [
        ("application/json", "{", 400, "message body does not match declared format"),
        ("application/json", '{"name": "\\ud800"}', 400, "message body does not match"),
        ("application/json", "[" * 100_000, 400, "message body does not match declared format"),
        ("application/json; charset=utf-8", "no", 400, "message body does not match"),
        ("text/xml", "<a/>", 415, "The provided content-type 'text/xml' is not supported."),
        ("multipart/form-data", "name=x", 400, "empty message body supplied"),
        ("multipart/form-data; boundary=b", "name=x", 400, "empty message body supplied"),
    ],
)
def test_unreadable_bodies(root: Any, path: str, case: tuple[str, str, int, str]) -> None:
    """They get an `error`; its texts and the 415 are inferred."""
    media_type, body, status, text = case
    rejected = root("POST", path, data=body, headers={"Content-Type": media_type})
    assert rejected.status_code == status
    assert set(rejected.json()) == {"error"}
    assert text in rejected.json()["error"]


@pytest.mark.parametrize("body", ["[]", "null", "1", '"name"'])
def test_json_that_is_not_an_object_is_ignored(root: Any, path: str, body: str) -> None:
    """It has no parameters."""
    rejected = root("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert (rejected.status_code, rejected.json()) == (400, {"error": "name is missing"})


def test_head_is_get_without_the_body(root: Any, path: str) -> None:
    """With the same headers."""
    root("POST", path, {"name": "x"})
    get, head = root("GET", path), root("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    volatile = {"x-request-id", "x-gitlab-meta", "date"}
    assert {name: value for name, value in head.headers.items() if name not in volatile} == {
        name: value for name, value in get.headers.items() if name not in volatile
    }


def test_every_response_has_the_headers(root: Any, path: str) -> None:
    """Errors too; a response without a body has no content type."""
    member = f"{path}/{root('POST', path, {'name': 'x'}).json()['id']}"
    root("POST", f"{member}/stop")
    for method, what, media_type in (
        ("GET", "user", "application/json"),
        ("GET", "nothing", "application/json"),
        ("DELETE", member, None),
    ):
        response = root(method, what)
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Request-Id"] in response.headers["X-Gitlab-Meta"]
        assert response.headers.get("Content-Type") == media_type


def test_version_3_is_gone(simulator: Any) -> None:
    """It responds with 410."""
    response = requests.get(f"{simulator.url}/api/v3/projects", timeout=20)
    text = "API V3 is no longer supported. Use API V4 instead."
    assert (response.status_code, response.json()) == (410, {"error": text})


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "projects/" + "9" * 5000, None, 404),
        ("GET", "projects/%00%2F%ff", None, 404),
        ("GET", "projects/1/environments?per_page=", None, 200),
        ("GET", "projects/1/environments?name[]=a", None, 400),
        ("GET", "projects/1/environments?page=99999999999999999999999", None, 400),
        ("GET", "personal_access_tokens?user_id=99999999999999999999999", None, 200),
        ("GET", "user?sudo[x]=1&private_token[]=1", None, 200),
        ("POST", "projects/1/environments", {"name": {"x": 1}}, 400),
        ("POST", "projects/1/environments", {"name": "y", "cluster_agent_id": 10**40}, 400),
        ("DELETE", "projects/1/members/99999999999999999999999", None, 404),
        (
            "DELETE",
            "projects/1/environments/review_apps?before=0001-01-01T00:00:00%2B14",
            None,
            400,
        ),
        ("PUT", "application/settings", {"throttle_authenticated_api_period_in_seconds": 0}, 400),
        ("POST", "users", {"email": None, "name": "n", "username": "n", "password": "p"}, 400),
        ("POST", "users/1/personal_access_tokens", {"name": "n", "scopes": []}, 400),
        ("POST", "groups", {"name": None, "path": None}, 400),
        ("POST", "license", {"license": None}, 400),
    ],
)
def test_odd_input_is_never_a_500(
    root: Any, method: str, path: str, given: Any, status: int
) -> None:
    """It is unknown, blank or invalid."""
    assert root(method, path, given).status_code == status


@pytest.mark.parametrize(
    "given",
    [
        {"name": "a\0b"},
        {"name": "x", "unknown": [{"inner": "\0"}]},
        {"name": "x", "\0": 1},
    ],
)
def test_a_null_character_is_a_bad_request(root: Any, path: str, given: dict[str, Any]) -> None:
    """In any position, as plain text of GitLab's middleware."""
    rejected = root("POST", path, given)
    assert (rejected.status_code, rejected.text) == (400, "Bad Request")
    assert rejected.headers["Content-Type"].startswith("text/plain")
