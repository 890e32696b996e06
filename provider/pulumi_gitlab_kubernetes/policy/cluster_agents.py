"""Rules for agents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_gitlab_kubernetes.policy.kinds import (
    ClusterAgent,
    ClusterAgentToken,
    ClusterAgentUrlConfiguration,
    ProjectEnvironment,
)
from pulumi_gitlab_kubernetes.policy.rule import Parameter, Rule, Scope
from pulumi_gitlab_kubernetes.policy.stack import Stack
from pulumi_gitlab_kubernetes.text import counted

_INSTALL = "https://docs.gitlab.com/user/clusters/agent/install/"


def _count(agent: ClusterAgent, stack: Stack, maximum: int) -> Iterator[str]:
    if len(stack.of(ClusterAgent)) <= maximum:
        return
    agents = stack.group(ClusterAgent, stack.project)[stack.project(agent)]
    if len(agents) > maximum and agent is agents[0]:
        yield f"its project has {counted(len(agents), 'agent')}, and the limit is {maximum:g}"


def _name(agent: ClusterAgent, pattern: str) -> Iterator[str]:
    if not re.search(pattern, agent.name):
        yield "`name` does not match `pattern`"


def _token(agent: ClusterAgent, stack: Stack) -> Iterator[str]:
    # GitLab connects to a receptive agent, so the agent needs no token.
    for kind in (ClusterAgentToken, ClusterAgentUrlConfiguration):
        if stack.group(kind, stack.agent_key).known(stack.agent_key(agent)):
            return
    yield "no token or URL configuration of this agent was found"


def _environment(agent: ClusterAgent, stack: Stack) -> Iterator[str]:
    if not stack.group(ProjectEnvironment, stack.agent_key).known(stack.agent_key(agent)):
        yield "no environment with this agent was found"


RULES = (
    Rule(
        name="agent-count",
        kind=ClusterAgent,
        scope=Scope.STACK,
        description="The number of agents in a project is limited.",
        remediation="Delete unused agents, or raise `maximum`.",
        docs="https://docs.gitlab.com/user/clusters/agent/",
        check=_count,
        parameters=(
            Parameter(
                name="maximum",
                values={"type": "integer", "minimum": 0},
                default=10,
                doc="Maximum number of agents in a project.",
            ),
        ),
    ),
    Rule(
        name="agent-name",
        kind=ClusterAgent,
        description="Agent names match a pattern.",
        remediation="Use a name that matches `pattern`. This replaces the agent.",
        docs=_INSTALL,
        check=_name,
        parameters=(
            Parameter(
                name="pattern",
                values={"type": "string", "format": "regex"},
                default="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                doc="Regular expression that agent names must match, anywhere in the name.",
            ),
        ),
    ),
    Rule(
        name="agent-token",
        kind=ClusterAgent,
        scope=Scope.STACK,
        description="An agent has a token or a URL configuration.",
        remediation="Add a ClusterAgentToken with the `agent_id` of this agent.",
        docs=_INSTALL,
        check=_token,
    ),
    Rule(
        name="agent-environment",
        kind=ClusterAgent,
        scope=Scope.STACK,
        description="An agent is used by an environment.",
        remediation="Set `cluster_agent_id` of a ProjectEnvironment to this agent.",
        docs="https://docs.gitlab.com/ci/environments/kubernetes_dashboard/",
        check=_environment,
    ),
)
