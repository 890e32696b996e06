"""Tokens of agents. See https://docs.gitlab.com/api/cluster_agents/#create-an-agent-token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pulumi

from ._adoption import OWN
from ._clock import moment
from ._dynamic import Resource
from ._fields import Change, Difference, Field, Output, Schema, Type, Values
from ._provider import Provider
from ._rules import at_most
from ._shared_fields import AGENT_ID, CONNECTION, CREATED_AT, CREATED_BY, PROJECT
from .errors import NotFoundError

if TYPE_CHECKING:
    from ._connection import Client
    from ._managers import Collection
    from ._session import Session

ACTIVE_TOKENS = 2
"""How many active tokens GitLab allows an agent."""

_DAY = 24 * 60 * 60.0


def _positive(value: float) -> str | None:
    return None if value > 0 else "must be a number of days above 0"


class ClusterAgentTokenProvider(Provider):
    """Creates and revokes tokens; GitLab cannot change one, and shows its value once."""

    name = "ClusterAgentToken"
    noun = "agent token"
    identity = None
    creator = "created_by_user_id"
    parent = "ClusterAgent"
    ids = ("project_id", "agent_id", "token_id")
    hidden = "the token's user may not see the agent's tokens: it needs the role Developer or above"
    schema = Schema(
        fields=(
            PROJECT,
            AGENT_ID,
            Field(
                name="name",
                doc="Name of the token.",
                required=True,
                sent="name",
                shown="name",
                check=at_most(255),
            ),
            Field(
                name="description",
                doc="What the token is for.",
                sent="description",
                shown="description",
                check=at_most(1024),
            ),
            Field(
                name="rotation_triggers",
                doc="Any change in this map makes a new token.",
                type=Type.MAP,
            ),
            Field(
                name="rotate_after_days",
                doc="Age in days after which a new token is made.",
                type=Type.NUMBER,
                change=Change.NONE,
                check=_positive,
            ),
            CONNECTION,
        ),
        outputs=(
            Output(name="token", doc="The token itself.", shown="token", secret=True),
            Output(name="status", doc="`active`, or gone.", shown="status"),
            CREATED_AT,
            CREATED_BY,
            Output(
                name="last_used_at",
                doc="When the agent last used it, if read by `.get()`.",
                shown="last_used_at",
                volatile=True,
            ),
        ),
    )

    def collection(self, client: Client, ids: tuple[int, ...]) -> Collection:
        """Return the agent's tokens."""
        return client.tokens(*ids)

    def label(self, values: Mapping[str, object]) -> str:
        """Name the token and its agent."""
        return f'"{values.get("name", "")}" of agent {values.get("agent_id", "?")}'

    def find(self, things: Collection, inputs: Values) -> Values | None:
        """Find none: any number of tokens may have one name."""
        del things, inputs
        return None

    def diff(self, olds: Values, news: Values, session: Session) -> Difference:
        """Ask for a new token also when the old one has reached its age."""
        found = super().diff(olds, news, session)
        limit, made = news.get("rotate_after_days"), moment(olds.get("created_at"))
        if session.refreshing or made is None or not isinstance(limit, int | float):
            return found
        age = (datetime.now(timezone.utc) - made).total_seconds() / _DAY
        if age <= limit:
            return found
        session.tell(f"the token is {age:.0f} days old, and rotate_after_days is {limit:g}")
        name = ("rotate_after_days",)
        return Difference((*found.changed, *name), (*found.replaces, *name))

    def taken(
        self,
        things: Collection,
        inputs: Values,
        found: Values | None,
        holder: Callable[[Values], str],
    ) -> tuple[str, str] | None:
        """List the active tokens when there are as many as GitLab allows."""
        del found
        active = _active(things)
        if len(active) < ACTIVE_TOKENS:
            return None
        listed = (
            f"{self.listed([token])}{', which belongs to this stack' if holder(token) else ''}"
            for token in active
        )
        rotating = "rotation_triggers" in inputs and OWN in map(holder, active)
        return f"active are {'; '.join(listed)}", _REVOKE + (_HALF_WAY if rotating else "")

    def candidates(
        self, things: Collection, inputs: Values, holder: Callable[[Values], str]
    ) -> list[Values]:
        """Return the active tokens of that name which no resource of the program has."""
        name = inputs["name"]
        return _active(things, lambda token: token["name"] == name and not holder(token))

    def recover(self, things: Collection, thing: Values) -> None:
        """Revoke the token: its value was in the answer that was lost."""
        things.delete(thing["id"])

    def listed(self, things: list[Values]) -> str:
        """Name tokens with what tells which of them is still needed."""
        return ", ".join(
            f'{token["id"]} "{token["name"]}" (created {token["created_at"]}, '
            f"last used {token.get('last_used_at') or 'never'})"
            for token in things
        )


