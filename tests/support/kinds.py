"""One resource of each kind, as a program would create it."""

from __future__ import annotations

from typing import Any

from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.native_host import Host
from tests.support.plugin_process import plain

KINDS = (
    "ClusterAgent",
    "ClusterAgentToken",
    "ClusterAgentUrlConfiguration",
    "ProjectCluster",
    "ProjectEnvironment",
)
UPDATES: dict[str, dict[str, Any]] = {
    "ProjectCluster": {"name": "renamed", "domain": "example.com", "enabled": False},
    "ProjectEnvironment": {"external_url": "https://shop.example.com", "tier": "staging"},
}
"""Changes that GitLab can make without a replacement."""

REPLACEMENTS: dict[str, dict[str, Any]] = {
    "ClusterAgent": {"name": "other"},
    "ClusterAgentToken": {"name": "other"},
    "ClusterAgentUrlConfiguration": {"url": "grpcs://other.example.com"},
    "ProjectCluster": {"kubernetes_authorization_type": "abac"},
    "ProjectEnvironment": {"name": "other"},
}
"""An input of each kind whose change replaces the resource."""

SECRETS: dict[str, set[str]] = {
    "ClusterAgent": set(),
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
    parent = f"cluster_agents/{agent[0]}/" if agent else ""
    name = {
        "ClusterAgent": "cluster_agents",
        "ClusterAgentToken": "tokens",
        "ClusterAgentUrlConfiguration": "url_configurations",
        "ProjectCluster": "clusters",
        "ProjectEnvironment": "environments",
    }[kind]
    return parent + name, own


def marked(values: dict[str, Any]) -> set[str]:
    """Return the names of the secret values."""
    return {name for name, value in values.items() if value != plain(value)}
