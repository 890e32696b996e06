"""Install GitLab's agent in any cluster. Its token is a Secret of its own in the cluster."""

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from pulumi_gitlab_kubernetes import GitLabAgent, ProjectEnvironment

NAMESPACE = "gitlab-agent"

config = pulumi.Config()
project = config.require("project")
in_cluster = kubernetes.Provider("cluster", kubeconfig=config.require_secret("kubeconfig"))
of_cluster = ResourceOptions(provider=in_cluster)

agent = GitLabAgent(
    "production",
    project=project,
    name="production",
    secret_name="gitlab-agent-token",
    namespace=NAMESPACE,
    rotation_triggers={"rotation": config.get("tokenRotation") or "1"},
)
namespace = kubernetes.core.v1.Namespace(
    "gitlab-agent", metadata={"name": NAMESPACE}, opts=of_cluster
)
secret = kubernetes.core.v1.Secret(
    "gitlab-agent-token",
    metadata=agent.secret_manifest["metadata"],
    string_data=agent.secret_manifest["stringData"],
    opts=ResourceOptions(provider=in_cluster, depends_on=[namespace]),
)
# A rotation changes the pods' annotation, and so restarts the agent with the new token.
release = kubernetes.helm.v3.Release(
    "gitlab-agent",
    name="gitlab-agent",
    chart="gitlab-agent",
    repository_opts={"repo": "https://charts.gitlab.io"},
    namespace=NAMESPACE,
    values=agent.helm_values,
    opts=ResourceOptions(provider=in_cluster, depends_on=[secret]),
)

ProjectEnvironment(
    "production",
    ResourceOptions(depends_on=[release]),
    project=project,
    name="production",
    tier="production",
    cluster_agent_id=agent.agent_id,
    kubernetes_namespace="shop",
)

pulumi.export("agent_id", agent.agent_id)
