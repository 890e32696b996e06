"""What every route has in common: credentials, parameters, unknown routes, the order of errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

UNAUTHORIZED = {"message": "401 Unauthorized"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "projects/1/cluster_agents"),
        ("PUT", "projects/1/cluster_agents/1"),
        ("GET", "nothing"),
        ("GET", "projects/group/app/environments"),
    ],
)
def test_no_route(root: Any, method: str, path: str) -> None:
    """Unknown paths, other methods and unencoded slashes are 404, never 405."""
    answer = root(method, path)
    assert (answer.status_code, answer.json()) == (404, {"error": "404 Not Found"})
    assert answer.headers["Content-Type"] == "application/json"


def test_credentials_are_taken_from_three_places(
    simulator: Any, connect: Callable[..., Any]
) -> None:
    """Parameter, header and bearer, in that order; without any it is 401 even with bad input."""
    anonymous = connect(None)
    bearer = {"Authorization": f"Bearer {simulator.root_token}"}
    assert anonymous("GET", "user", headers=bearer).status_code == 200
    assert anonymous("GET", f"user?private_token={simulator.root_token}").status_code == 200
    mixed = {"private-token": simulator.root_token, "Authorization": "Bearer wrong"}
    assert anonymous("GET", "user", headers=mixed).status_code == 200
    for headers in ({}, {"PRIVATE-TOKEN": "wrong"}, {"Authorization": "Basic x"}):
        refused = anonymous("POST", "projects/99/environments", headers=headers)
        assert (refused.status_code, refused.json()) == (401, UNAUTHORIZED)


def test_expired_and_revoked_tokens_say_so(
    simulator: Any, root: Any, as_role: Callable[..., Any]
) -> None:
    """Both answer `invalid_token`, with different descriptions."""
    revoked, expired = as_role(30), as_role(30)
    root(
        "DELETE",
        f"personal_access_tokens/{revoked('GET', 'personal_access_tokens/self').json()['id']}",
    )
    answer = revoked("GET", "user")
    assert (answer.status_code, answer.json()) == (
        401,
        {
            "error": "invalid_token",
            "error_description": "Token was revoked. You have to re-authorize from the user.",
        },
    )
    assert expired("GET", "user").status_code == 200
    simulator.clock(advance=366 * 86400)
    answer = expired("GET", "user")
    assert (answer.status_code, answer.json()["error_description"]) == (
        401,
        "Token is expired. You can either do re-authorization or token refresh.",
    )
    assert root("GET", "user").status_code == 200


def test_read_api_reads_only(as_role: Callable[..., Any], project: Any) -> None:
    """A write with it is 403 `insufficient_scope`; so is a read with a scope for something else."""
    reader, other = as_role(40, "read_api"), as_role(40, "read_repository")
    path = f"projects/{project['id']}/environments"
    assert reader("GET", path).status_code == 200
    refused = reader("POST", path, {"name": "x"})
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    assert other("GET", path).status_code == 403


def test_job_tokens_open_environments_alone(
    simulator: Any, root: Any, connect: Callable[..., Any], project: Any
) -> None:
    """They count on environment routes of their own project, and not as a private token."""
    root("POST", "projects", {"name": "other"})
    headers = {"JOB-TOKEN": simulator.job_token(project["id"], 1)}
    job = connect(None)
    made = job("POST", f"projects/{project['id']}/environments", {"name": "x"}, headers=headers)
    assert made.status_code == 201
    other = job("GET", "projects/2/environments", headers=headers)
    text = "403 Forbidden - Authentication by CI/CD job token not allowed from app to other."
    assert (other.status_code, other.json()) == (403, {"message": text})
    agents = f"projects/{project['id']}/cluster_agents"
    assert job("GET", agents, headers=headers).json() == UNAUTHORIZED
    as_private = {"PRIVATE-TOKEN": headers["JOB-TOKEN"]}
    environments = f"projects/{project['id']}/environments"
    assert job("GET", environments, headers=as_private).json() == UNAUTHORIZED


def test_sudo(as_role: Callable[..., Any], root: Any) -> None:
    """Administrators act as others, others do not."""
    user = as_role(30)("GET", "user").json()
    assert root("GET", "user", headers={"Sudo": user["username"]}).json()["id"] == user["id"]
    assert root("GET", f"user?sudo={user['id']}").json()["id"] == user["id"]
    unknown = root("GET", "user", headers={"Sudo": "nobody"})
    assert unknown.json() == {"message": "404 User with ID or username 'nobody' Not Found"}
    refused = as_role(30)("GET", "user", headers={"Sudo": "root"})
    assert refused.json() == {"message": "403 Forbidden - Must be admin to use sudo"}


@pytest.mark.parametrize("value", [1.0, 1.5, "x", [1], True])
def test_an_integer_is_an_integer(root: Any, project: Any, value: Any) -> None:
    """Floats, whole ones too, and other things are refused."""
    given = {"name": "x", "cluster_agent_id": value}
    refused = root("POST", f"projects/{project['id']}/environments", given)
    assert (refused.status_code, refused.json()) == (400, {"error": "cluster_agent_id is invalid"})


def test_ids_in_paths_are_integers(root: Any, project: Any) -> None:
    """A word is a 400, a number beyond any id a 404."""
    path = f"projects/{project['id']}/cluster_agents"
    assert root("GET", f"{path}/dev").json() == {"error": "agent_id is invalid"}
    assert root("GET", f"{path}/{10**30}").json() == {"message": "404 Not found"}


def test_parameters_come_from_query_form_multipart_and_json(
    root: Any, clusters_on: None, project: Any
) -> None:
    """They are merged, nested ones too, and unknown ones are ignored."""
    del clusters_on
    path = f"projects/{project['id']}/environments"
    assert root("POST", f"{path}?name=a").status_code == 201
    form = root("POST", f"{path}?tier=other", data={"name": "b", "unknown": "1"})
    assert (form.json()["name"], form.json()["tier"]) == ("b", "other")
    multipart = root("POST", path, files={"name": (None, "c")})
    assert multipart.json()["name"] == "c"
    nested = {
        "name": "c",
        "platform_kubernetes_attributes[api_url]": "https://k8s.example.com",
        "platform_kubernetes_attributes[token]": "t",
        "enabled": "off",
    }
    cluster = root("POST", f"projects/{project['id']}/clusters/user", data=nested)
    assert cluster.json()["platform_kubernetes"]["api_url"] == "https://k8s.example.com"
    assert cluster.json()["enabled"] is False


def test_bodies_that_cannot_be_read(root: Any, project: Any) -> None:
    """Malformed JSON is a 400 and an unknown media type a 415, both with `error`."""
    path = f"projects/{project['id']}/environments"
    malformed = root("POST", path, data="{", headers={"Content-Type": "application/json"})
    assert malformed.status_code == 400
    assert "message body does not match declared format" in malformed.json()["error"]
    xml = root("POST", path, data="<a/>", headers={"Content-Type": "text/xml"})
    assert (xml.status_code, set(xml.json())) == (415, {"error"})


def test_parameters_are_checked_before_the_project(root: Any) -> None:
    """A missing name wins over an unknown project."""
    assert root("POST", "projects/99/environments").json() == {"error": "name is missing"}
    unknown = root("POST", "projects/99/environments", {"name": "x"})
    assert unknown.json() == {"message": "404 Project Not Found"}


def test_headers_are_on_every_answer(root: Any) -> None:
    """Also on errors."""
    for path in ("user", "nothing"):
        headers = root("GET", path).headers
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Request-Id"]


def test_version_3_is_gone(simulator: Any, root: Any) -> None:
    """It answers 410."""
    answer = root.session.get(f"{simulator.url}/api/v3/projects", timeout=20)
    assert answer.status_code == 410


def test_the_throttle(simulator: Any, root: Any, as_role: Callable[..., Any]) -> None:
    """Past the limit it is 429 in plain text, for that user and that window alone."""
    ann, bob = as_role(30), as_role(30)
    tomorrow = datetime.now(timezone.utc).date() + timedelta(days=1)
    simulator.clock(now=f"{tomorrow}T10:29:30Z")
    settings = {
        "throttle_authenticated_api_enabled": True,
        "throttle_authenticated_api_requests_per_period": 3,
        "throttle_authenticated_api_period_in_seconds": 3600,
    }
    assert root("PUT", "application/settings", settings).json().items() >= settings.items()
    answers = [ann("GET", path) for path in ("user", "nothing", "user", "user")]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    throttled = answers[-1]
    assert throttled.text == "Retry later\n"
    assert throttled.headers["Content-Type"].startswith("text/plain")
    assert 1800 <= int(throttled.headers["Retry-After"]) <= 1830
    assert "Retry-After" not in answers[0].headers
    assert bob("GET", "user").status_code == 200
    simulator.clock(advance=3600)
    assert ann("GET", "user").status_code == 200


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "projects/" + "9" * 5000, None, 404),
        ("GET", "projects/%00%2F%ff", None, 404),
        ("GET", "projects/1/environments?per_page=", None, 200),
        ("GET", "projects/1/environments?name[]=a", None, 400),
        ("GET", "projects/1/environments?page=99999999999999999999999", None, 400),
        ("POST", "projects/1/environments", {"name": {"x": 1}}, 400),
        ("POST", "projects/1/environments", {"name": "\ud800"}, 400),
        ("POST", "projects/1/environments", {"name": "y", "cluster_agent_id": 10**40}, 400),
        ("POST", "projects/1/environments", ["name"], 400),
        ("PUT", "application/settings", {"throttle_authenticated_api_period_in_seconds": 0}, 400),
    ],
)
def test_odd_input_is_never_a_500(
    root: Any, method: str, path: str, given: Any, status: int
) -> None:
    """It is answered as what it is: unknown, blank or invalid."""
    assert root(method, path, given).status_code == status
