"""Certificate-based clusters: the feature flag, defaults, GitLab's special cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.certificates import make_pair

PLATFORM = {"api_url": "https://k8s.example.com", "token": "secret"}


@pytest.fixture
def path(project: Any) -> str:
    """The path of the project's clusters."""
    return f"projects/{project['id']}/clusters"


@pytest.fixture
def cluster(root: Callable[..., Any], path: str, clusters_on: None) -> Any:
    """A cluster with all attributes."""
    del clusters_on
    given = {
        "name": "c",
        "domain": "apps.example.com",
        "environment_scope": " staging/* ",
        "namespace_per_environment": False,
        "platform_kubernetes_attributes": {**PLATFORM, "namespace": "Apps"},
    }
    made = root("POST", f"{path}/user", given)
    assert made.status_code == 201
    return made.json()


def test_the_feature_is_disabled_by_default(
    root: Callable[..., Any], as_role: Callable[..., Any], path: str
) -> None:
    """Every request gets 404, before parameters and roles but after the project."""
    for response in (root("GET", path), root("POST", f"{path}/user", {}), as_role(10)("GET", path)):
        assert (response.status_code, response.json()) == (404, {"message": "404 Not Found"})
    assert root("POST", "projects/99/clusters/user", {}).json() == {
        "message": "404 Project Not Found"
    }


@pytest.mark.usefixtures("clusters_on")
def test_a_certificate_is_read_line_by_line(root: Callable[..., Any], path: str) -> None:
    """As in OpenSSL: blanks do not end a line, and text before it is ignored."""
    pem = make_pair("k8s.example.com").certificate
    for text, status in ((" ".join(pem.splitlines()), 400), (f"subject=CN = k8s\n{pem}", 201)):
        given = {"name": "c", "platform_kubernetes_attributes": {**PLATFORM, "ca_cert": text}}
        assert root("POST", f"{path}/user", given).status_code == status


@pytest.mark.usefixtures("clusters_on")
@pytest.mark.parametrize(
    ("given", "response"),
    [
        (
            {},
            {
                "error": "name is missing, platform_kubernetes_attributes is missing, "
                "platform_kubernetes_attributes[api_url] is missing, "
                "platform_kubernetes_attributes[token] is missing"
            },
        ),
        (
            {"name": "c", "platform_kubernetes_attributes": {"api_url": " ", "token": "t"}},
            {"error": "platform_kubernetes_attributes[api_url] is empty"},
        ),
        (
            {
                "name": "c",
                "platform_kubernetes_attributes": {**PLATFORM, "authorization_type": "no"},
            },
            {
                "error": "platform_kubernetes_attributes[authorization_type] "
                "does not have a valid value"
            },
        ),
        (
            {"name": "", "platform_kubernetes_attributes": {**PLATFORM, "token": " "}},
            {
                "message": {
                    "name": [" has to be present"],
                    "platform_kubernetes.token": ["can't be blank"],
                }
            },
        ),
        (
            {
                "name": "c",
                "management_project_id": 99,
                "platform_kubernetes_attributes": {
                    "api_url": "https://127.0.0.1",
                    "token": "t",
                    "ca_cert": "no",
                    "namespace": "gitlab-managed-apps",
                },
            },
            {
                "message": {
                    "platform_kubernetes.api_url": [
                        "is blocked: Requests to localhost are not allowed"
                    ],
                    "platform_kubernetes.ca_cert": ["must be a valid PEM certificate"],
                    "platform_kubernetes.namespace": ["is reserved"],
                    "management_project_id": [
                        "Project does not exist or you don't have permission to perform this action"
                    ],
                }
            },
        ),
    ],
)
def test_an_invalid_cluster_is_rejected(
    root: Callable[..., Any], path: str, given: Any, response: Any
) -> None:
    """Parameter errors are one text, validation errors are by field."""
    rejected = root("POST", f"{path}/user", given)
    assert (rejected.status_code, rejected.json()) == (400, response)


