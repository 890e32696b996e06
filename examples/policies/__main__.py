"""A stack that GitLab accepts and the policy pack rejects."""

import pulumi

from pulumi_gitlab_kubernetes import (
    ClusterAgent,
    ClusterAgentToken,
    ProjectCluster,
    ProjectEnvironment,
)

config = pulumi.Config()
project = config.require("project")

agent = ClusterAgent("production", project=project, name="production")
ClusterAgentToken("helm", project=project, agent_id=agent.agent_id, name="helm")
ProjectEnvironment(
    "shop",
    project=project,
    name="production",
    external_url="http://shop.example.com",
    cluster_agent_id=agent.agent_id,
    kubernetes_namespace="default",
)
ProjectCluster(
    "legacy",
    project=project,
    name="legacy",
    kubernetes_api_url="https://kubernetes.example.com",
    kubernetes_authorization_type="abac",
    kubernetes_token=config.require_secret("clusterToken"),
)
