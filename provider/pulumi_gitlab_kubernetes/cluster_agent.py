"""Agents for Kubernetes. See https://docs.gitlab.com/api/cluster_agents/."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from ._dynamic import Resource
from ._fields import Field, Output, Schema, Type, Values
from ._provider import Provider
from ._rules import dns_label
from ._shared_fields import ADOPT_EXISTING, CONNECTION, CREATED_AT, CREATED_BY, PROJECT

if TYPE_CHECKING:
    from ._connection import Client
    from ._managers import Collection


class ClusterAgentProvider(Provider):
    """Registers agents in a project; GitLab cannot change one."""

    name = "ClusterAgent"
    noun = "agent"
    creator = "created_by_user_id"
    ids = ("project_id", "agent_id")
    hidden = "the token's user may not see agents there: it needs the role Developer or above"
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="name",
                doc="Name of the agent, and of its directory `.gitlab/agents/<name>/`.",
                required=True,
                sent="name",
                shown="name",
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
                type=Type.BOOLEAN,
                doc="Whether GitLab connects to the agent, not the agent to GitLab.",
                shown="is_receptive",
            ),
            Output(
                name="config_project",
                type=Type.INTEGER,
                doc="Id of the project with the agent's configuration.",
                shown="config_project.id",
            ),
        ),
    )

    def collection(self, client: Client, ids: tuple[int, ...]) -> Collection:
        """Return the project's agents."""
        return client.agents(ids[0])

    def find(self, things: Collection, inputs: Values) -> Values | None:
        """Find the agent of that name."""
        return next((agent for agent in things.list() if agent["name"] == inputs["name"]), None)


class ClusterAgent(Resource, module="gitlab", name="ClusterAgent"):
    """An agent for Kubernetes, registered in a project.

    Follows https://docs.gitlab.com/api/cluster_agents/#register-an-agent-with-a-project.
    """

    project: pulumi.Output[str]
    name: pulumi.Output[str]
    connection: pulumi.Output[str]
    adopt_existing: pulumi.Output[bool]
    created_at: pulumi.Output[str]
    created_by_user_id: pulumi.Output[int | None]
    is_receptive: pulumi.Output[bool | None]
    config_project: pulumi.Output[int]

    _core = ClusterAgentProvider()

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: pulumi.Input[str | int],
        name: pulumi.Input[str],
        connection: pulumi.Input[str | None] = None,
        adopt_existing: pulumi.Input[bool | None] = None,
    ) -> None:
        """Register an agent in a project.

        Args:
            resource_name: The resource's name in the stack.
            opts: Pulumi's resource options.
            project: Id or full path of the project; another project replaces the agent.
            name: Name of the agent, at most 63 of `a-z`, `0-9` and `-`; a change replaces it. It is
                never made up, since it must be that of the directory `.gitlab/agents/<name>/`.
            connection: Configuration namespace of the GitLab to talk to, `gitlab` by default.
            adopt_existing: Whether to take over an agent that already has this name.
        """
        inputs = {
            "project": project,
            "name": name,
            "connection": connection,
            "adopt_existing": adopt_existing,
        }
        super().__init__(resource_name, inputs, opts)

    @property
    def agent_id(self) -> pulumi.Output[int]:
        """GitLab's id of the agent, known also when an update is previewed."""
        return self._id_part("agent_id")
