"""Project clusters: the certificate-based integration, disabled without its feature flag.

Follows https://docs.gitlab.com/api/project_clusters/, and GitLab's source where the two differ.
"""

from __future__ import annotations

import re
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, entities, errors
from pulumi_gitlab_kubernetes.testing.simulator.addresses import NOT_A_URL, url_errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.instance import feature_enabled, setting
from pulumi_gitlab_kubernetes.testing.simulator.lookups import (
    check_unmodified_since,
    find_project,
    find_record,
)
from pulumi_gitlab_kubernetes.testing.simulator.openssl import is_certificate
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, digest
from pulumi_gitlab_kubernetes.testing.simulator.validation import (
    BLANK,
    NOT_A_CERTIFICATE,
    blank,
    kubernetes_namespace,
    stripped,
)

FEATURE_FLAG = "certificate_based_clusters"
AUTHORIZATION_TYPES = ("unknown_authorization", "rbac", "abac")
_RESERVED_NAMESPACE = "gitlab-managed-apps"
_SCOPE = re.compile(r"[a-zA-Z0-9_/${}. *-]+")
_DOMAIN_LABEL = re.compile(r"[a-z0-9-]{1,63}", re.IGNORECASE)
_MAX_DOMAIN = 255

NAME_MISSING = " has to be present"
SCOPE_CHARACTERS = (
    "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces"
)
SCOPE_DUPLICATED = "cannot add duplicated environment scope"
DOMAIN_INVALID = "is not a fully qualified domain name"  # the text is inferred
MANAGEMENT_PROJECT = "Project does not exist or you don't have permission to perform this action"
PROVIDER_MANAGED = "Cannot modify managed Kubernetes cluster"


def _gate(call: Call) -> None:
    find_project(call)
    if not feature_enabled(call.store, FEATURE_FLAG):
        raise errors.not_found()


routes = Family(
    "https://docs.gitlab.com/api/project_clusters/",
    before=(_gate,),
    gate=f"feature flag `{FEATURE_FLAG}`",
    role=Role.MAINTAINER,
)

_COLLECTION = "/projects/{id}/clusters"
_MEMBER = "/projects/{id}/clusters/{cluster_id:int}"


def _cluster(call: Call, row: Row, *, details: bool = True) -> dict[str, Any]:
    store = call.store
    user = row["user_id"] and store.fetch("users", row["user_id"])
    management = row["management_project_id"] and store.fetch(
        "projects", row["management_project_id"]
    )
    entity = {
        "id": row["id"],
        "name": row["name"],
        "created_at": row["created_at"],
        "domain": row["domain"],
        "enabled": bool(row["enabled"]),
        "managed": bool(row["managed"]),
        "provider_type": row["provider_type"],
        "platform_type": "kubernetes",
        "environment_scope": row["environment_scope"],
        "cluster_type": "project_type",
        "namespace_per_environment": bool(row["namespace_per_environment"]),
        "user": user and entities.user_basic(call, user),
        "platform_kubernetes": {
            "api_url": row["api_url"],
            "namespace": row["namespace"],
            "authorization_type": row["authorization_type"],
            "ca_cert": row["ca_cert"],
        },
        "provider_gcp": None,
        "management_project": management and entities.project_identity(call, management),
    }
    if details:
        project = store.fetch("projects", row["project_id"])
        entity["project"] = entities.basic_project_details(call, project)
    return entity


@routes.get(_COLLECTION, *PAGE_PARAMS, role=Role.DEVELOPER, errors=(400, 403, 404))
def _list(call: Call) -> Any:
    project = find_project(call)
    auth.require(call, project, Role.DEVELOPER, "infrastructure", "repository")
    return paginate(
        call,
        "SELECT * FROM clusters WHERE project_id = ? ORDER BY id",
        (project["id"],),
        lambda row: _cluster(call, row, details=False),
    )


