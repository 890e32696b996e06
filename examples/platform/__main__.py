"""Manage one project's agents, agent token, environments and, if enabled, a cluster."""

import pulumi
from client_certificate import client_certificate

from pulumi_gitlab_kubernetes import (
    ClusterAgent,
    ClusterAgentUrlConfiguration,
    GitLabAgent,
    ProjectCluster,
)

config = pulumi.Config()
project = config.require("project")
domain = config.get("domain") or "example.com"

# The agent in the production cluster, with its token and its environments. Its configuration is in
# the project's directory `.gitlab/agents/production/`.
#
# To install it with pulumi_kubernetes:
#   kubernetes.helm.v3.Release("gitlab-agent", chart="gitlab-agent", values=agent.helm_values,
#       repository_opts={"repo": "https://charts.gitlab.io"}, namespace="gitlab-agent")
agent = GitLabAgent(
    "production",
    project=project,
    name="production",
    kas_address=config.get("kasAddress"),
    token_name="helm",
    token_description="Used by the Helm release gitlab-agent in the production cluster",
    rotation_triggers={"rotation": config.get("tokenRotation") or "1"},
    environments={
        "production": {
            "tier": "production",
            "external_url": f"https://{domain}",
            "description": "What customers see",
            "kubernetes_namespace": "shop-production",
            "flux_resource_path": (
                "kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/shop"
            ),
        },
        "review/main": {
            "tier": "development",
            "external_url": f"https://main.review.{domain}",
            "auto_stop_setting": "with_action",
            "kubernetes_namespace": "shop-review-main",
            "flux_resource_path": (
                "helm.toolkit.fluxcd.io/v2/namespaces/shop-review-main/helmreleases/shop"
            ),
        },
    },
)

# A certificate-based cluster. GitLab has deprecated these, and most instances turn them off.
if config.get_bool("certificateCluster"):
    legacy = ProjectCluster(
        "legacy",
        project=project,
        name="legacy",
        kubernetes_api_url=config.require("clusterUrl"),
        kubernetes_token=config.require_secret("clusterToken"),
        kubernetes_ca_cert=config.get("clusterCaCert"),
        environment_scope="legacy/*",
        managed=False,
    )
    pulumi.export("legacy_cluster_id", legacy.cluster_id)

# A receptive agent: GitLab connects to the cluster, not the cluster to GitLab. Ultimate only.
if config.get_bool("receptiveAgent"):
    edge = ClusterAgent("edge", project=project, name="edge")
    pair = config.require_secret("clientKeySeed").apply(client_certificate)
    ClusterAgentUrlConfiguration(
        "edge",
        project=project,
        agent_id=edge.agent_id,
        url=f"grpcs://agent.edge.{domain}:443",
        client_cert=pulumi.Output.unsecret(pair.apply(lambda files: files.certificate)),
        client_key=pair.apply(lambda files: files.key),
        tls_host=f"agent.edge.{domain}",
    )
    pulumi.export("edge_agent_id", edge.agent_id)

pulumi.export("agent_id", agent.agent_id)
pulumi.export("helm_values", agent.helm_values)
pulumi.export(
    "environments", {name: each.external_url for name, each in agent.environments.items()}
)
