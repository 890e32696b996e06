"""Move a project from a certificate-based cluster to an agent, without a gap for its jobs.

See https://docs.gitlab.com/user/infrastructure/clusters/migrate_to_gitlab_agent/.
"""

import pulumi

from pulumi_gitlab_kubernetes import GitLabAgent, ProjectCluster, ProjectEnvironment

config = pulumi.Config()
project = config.require("project")
step = config.require("step")
if step not in ("adopt", "connect", "move", "remove"):
    raise ValueError(f"step is {step}: set it to adopt, connect, move or remove")

# adopt: the stack takes over the cluster that the project has, and its environment.
if step != "remove":
    ProjectCluster(
        "legacy",
        project=project,
        name=config.require("clusterName"),
        environment_scope=config.get("clusterScope") or "*",
        kubernetes_api_url=config.require("clusterUrl"),
        kubernetes_token=config.require_secret("clusterToken"),
        kubernetes_ca_cert=config.get("clusterCaCert"),
        adopt_existing=True,
    )

# connect: an agent is in the same cluster. Install it with the values that the stack exports, and
# let the jobs use its context.
agent = None
if step != "adopt":
    agent = GitLabAgent("production", project=project, name="production")
    pulumi.export("helm_values", agent.helm_values)

# move: the environment uses the agent. remove: nothing uses the certificate any longer.
moved = step in ("move", "remove")
ProjectEnvironment(
    "production",
    project=project,
    name="production",
    tier="production",
    cluster_agent_id=agent.agent_id if agent and moved else None,
    kubernetes_namespace=(config.get("namespace") or "shop") if moved else None,
    adopt_existing=True,
)