@routes.get(_MEMBER, role=Role.DEVELOPER, errors=(400, 403, 404))
def _show(call: Call) -> Any:
    return _cluster(call, _find(call, Role.DEVELOPER))


def _find(call: Call, role: Role) -> Row:
    """Return the cluster; unlike other endpoints, GitLab finds it before it checks the role."""
    project = find_project(call)
    row = find_record(call, "clusters", call.params["cluster_id"], project_id=project["id"])
    auth.require(call, project, role, "infrastructure", "repository")
    return row


_COMMON = (
    Param("enabled", bool),
    Param("managed", bool),
    Param("domain"),
    Param("environment_scope"),
    Param("namespace_per_environment", bool, default=True),
    Param("management_project_id", int),
)


@routes.post(
    f"{_COLLECTION}/user",
    Param("name", required=True),
    *_COMMON,
    Param(
        "platform_kubernetes_attributes",
        dict,
        required=True,
        fields=(
            Param("api_url", required=True, allow_blank=False),
            Param("token", required=True),
            Param("ca_cert"),
            Param("namespace"),
            Param("authorization_type", default="rbac", values=AUTHORIZATION_TYPES),
        ),
    ),
    errors=(400, 403, 404),
)
def _create(call: Call) -> Any:
    project, given, store = find_project(call), call.params, call.store
    auth.require(call, project, Role.MAINTAINER, "infrastructure", "repository")
    platform = given["platform_kubernetes_attributes"]
    now = store.timestamp()
    cluster = {
        "project_id": project["id"],
        "user_id": call.caller["id"],
        "provider_type": "user",
        "authorization_type": platform["authorization_type"],
        "created_at": now,
        "updated_at": now,
        "domain": None,
        "ca_cert": None,
        "namespace": None,
        "management_project_id": None,
    }
    cluster |= _columns(given) | _platform_columns(platform)
    # An explicit null sets the column's default; it is inferred that it does not fail.
    for column, default in {"enabled": True, "managed": True, "environment_scope": "*"}.items():
        if cluster.get(column) is None:
            cluster[column] = default
    _validate(call, project, cluster, platform.get("token") or "")
    return _cluster(call, store.insert("clusters", **cluster))


@routes.put(
    _MEMBER,
    Param("name"),
    *_COMMON,
    Param(
        "platform_kubernetes_attributes",
        dict,
        fields=(Param("api_url"), Param("token"), Param("ca_cert"), Param("namespace")),
    ),
    errors=(400, 403, 404),
)
def _update(call: Call) -> Any:
    row, given, store = _find(call, Role.MAINTAINER), call.params, call.store
    project = store.fetch("projects", row["project_id"])
    platform = given.get("platform_kubernetes_attributes") or {}
    if row["provider_type"] != "user":
        _reject_provider_fields(row, given, platform)
    changes = _columns(given) | _platform_columns(platform)
    for column in ("enabled", "managed"):
        if changes.get(column, True) is None:
            del changes[column]
    # A blank token keeps the stored one.
    token = platform.get("token")
    if blank(token):
        changes.pop("token_digest", None)
        token = "kept"  # noqa: S105 (placeholder for the stored token)
    _validate(call, project, {**dict(row), **changes}, str(token))
    return _cluster(
        call, store.update("clusters", row["id"], **changes, updated_at=store.timestamp())
    )


@routes.delete(_MEMBER, errors=(400, 403, 404, 412))
def _delete(call: Call) -> None:
    row = _find(call, Role.MAINTAINER)
    check_unmodified_since(call, row)
    call.store.delete("clusters", row["id"])


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    names = {"name", *(param.name for param in _COMMON)}
    columns = {name: value for name, value in given.items() if name in names}
    if columns.get("environment_scope"):
        columns["environment_scope"] = stripped(columns["environment_scope"])
    return columns