_REVOKE = ": revoke the one that is no longer used in GitLab, or delete its resource first"
_HALF_WAY = (
    "; where a rotation failed half-way, set rotation_triggers back and run `pulumi up` first"
)


def _active(
    things: Collection, wanted: Callable[[Values], bool] = lambda _token: True
) -> list[Values]:
    """Get tokens one by one: their list lacks `last_used_at`."""
    found = []
    for token in filter(wanted, list(things.list())):
        with suppress(NotFoundError):  # Revoked meanwhile.
            found.append(things.get(token["id"]))
    return found


class ClusterAgentToken(Resource, module="gitlab", name="ClusterAgentToken"):
    """A token with which an agent authenticates; its value is a secret output.

    Follows https://docs.gitlab.com/api/cluster_agents/#create-an-agent-token. GitLab shows the
    value once, when the token is made: it lives on in the stack's state, encrypted. A replacement
    makes the new token first and revokes the old one after whatever depends on it was updated.
    """

    project: pulumi.Output[str]
    agent_id: pulumi.Output[int]
    name: pulumi.Output[str]
    description: pulumi.Output[str | None]
    rotation_triggers: pulumi.Output[dict[str, Any] | None]
    rotate_after_days: pulumi.Output[float | None]
    connection: pulumi.Output[str]
    token: pulumi.Output[str]
    status: pulumi.Output[str]
    created_at: pulumi.Output[str]
    created_by_user_id: pulumi.Output[int | None]
    last_used_at: pulumi.Output[str | None]

    _core = ClusterAgentTokenProvider()

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: pulumi.Input[str | int],
        agent_id: pulumi.Input[int | str],
        name: pulumi.Input[str],
        description: pulumi.Input[str | None] = None,
        rotation_triggers: pulumi.Input[Mapping[str, pulumi.Input[object]] | None] = None,
        rotate_after_days: pulumi.Input[float | None] = None,
        connection: pulumi.Input[str | None] = None,
    ) -> None:
        """Make a token for an agent.

        Args:
            resource_name: The resource's name in the stack.
            opts: Pulumi's resource options.
            project: Id or full path of the agent's project.
            agent_id: Id of the agent: `agent.agent_id`, or `agent.id`. A change makes a new token.
            name: Name of the token, at most 255 characters. A change makes a new token.
            description: What it is for, at most 1024 characters. A change makes a new token.
            rotation_triggers: Any values; a change in them makes a new token.
            rotate_after_days: Age in days after which the next `pulumi up` makes a new token.
            connection: Configuration namespace of the GitLab to talk to, `gitlab` by default.
        """
        inputs = {
            "project": project,
            "agent_id": agent_id,
            "name": name,
            "description": description,
            "rotation_triggers": rotation_triggers,
            "rotate_after_days": rotate_after_days,
            "connection": connection,
        }
        super().__init__(resource_name, inputs, opts)

    @property
    def token_id(self) -> pulumi.Output[int]:
        """GitLab's id of the token, known also when an update is previewed."""
        return self._id_part("token_id")
