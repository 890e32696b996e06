"""Create an AKS cluster, install GitLab's agent in it, and deploy to it from an environment."""

import base64

import pulumi
import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from pulumi_gitlab_kubernetes import GitLabAgent, ProjectEnvironment

config = pulumi.Config()
project = config.require("project")
domain = config.get("domain") or "example.com"

group = azure.resources.ResourceGroup("production")
cluster = azure.containerservice.ManagedCluster(
    "production",
    resource_group_name=group.name,
    dns_prefix="production",
    identity={"type": "SystemAssigned"},
    agent_pool_profiles=[
        {"name": "default", "mode": "System", "count": 2, "vm_size": "Standard_D2s_v5"}
    ],
)
credentials = azure.containerservice.list_managed_cluster_user_credentials_output(
    resource_group_name=group.name, resource_name=cluster.name
)
# It is not a secret for Azure's package, though it has a client certificate and a token.
kubeconfig = pulumi.Output.secret(credentials.kubeconfigs[0].value).apply(
    lambda value: base64.b64decode(value).decode()
)
in_cluster = kubernetes.Provider("production", kubeconfig=kubeconfig)

agent = GitLabAgent("production", project=project, name="production")
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

pulumi.export("cluster", cluster.name)
pulumi.export("agent_id", agent.agent_id)
