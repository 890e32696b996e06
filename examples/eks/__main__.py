"""Create an EKS cluster, install GitLab's agent in it, and deploy to it from an environment."""

import pulumi
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from pulumi_gitlab_kubernetes import GitLabAgent, ProjectEnvironment

config = pulumi.Config()
project = config.require("project")
domain = config.get("domain") or "example.com"

cluster = eks.Cluster(
    "production",
    instance_type="t3.medium",
    desired_capacity=2,
    min_size=2,
    max_size=4,
)
in_cluster = kubernetes.Provider("production", kubeconfig=cluster.kubeconfig_json)

agent = GitLabAgent(
    "production",
    project=project,
    name="production",
    rotation_triggers={"rotation": config.get("tokenRotation") or "1"},
)
release = kubernetes.helm.v3.Release(
    "gitlab-agent",
    name="gitlab-agent",
    chart="gitlab-agent",
    repository_opts={"repo": "https://charts.gitlab.io"},
    namespace="gitlab-agent",
    create_namespace=True,
    values=agent.helm_values,
    opts=ResourceOptions(provider=in_cluster),
)

# It depends on the release, so that its on-stop job can still use the cluster in a destroy.
ProjectEnvironment(
    "production",
    ResourceOptions(depends_on=[release]),
    project=project,
    name="production",
    tier="production",
    external_url=f"https://shop.{domain}",
    cluster_agent_id=agent.agent_id,
    kubernetes_namespace="shop",
)

pulumi.export("agent_id", agent.agent_id)
