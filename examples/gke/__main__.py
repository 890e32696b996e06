"""Create a GKE cluster, install GitLab's agent in it, and deploy to it from an environment."""

import json

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from pulumi_gitlab_kubernetes import GitLabAgent, ProjectEnvironment

config = pulumi.Config()
project = config.require("project")
domain = config.get("domain") or "example.com"
location = config.get("location") or "europe-west3"


def kubeconfig(name: str, endpoint: str, ca_certificate: str) -> str:
    """Return a kubeconfig for the user who is logged in to Google Cloud."""
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "gke-gcloud-auth-plugin",
            "provideClusterInfo": True,
        }
    }
    cluster = {"server": f"https://{endpoint}", "certificate-authority-data": ca_certificate}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
            "users": [{"name": name, "user": user}],
        }
    )


versions = gcp.container.get_engine_versions_output(location=location)
cluster = gcp.container.Cluster(
    "production",
    location=location,
    initial_node_count=1,
    min_master_version=versions.latest_master_version,
    deletion_protection=False,
)
in_cluster = kubernetes.Provider(
    "production",
    kubeconfig=pulumi.Output.all(
        cluster.name, cluster.endpoint, cluster.master_auth.cluster_ca_certificate
    ).apply(lambda parts: kubeconfig(*parts)),
)

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
