"""Give a branch its own environment, which GitLab's agent deploys to a namespace of its own."""

import re

import pulumi

from pulumi_gitlab_kubernetes import ProjectEnvironment

config = pulumi.Config()
branch = config.require("branch")
domain = config.get("domain") or "review.example.com"


def slug(name: str) -> str:
    """Return the name of a branch for host names and namespaces, as CI_COMMIT_REF_SLUG is."""
    return re.sub(r"[^a-z0-9]", "-", name.lower())[:40].strip("-")


environment = ProjectEnvironment(
    "review",
    project=config.require("project"),
    name=f"review/{slug(branch)}",
    tier="development",
    external_url=f"https://{slug(branch)}.{domain}",
    description=f"Review of {branch}",
    auto_stop_setting="with_action",
    cluster_agent_id=config.require_int("agentId"),
    kubernetes_namespace=f"review-{slug(branch)}",
)

pulumi.export("url", environment.external_url)
