"""All rules."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_gitlab_kubernetes.policy import (
    agent_configurations,
    agent_tokens,
    agent_url_configurations,
    cluster_agents,
    project_clusters,
    project_environments,
)
from pulumi_gitlab_kubernetes.policy.rule import Rule

RULES: tuple[Rule, ...] = (
    *project_clusters.RULES,
    *cluster_agents.RULES,
    *agent_configurations.RULES,
    *agent_tokens.RULES,
    *agent_url_configurations.RULES,
    *project_environments.RULES,
)
"""Every rule, in the order of the documentation."""

BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}
"""Every rule by its name."""
