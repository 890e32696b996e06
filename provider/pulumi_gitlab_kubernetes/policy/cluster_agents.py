"""Rules for agents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .rule import Parameter, Rule, Scope
from .stack import Stack
from .things import (
    ClusterAgent,
    ClusterAgentToken,
    ClusterAgentUrlConfiguration,
    ProjectEnvironment,
)
from .words import counted

_INSTALL = "https://docs.gitlab.com/user/clusters/agent/install/"


def _count(agent: ClusterAgent, stack: Stack, maximum: int) -> Iterator[str]:
    if len(stack.of(ClusterAgent)) <= maximum:
        return
    agents = stack.group(ClusterAgent, stack.project)[stack.project(agent)]
    if len(agents) > maximum and agent is agents[0]:
        yield f"its project has {counted(len(agents), 'agent')}, and the limit is {maximum:g}"


def _name(agent: ClusterAgent, pattern: str) -> Iterator[str]:
    if not re.search(pattern, agent.name):
        yield "`name` does not match the pattern for names of agents"


def _token(agent: ClusterAgent, stack: Stack) -> Iterator[str]:
    # GitLab connects to a receptive agent, which needs no token for that.
    for kind in (ClusterAgentToken, ClusterAgentUrlConfiguration):
        if stack.group(kind, stack.agent_key).any(stack.agent_key(agent)):
            return
    yield "neither a token nor a URL configuration of this agent is here"


def _environment(agent: ClusterAgent, stack: Stack) -> Iterator[str]:
    if not stack.group(ProjectEnvironment, stack.agent_key).any(stack.agent_key(agent)):
        yield "no environment with this agent is here"


RULES = (
    Rule(
        name="agent-count",
        kind=ClusterAgent,
        scope=Scope.STACK,
        holds="A project has no more agents than it may.",
        mend="Delete those without a cluster, or raise `maximum`.",
        docs="https://docs.gitlab.com/user/clusters/agent/",
        check=_count,
        parameters=(
            Parameter(
                name="maximum",
                schema={"type": "integer", "minimum": 0},
                default=10,
                doc="How many agents a project may have.",
            ),
        ),
    ),
    Rule(
        name="agent-name",
        kind=ClusterAgent,
        holds="Agents are named as agreed.",
        mend="Choose a name that matches `pattern`; this replaces the agent.",
        docs=_INSTALL,
        check=_name,
        parameters=(
            Parameter(
                name="pattern",
                schema={"type": "string", "format": "regex"},
                default="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                doc="Regular expression that names must match; it is found anywhere in them.",
            ),
        ),
    ),
    Rule(
        name="agent-token",
        kind=ClusterAgent,
        scope=Scope.STACK,
        holds="An agent has a token to connect with, or a URL at which GitLab does.",
        mend="Add a ClusterAgentToken with its `agent_id`.",
        docs=_INSTALL,
        check=_token,
    ),
    Rule(
        name="agent-environment",
        kind=ClusterAgent,
        scope=Scope.STACK,
        holds="An agent serves an environment.",
        mend="Set `cluster_agent_id` of a ProjectEnvironment to it.",
        docs="https://docs.gitlab.com/ci/environments/kubernetes_dashboard/",
        check=_environment,
    ),
)
