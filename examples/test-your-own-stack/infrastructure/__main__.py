"""Register an agent, and put its token into the cluster."""

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_gitlab_kubernetes import ClusterAgent, ClusterAgentToken, ProjectEnvironment

config = pulumi.Config()
project = config.get("project") or "acme/shop"
in_cluster = pulumi.ResourceOptions(
    provider=kubernetes.Provider("cluster", kubeconfig=config.get_secret("kubeconfig"))
)

agent = ClusterAgent("production", project=project, name="production")
token = ClusterAgentToken("helm", project=project, agent_id=agent.agent_id, name="helm")
secret = kubernetes.core.v1.Secret(
    "token",
    metadata={"name": "gitlab-agent-token", "namespace": "gitlab-agent"},
    string_data={"token": token.token},
    opts=in_cluster,
)
ProjectEnvironment(
    "production",
    pulumi.ResourceOptions(depends_on=[secret]),
    project=project,
    name="production",
    cluster_agent_id=agent.agent_id,
    kubernetes_namespace="shop",
)

pulumi.export("agent_id", agent.agent_id)