def test_values_are_normalized(cluster: Any) -> None:
    """The scope is trimmed, the namespace lowercased, the type fixed, the token never returned."""
    assert cluster["environment_scope"] == "staging/*"
    assert cluster["platform_kubernetes"] == {
        "api_url": "https://k8s.example.com",
        "namespace": "apps",
        "authorization_type": "rbac",
        "ca_cert": None,
    }
    assert (cluster["provider_type"], cluster["cluster_type"]) == ("user", "project_type")


def test_a_scope_is_unique(root: Callable[..., Any], path: str, cluster: Any) -> None:
    """A second cluster with the same scope is rejected."""
    given = {"name": "d", "platform_kubernetes_attributes": PLATFORM}
    same = {**given, "environment_scope": cluster["environment_scope"]}
    rejected = root("POST", f"{path}/user", same)
    assert rejected.json() == {
        "message": {"environment_scope": ["cannot add duplicated environment scope"]}
    }
    assert root("POST", f"{path}/user", given).status_code == 201


def test_an_update_resets_namespace_per_environment_only(
    root: Callable[..., Any], path: str, cluster: Any
) -> None:
    """If absent it becomes true; all other absent attributes stay."""
    changed = root("PUT", f"{path}/{cluster['id']}", {"name": "renamed", "api_url": "https://no"})
    assert changed.status_code == 200
    assert changed.json() == {**cluster, "name": "renamed", "namespace_per_environment": True}
    cleared = root("PUT", f"{path}/{cluster['id']}", {"domain": None}).json()
    assert cleared["domain"] is None
    blank = {"platform_kubernetes_attributes": {"token": "", "api_url": "https://other.example"}}
    moved = root("PUT", f"{path}/{cluster['id']}", blank)
    assert moved.json()["platform_kubernetes"]["api_url"] == "https://other.example"


def test_a_rejected_update_changes_nothing(
    root: Callable[..., Any], path: str, cluster: Any
) -> None:
    """A valid value next to an invalid one is not stored."""
    bad = {"name": "new", "platform_kubernetes_attributes": {"namespace": "no_underscore"}}
    rejected = root("PUT", f"{path}/{cluster['id']}", bad)
    assert rejected.status_code == 400
    assert "platform_kubernetes.namespace" in rejected.json()["message"]
    assert root("GET", f"{path}/{cluster['id']}").json() == cluster


def test_roles(as_role: Callable[..., Any], path: str, cluster: Any) -> None:
    """Developers read, Maintainers write; a missing cluster is reported before the role."""
    developer, maintainer, reporter = as_role(30), as_role(40), as_role(20)
    member = f"{path}/{cluster['id']}"
    assert reporter("GET", path).status_code == 403
    assert developer("GET", path).status_code == 200
    assert developer("DELETE", member).status_code == 403
    assert developer("DELETE", f"{path}/999").json() == {"message": "404 Not found"}
    assert maintainer("DELETE", member).status_code == 204


@pytest.mark.usefixtures("clusters_on")
def test_absent_attributes_have_defaults(root: Callable[..., Any], path: str) -> None:
    """GitLab's defaults; an explicit null is the default too, and the token is never returned."""
    given = {"name": "c", "platform_kubernetes_attributes": PLATFORM}
    made = root("POST", f"{path}/user", {**given, "enabled": None, "managed": None}).json()
    expected = {
        "domain": None,
        "enabled": True,
        "managed": True,
        "provider_type": "user",
        "platform_type": "kubernetes",
        "cluster_type": "project_type",
        "environment_scope": "*",
        "namespace_per_environment": True,
        "provider_gcp": None,
        "management_project": None,
    }
    assert made.items() >= expected.items()
    assert made["user"]["username"] == "root"
    assert made["platform_kubernetes"] == {
        "api_url": PLATFORM["api_url"],
        "namespace": None,
        "authorization_type": "rbac",
        "ca_cert": None,
    }
    again = root("POST", f"{path}/user", given)
    text = "cannot add duplicated environment scope"
    assert again.json() == {"message": {"environment_scope": [text]}}


