"""A stack that Pulumi's GitLab package managed; only the import has changed.

It was `from pulumi_gitlab import ClusterAgent, ClusterAgentToken, ProjectEnvironment`.
"""

import pulumi

from pulumi_gitlab_kubernetes.native import ClusterAgent, ClusterAgentToken, ProjectEnvironment

config = pulumi.Config()
project = config.require("project")

agent = ClusterAgent("agent", project=project, name="prod")
token = ClusterAgentToken(
    "token",
    project=project,
    agent_id=agent.agent_id,
    name="ci",
    description="For CI",
)
ProjectEnvironment(
    "environment",
    project=project,
    name="production",
    external_url=config.get("url") or "https://shop.example.com",
    cluster_agent_id=agent.agent_id,
)

pulumi.export("token", token.token)
