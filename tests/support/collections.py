"""GitLab's collections, as the provider requests them."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.registry import kind_for


def agents_of(client: Client, project_id: int) -> Collection:
    """Return a project's agents."""
    return kind_for("ClusterAgent").collection(client, (project_id,))


def clusters_of(client: Client, project_id: int) -> Collection:
    """Return a project's certificate-based clusters."""
    return kind_for("ProjectCluster").collection(client, (project_id,))


def environments_of(client: Client, project_id: int) -> Collection:
    """Return a project's environments."""
    return kind_for("ProjectEnvironment").collection(client, (project_id,))


def tokens_of(client: Client, project_id: int, agent_id: int) -> Collection:
    """Return an agent's tokens."""
    return kind_for("ClusterAgentToken").collection(client, (project_id, agent_id))


def url_configurations_of(client: Client, project_id: int, agent_id: int) -> Collection:
    """Return an agent's URL configurations."""
    return kind_for("ClusterAgentUrlConfiguration").collection(client, (project_id, agent_id))