def _platform_columns(platform: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "api_url" in platform:
        columns["api_url"] = platform["api_url"]
    if "namespace" in platform:
        columns["namespace"] = (platform["namespace"] or "").lower() or None
    if "ca_cert" in platform:
        columns["ca_cert"] = platform["ca_cert"] and platform["ca_cert"].strip()
    if "token" in platform:
        columns["token_digest"] = digest((platform["token"] or "").strip())
    return columns


def _reject_provider_fields(row: Row, given: dict[str, Any], platform: dict[str, Any]) -> None:
    found: dict[str, list[str]] = {}
    if given.get("name", row["name"]) != row["name"]:
        found["name"] = [" can not be changed because it's synchronized with provider"]
    if any(
        platform.get(name) not in (None, row[name]) for name in ("api_url", "ca_cert")
    ) or not blank(platform.get("token")):
        found["platform_kubernetes.base"] = [PROVIDER_MANAGED]
    if found:
        raise errors.model_errors(found)


def _validate(call: Call, project: Row, cluster: dict[str, Any], token: str) -> None:
    """Validate a cluster as GitLab's models do."""
    found = {
        "name": [NAME_MISSING] if blank(cluster["name"]) else [],
        "environment_scope": _scope_errors(call, project, cluster),
        "domain": _domain_errors(cluster["domain"]),
        "platform_kubernetes.api_url": _api_url_errors(call, cluster["api_url"]),
        "platform_kubernetes.token": [BLANK] if blank(token) else [],
        "platform_kubernetes.ca_cert": _ca_errors(cluster["ca_cert"]),
        "platform_kubernetes.namespace": _namespace_errors(cluster["namespace"]),
        "management_project_id": _management_errors(call, project, cluster),
    }
    found = {field: texts for field, texts in found.items() if texts}
    if found:
        raise errors.model_errors(found)


def _scope_errors(call: Call, project: Row, cluster: dict[str, Any]) -> list[str]:
    scope = cluster["environment_scope"]
    if blank(scope):
        return [BLANK, SCOPE_CHARACTERS]
    if not _SCOPE.fullmatch(scope):
        return [SCOPE_CHARACTERS]
    other = call.store.one(
        "SELECT 1 FROM clusters WHERE environment_scope = ? AND id != ? "
        "AND (project_id = ? OR management_project_id = ?)",
        scope,
        cluster.get("id", 0),
        project["id"],
        cluster["management_project_id"],
    )
    return [SCOPE_DUPLICATED] if other else []


def _domain_errors(domain: str | None) -> list[str]:
    """Follows https://github.com/KimNorgaard/validates_hostname, numeric labels allowed."""
    if blank(domain):
        return []
    text = str(domain)
    fits = all(
        _DOMAIN_LABEL.fullmatch(label) and label.strip("-") == label for label in text.split(".")
    )
    return [] if fits and len(text) <= _MAX_DOMAIN else [DOMAIN_INVALID]


def _api_url_errors(call: Call, url: str | None) -> list[str]:
    if blank(url):
        return [NOT_A_URL, BLANK]
    local = setting(call.store, "allow_local_requests_from_web_hooks_and_services")
    return url_errors(str(url), ("http", "https"), local=local)


def _ca_errors(ca_cert: str | None) -> list[str]:
    return [] if blank(ca_cert) or is_certificate(str(ca_cert).encode()) else [NOT_A_CERTIFICATE]


def _namespace_errors(namespace: str | None) -> list[str]:
    if namespace == _RESERVED_NAMESPACE:
        return ["is reserved"]
    return [] if blank(namespace) else kubernetes_namespace(str(namespace))


def _management_errors(call: Call, project: Row, cluster: dict[str, Any]) -> list[str]:
    management_id = cluster["management_project_id"]
    if management_id is None:
        return []
    management = call.store.get("projects", management_id)
    allowed = (
        management is not None
        and management["namespace_id"] == project["namespace_id"]
        and auth.has_role(call, management, Role.MAINTAINER)
    )
    return [] if allowed else [MANAGEMENT_PROJECT]