@pytest.mark.usefixtures("clusters_on")
def test_valid_values(root: Callable[..., Any], simulator: Any, path: str) -> None:
    """All three authorization types, numeric domains, scopes with all characters, no domain."""
    accepted: list[dict[str, Any]] = [
        {"platform_kubernetes_attributes": {**PLATFORM, "authorization_type": each}}
        for each in ("abac", "unknown_authorization")
    ]
    accepted += [
        {"domain": "1.2.3.4"},
        {"domain": ""},
        {"name": "n" * 300},
        {"environment_scope": "aZ0-_/${}.* x"},
    ]
    for number, changes in enumerate(accepted):
        given = {
            "name": "c",
            "environment_scope": str(number),
            "platform_kubernetes_attributes": PLATFORM,
            **changes,
        }
        response = root("POST", f"{path}/user", given)
        assert response.status_code == 201, response.text
    local = {**PLATFORM, "api_url": "https://10.0.0.1"}
    given = {"name": "c", "environment_scope": "l", "platform_kubernetes_attributes": local}
    assert root("POST", f"{path}/user", given).status_code == 400
    simulator.api(
        "PUT", "application/settings", allow_local_requests_from_web_hooks_and_services=True
    )
    assert root("POST", f"{path}/user", given).status_code == 201


def test_an_update_keeps_authorization_and_token(
    root: Callable[..., Any], path: str, cluster: Any
) -> None:
    """The first is not a parameter; the second stays if it is blank."""
    platform = {"authorization_type": "abac", "token": " "}
    changed = root("PUT", f"{path}/{cluster['id']}", {"platform_kubernetes_attributes": platform})
    assert changed.json()["platform_kubernetes"] == cluster["platform_kubernetes"]
    blank = {"platform_kubernetes_attributes": {"api_url": ""}}
    rejected = root("PUT", f"{path}/{cluster['id']}", blank)
    texts = ["must be a valid URL", "can't be blank"]
    assert rejected.json() == {"message": {"platform_kubernetes.api_url": texts}}


def test_a_management_project_must_be_in_the_same_group(
    root: Callable[..., Any], as_role: Callable[..., Any], project: Any, path: str, cluster: Any
) -> None:
    """Its Maintainers can set it, for one cluster per scope; null clears it."""
    group = project["namespace"]["id"]
    near = root("POST", "projects", {"name": "near", "namespace_id": group}).json()["id"]
    second = root("POST", "projects", {"name": "second", "namespace_id": group}).json()["id"]
    far = root("POST", "projects", {"name": "far"}).json()["id"]
    sub = root("POST", "groups", {"name": "s", "path": "s", "parent_id": group}).json()["id"]
    below = root("POST", "projects", {"name": "below", "namespace_id": sub}).json()["id"]
    member = f"{path}/{cluster['id']}"
    text = "Project does not exist or you don't have permission to perform this action"
    error = {"message": {"management_project_id": [text]}}
    for wrong in (far, below, 99):
        assert root("PUT", member, {"management_project_id": wrong}).json() == error
    assert as_role(40)("PUT", member, {"management_project_id": near}).json() == error
    taken = root("PUT", member, {"management_project_id": near}).json()
    assert taken["management_project"]["id"] == near
    given = {"name": "d", "platform_kubernetes_attributes": PLATFORM}
    same = {**given, "management_project_id": near, "environment_scope": "staging/*"}
    rejected = root("POST", f"projects/{second}/clusters/user", same)
    duplicated = {"environment_scope": ["cannot add duplicated environment scope"]}
    assert rejected.json() == {"message": duplicated}
    assert root("PUT", member, {"management_project_id": None}).json()["management_project"] is None
    assert root("POST", f"projects/{second}/clusters/user", same).status_code == 201
