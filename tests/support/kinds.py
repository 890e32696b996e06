"""One resource of each kind, as a program would create it."""

from __future__ import annotations

from typing import Any

from tests.conftest import Project
from tests.support import files
from tests.support.certificates import Pair
from tests.support.native_host import Host
from tests.support.plugin_process import plain

KINDS = (
    "ClusterAgent",
    "ClusterAgentConfiguration",
    "ClusterAgentToken",
    "ClusterAgentUrlConfiguration",
    "ProjectCluster",
    "ProjectEnvironment",
)
UPDATES: dict[str, dict[str, Any]] = {
    "ClusterAgentConfiguration": {
        "ci_access": {"groups": [{"id": "acme", "environments": ["review/*"]}]},
        "additional_settings": {"container_scanning": {"cadence": "0 0 * * *"}},
    },
    "ProjectCluster": {"name": "renamed", "domain": "example.com", "enabled": False},
    "ProjectEnvironment": {"external_url": "https://shop.example.com", "tier": "staging"},
}
"""Changes that GitLab can make without a replacement."""

REPLACEMENTS: dict[str, dict[str, Any]] = {
    "ClusterAgent": {"name": "other"},
    "ClusterAgentConfiguration": {"agent_name": "other"},
    "ClusterAgentToken": {"name": "other"},
    "ClusterAgentUrlConfiguration": {"url": "grpcs://other.example.com"},
    "ProjectCluster": {"kubernetes_authorization_type": "abac"},
    "ProjectEnvironment": {"name": "other"},
}
"""An input of each kind whose change replaces the resource."""

SECRETS: dict[str, set[str]] = {
    "ClusterAgent": set(),
    "ClusterAgentConfiguration": set(),
    "ClusterAgentToken": {"token"},
    "ClusterAgentUrlConfiguration": {"client_key"},
    "ProjectCluster": {"kubernetes_token"},
    "ProjectEnvironment": set(),
}
"""The outputs that must be encrypted in the state."""


def inputs_of(kind: str, project: Project, pair: Pair) -> dict[str, Any]:
    """Return inputs for a new resource, and register an agent if it needs one."""
    given: dict[str, Any] = {"project": project.path}
    if kind in {"ClusterAgentToken", "ClusterAgentUrlConfiguration"}:
        given["agent_id"] = project.agent()
    match kind:
        case "ClusterAgent" | "ClusterAgentToken" | "ProjectEnvironment":
            given["name"] = "prod"
        case "ClusterAgentConfiguration":
            given |= {
                "agent_name": "prod",
                "ci_access": {"projects": [{"id": project.path, "access_as": {"ci_job": {}}}]},
            }
        case "ClusterAgentUrlConfiguration":
            given |= {
                "url": "grpcs://agent.example.com:8443",
                "client_cert": pair.certificate,
                "client_key": pair.key,
                "ca_cert": pair.certificate,
            }
        case "ProjectCluster":
            given |= {
                "name": "prod",
                "kubernetes_api_url": "https://k8s.example.com",
                "kubernetes_token": "k8s-hidden-token",
            }
    return given


def make(
    host: Host, kind: str, project: Project, pair: Pair, **more: Any
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Create a resource and return its ID, outputs and inputs."""
    given = {**inputs_of(kind, project, pair), **more}
    id_, outputs = host.create(kind, given)
    return id_, outputs, given


def collection(kind: str, id_: str) -> tuple[str, str]:
    """Return the path of a resource's collection below its project, and its ID in GitLab."""
    _project, *agent, own = id_.split(":")
    if kind == "ClusterAgentConfiguration":
        folder, file = files.file_of(own).rsplit("/", 1)
        return folder, file
    parent = f"cluster_agents/{agent[0]}/" if agent else ""
    name = {
        "ClusterAgent": "cluster_agents",
        "ClusterAgentToken": "tokens",
        "ClusterAgentUrlConfiguration": "url_configurations",
        "ProjectCluster": "clusters",
        "ProjectEnvironment": "environments",
    }[kind]
    return parent + name, own


def listed(kind: str, project: Project, id_: str) -> list[dict[str, Any]]:
    """Return all resources in the collection of a resource."""
    if kind == "ClusterAgentConfiguration":
        return files.listed(project.api)
    found: list[dict[str, Any]] = project.api("GET", collection(kind, id_)[0])
    return found


def remove(kind: str, project: Project, id_: str) -> None:
    """Delete a resource without Pulumi."""
    path, own = collection(kind, id_)
    if kind == "ClusterAgentConfiguration":
        files.delete(project.api, id_.rsplit(":", maxsplit=1)[-1])
        return
    if kind == "ProjectEnvironment" and (
        project.api("GET", f"{path}/{own}")["state"] == "available"
    ):
        project.api("POST", f"{path}/{own}/stop")
    project.api("DELETE", f"{path}/{own}")


def created_at(kind: str, id_: str) -> str:
    """Return the path below its project where a create of this resource is sent to."""
    path, own = collection(kind, id_)
    if kind == "ClusterAgentConfiguration":
        return f"{path}/{own}"
    return f"{path}/user" if kind == "ProjectCluster" else path


def marked(values: dict[str, Any]) -> set[str]:
    """Return the names of the secret values."""
    return {name for name, value in values.items() if value != plain(value)}
