"""Authentication: tokens in every position, scopes, CI/CD job tokens, sudo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

UNAUTHORIZED = {"message": "401 Unauthorized"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# Positions of credentials, with {good} for a valid token, and whether they are accepted.
PLACES: list[tuple[dict[str, str], str, str, bool]] = [
    ({"PRIVATE-TOKEN": "{good}"}, "", "", True),
    ({"private-token": "{good}"}, "", "", True),
    ({"Authorization": "Bearer {good}"}, "", "", True),
    ({"Authorization": "bearer  {good}"}, "", "", True),
    ({}, "?private_token={good}", "", True),
    (FORM, "", "private_token={good}", True),
    ({"Content-Type": "application/json"}, "", '{{"private_token": "{good}"}}', True),
    ({"PRIVATE-TOKEN": "{good}", "Authorization": "Bearer wrong"}, "", "", True),
    ({"PRIVATE-TOKEN": "wrong", "Authorization": "Bearer {good}"}, "", "", False),
    ({"PRIVATE-TOKEN": "{good}"}, "?private_token=wrong", "", False),
    ({"PRIVATE-TOKEN": "wrong"}, "?private_token={good}", "", True),
    ({"Authorization": "Basic {good}"}, "", "", False),
    ({"PRIVATE-TOKEN": ""}, "", "", False),
    ({"JOB-TOKEN": "{good}"}, "", "", False),
    ({}, "", "", False),
]


@pytest.mark.parametrize("place", PLACES)
def test_credentials_are_accepted_in_four_positions(
    simulator: Any,
    connect: Callable[..., Any],
    place: tuple[dict[str, str], str, str, bool],
) -> None:
    """Query or body, then header, then bearer token; only the first one that is present counts."""
    headers, query, body, accepted = place
    good = simulator.root_token
    sent = {name: value.format(good=good) for name, value in headers.items()}
    response = connect(None)(
        "POST", f"projects{query.format(good=good)}", data=body.format(good=good), headers=sent
    )
    expected = (400, "error") if accepted else (401, "message")
    assert (response.status_code, *response.json()) == expected


def test_a_public_project_requires_credentials(
    root: Any, connect: Callable[..., Any], project: Any
) -> None:
    """All these routes do."""
    root("PUT", f"projects/{project['id']}", {"visibility": "public"})
    for what in ("environments", "cluster_agents", "clusters"):
        rejected = connect(None)("GET", f"projects/{project['id']}/{what}")
        assert (rejected.status_code, rejected.json()) == (401, UNAUTHORIZED)


def test_expired_and_revoked_tokens_have_their_own_errors(
    simulator: Any, root: Any, as_role: Callable[..., Any]
) -> None:
    """Both get `invalid_token`, with different descriptions."""
    revoked, expired = as_role(30), as_role(30)
    own = revoked("GET", "personal_access_tokens/self").json()["id"]
    root("DELETE", f"personal_access_tokens/{own}")
    assert expired("GET", "user").status_code == 200
    for caller, text in (
        (revoked, "Token was revoked. You have to re-authorize from the user."),
        (expired, "Token is expired. You can either do re-authorization or token refresh."),
    ):
        response = caller("GET", "user")
        assert response.status_code == 401
        assert response.json() == {"error": "invalid_token", "error_description": text}
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
        simulator.clock(advance=366 * 86400)
    assert root("GET", "user").status_code == 200


def test_read_api_reads_only(as_role: Callable[..., Any], project: Any) -> None:
    """A write gets 403 `insufficient_scope`, and so does a read with an unrelated scope."""
    reader, other = as_role(40, "read_api"), as_role(40, "read_user")
    path = f"projects/{project['id']}/environments"
    assert reader("GET", path).status_code == 200
    assert reader("HEAD", path).status_code == 200
    for rejected in (reader("POST", path, {"name": "x"}), other("GET", path)):
        assert rejected.status_code == 403
        assert rejected.json() == {
            "error": "insufficient_scope",
            "error_description": "The request requires higher privileges than provided by the "
            "access token.",
            "scope": "api read_api",
        }
    assert other("GET", "user").status_code == 200


# Positions of a job token, and whether a route of environments accepts it.
JOB_PLACES: list[tuple[dict[str, str], str, bool]] = [
    ({"JOB-TOKEN": "{job}"}, "", True),
    ({}, "?job_token={job}", True),
    ({}, "?token={job}", True),
    ({"Authorization": "Bearer {job}"}, "", True),
    ({"PRIVATE-TOKEN": "{job}"}, "", False),
    ({}, "?private_token={job}", False),
    ({"PRIVATE-TOKEN": "{job}"}, "?token={job}", True),
    ({"PRIVATE-TOKEN": "wrong", "JOB-TOKEN": "{job}"}, "", False),
    ({"JOB-TOKEN": "glcbt-wrong"}, "", False),
    ({"JOB-TOKEN": "wrong"}, "", False),
]


@pytest.mark.parametrize("place", JOB_PLACES)
def test_a_job_token_is_valid_for_environments_only(
    simulator: Any,
    connect: Callable[..., Any],
    project: Any,
    place: tuple[dict[str, str], str, bool],
) -> None:
    """In every position; it is not accepted as a private token."""
    headers, query, accepted = place
    job = simulator.job_token(project["id"], 1)
    sent = {name: value.format(job=job) for name, value in headers.items()}
    for what, good in (("environments", accepted), ("cluster_agents", False), ("clusters", False)):
        path = f"projects/{project['id']}/{what}{query.format(job=job)}"
        response = connect(None)("GET", path, headers=sent)
        assert response.status_code == (200 if good else 401)
        assert good or response.json() == UNAUTHORIZED


def test_a_job_token_has_the_role_of_its_user(
    simulator: Any,
    root: Any,
    as_role: Callable[..., Any],
    connect: Callable[..., Any],
    project: Any,
) -> None:
    """Only in its own project."""
    root("POST", "projects", {"name": "other", "visibility": "public"})
    reporter = as_role(20)("GET", "user").json()["id"]
    headers = {"JOB-TOKEN": simulator.job_token(project["id"], reporter)}
    path = f"projects/{project['id']}/environments"
    assert connect(None)("GET", path, headers=headers).status_code == 200
    assert connect(None)("POST", path, {"name": "x"}, headers=headers).status_code == 403
    other = connect(None)("GET", "projects/2/environments", headers=headers)
    text = "403 Forbidden - Authentication by CI/CD job token not allowed from app to other."
    assert (other.status_code, other.json()) == (403, {"message": text})
    unknown = connect(None)("GET", "projects/99/environments", headers=headers)
    assert unknown.json() == {"message": "404 Project Not Found"}


def test_sudo(
    simulator: Any,
    as_role: Callable[..., Any],
    connect: Callable[..., Any],
    root: Any,
    project: Any,
) -> None:
    """Administrators act as others, by name or id; other users and tokens without scope cannot."""
    developer = as_role(30)
    user = developer("GET", "user").json()
    assert root("GET", "user", headers={"Sudo": user["username"]}).json()["id"] == user["id"]
    assert root("GET", f"user?sudo={user['id']}").json()["id"] == user["id"]
    made = root("POST", f"projects/{project['id']}/environments", {"name": "x", "sudo": user["id"]})
    assert made.status_code == 201
    agents = f"projects/{project['id']}/cluster_agents"
    assert root("POST", agents, {"name": "x", "sudo": user["id"]}).status_code == 403
    unknown = root("GET", "user", headers={"Sudo": "nobody"})
    assert unknown.status_code == 404
    assert unknown.json() == {"message": "404 User with ID or username 'nobody' Not Found"}
    rejected = developer("GET", "user", headers={"Sudo": "root"})
    assert rejected.status_code == 403
    assert rejected.json() == {"message": "403 Forbidden - Must be admin to use sudo"}
    plain = simulator.api("POST", "users/1/personal_access_tokens", name="t", scopes=["api"])
    narrow = connect(plain["token"])("GET", "user", headers={"Sudo": user["username"]})
    assert (narrow.status_code, narrow.json()["scope"]) == (403, "sudo")
    job = {"JOB-TOKEN": simulator.job_token(project["id"], 1), "Sudo": user["username"]}
    by_job = connect(None)("GET", f"projects/{project['id']}/environments", headers=job)
    assert by_job.status_code == 403
    assert "Must be authenticated using" in by_job.json()["message"]
