"""Create a DigitalOcean cluster, install GitLab's agent in it, and deploy from an environment."""

import pulumi
import pulumi_digitalocean as digitalocean
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from pulumi_gitlab_kubernetes import GitLabAgent, ProjectEnvironment

config = pulumi.Config()
project = config.require("project")
domain = config.get("domain") or "example.com"

versions = digitalocean.get_kubernetes_versions_output()
cluster = digitalocean.KubernetesCluster(
    "production",
    region=config.get("region") or "fra1",
    version=versions.latest_version,
    node_pool={"name": "default", "size": "s-2vcpu-4gb", "node_count": 2},
)
in_cluster = kubernetes.Provider("production", kubeconfig=cluster.kube_configs[0].raw_config)

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
