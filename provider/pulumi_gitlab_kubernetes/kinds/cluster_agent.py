"""Agents for Kubernetes. See https://docs.gitlab.com/api/cluster_agents/."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.not_found import AGENTS_UNAVAILABLE
from pulumi_gitlab_kubernetes.core.schema import Schema
from pulumi_gitlab_kubernetes.core.shared_fields import (
    ADOPT_EXISTING,
    ADOPTED_AT,
    CONNECTION,
    CREATED_AT,
    CREATED_BY,
    PROJECT,
    SCHEMA_VERSION,
)
from pulumi_gitlab_kubernetes.core.validators import dns_label
from pulumi_gitlab_kubernetes.core.values import Type
from pulumi_gitlab_kubernetes.gitlab.places import AGENTS


class ClusterAgentKind(Kind):
    """The kind of agents for Kubernetes. GitLab cannot change an agent."""

    doc = "An agent for Kubernetes, registered in a project."
    docs_url = "https://docs.gitlab.com/api/cluster_agents/#register-an-agent-with-a-project"
    name = "ClusterAgent"
    published_type = "gitlab:index/clusterAgent:ClusterAgent"
    noun = "agent"
    place = AGENTS
    creator_key = "created_by_user_id"
    ids = ("project_id", "agent_id")
    unavailable = AGENTS_UNAVAILABLE
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="name",
                doc=(
                    "The name of the agent: at most 63 of `a-z`, `0-9` and `-`. It is never "
                    "generated, because it must be the name of the directory "
                    "`.gitlab/agents/<name>/`."
                ),
                required=True,
                request_key="name",
                response_key="name",
                check=dns_label,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            CREATED_AT,
            CREATED_BY,
            Output(
                name="is_receptive",
                optional=True,
                type=Type.BOOLEAN,
                doc="Whether GitLab connects to the agent, instead of the agent to GitLab.",
                response_key="is_receptive",
            ),
            Output(
                name="config_project",
                type=Type.INTEGER,
                doc="The ID of the project with the agent's configuration.",
                response_key="config_project.id",
            ),
            ADOPTED_AT,
            SCHEMA_VERSION,
        ),
    )
