"""Tokens of agents. See https://docs.gitlab.com/api/cluster_agents/#create-an-agent-token."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.core.claims import OWN
from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.kind import TokenKind
from pulumi_gitlab_kubernetes.core.schema import Schema
from pulumi_gitlab_kubernetes.core.shared_fields import (
    AGENT_ID,
    CONNECTION,
    CREATED_AT,
    CREATED_BY,
    PROJECT,
    SCHEMA_VERSION,
)
from pulumi_gitlab_kubernetes.core.validators import at_most
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import NotFoundError
from pulumi_gitlab_kubernetes.gitlab.clock import moment
from pulumi_gitlab_kubernetes.gitlab.places import AGENTS, Place

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.core.context import CallContext
    from pulumi_gitlab_kubernetes.gitlab.collection import Collection

ACTIVE_TOKENS = 2
"""The number of active tokens that GitLab allows for an agent."""

_DAY = 24 * 60 * 60.0


def _positive(value: float) -> str | None:
    return None if value > 0 else "must be a number of days above 0"


class ClusterAgentTokenKind(TokenKind):
    """The kind of agent tokens. GitLab cannot change a token, and returns its value only once."""

    doc = (
        "A token with which an agent authenticates. Its value is a secret output.\n\n"
        "GitLab returns the value only when it creates the token. The stack's state keeps it, "
        "encrypted. A replacement creates the new token first, and revokes the old one after all "
        "resources that depend on it are updated."
    )
    docs_url = "https://docs.gitlab.com/api/cluster_agents/#create-an-agent-token"
    name = "ClusterAgentToken"
    published_type = "gitlab:index/clusterAgentToken:ClusterAgentToken"
    noun = "agent token"
    place = Place(
        "/projects/{}/cluster_agents/{}/tokens",
        AGENTS,
        texts=("name", "created_at"),
        shown_once=("token",),
        owner="agent_id",
    )
    creator_key = "created_by_user_id"
    parent = "ClusterAgent"
    ids = ("project_id", "agent_id", "token_id")
    unavailable = (
        "the token's user may not see the agent's tokens: it needs the role Developer or above"
    )
    schema = Schema(
        fields=(
            PROJECT,
            AGENT_ID,
            Field(
                name="name",
                doc="The name of the token, at most 255 characters.",
                required=True,
                request_key="name",
                response_key="name",
                check=at_most(255),
            ),
            Field(
                name="description",
                doc="What the token is for, at most 1024 characters.",
                request_key="description",
                response_key="description",
                check=at_most(1024),
            ),
            Field(
                name="rotation_triggers",
                doc="Any values. When one of them changes, a new token is created.",
                type=Type.MAP,
            ),
            Field(
                name="rotate_after_days",
                doc="The age in days after which the next `pulumi up` creates a new token.",
                type=Type.NUMBER,
                change=Change.CONTROL,
                check=_positive,
            ),
            CONNECTION,
        ),
        outputs=(
            Output(name="token", doc="The token's value.", response_key="token", secret=True),
            Output(
                name="status",
                doc="`active`. A revoked token counts as deleted.",
                response_key="status",
            ),
            CREATED_AT,
            CREATED_BY,
            Output(
                name="last_used_at",
                type=Type.TIMESTAMP,
                optional=True,
                doc=(
                    "When the agent last used it. A refresh does not update it; `.get()` reads it."
                ),
                response_key="last_used_at",
                volatile=True,
            ),
            SCHEMA_VERSION,
        ),
    )

    def replacement_due(self, olds: Values, news: Values, context: CallContext) -> str | None:
        """Require a new token if the old one is older than `rotate_after_days`."""
        limit, created = news.get("rotate_after_days"), moment(olds.get("created_at"))
        if created is None or not isinstance(limit, int | float):
            return None
        age = (datetime.now(timezone.utc) - created).total_seconds() / _DAY
        if age <= limit:
            return None
        context.log_info(
            f"the token is {age:.0f} days old, and "
            f"{context.spelling['rotate_after_days']} is {limit:g}"
        )
        return "rotate_after_days"

    def limit(
        self, collection: Collection, inputs: Values, claimed_by: Callable[[Values], str]
    ) -> tuple[str, str] | None:
        """List the active tokens if the agent has as many as GitLab allows."""
        active = _active(collection)
        if len(active) < ACTIVE_TOKENS:
            return None
        listed = (
            f"{self.listed([token])}{', which belongs to this stack' if claimed_by(token) else ''}"
            for token in active
        )
        rotating = "rotation_triggers" in inputs and OWN in map(claimed_by, active)
        advice = _REVOKE + (_UNDO_ROTATION if rotating else "")
        return f"the active tokens are {'; '.join(listed)}", advice

    def lost_create_candidates(
        self, collection: Collection, inputs: Values, claimed_by: Callable[[Values], str]
    ) -> list[Values]:
        """Return the active tokens with this name that no resource of the program claims."""
        name = inputs["name"]
        return _active(collection, lambda token: token["name"] == name and not claimed_by(token))

    def listed(self, found: list[Values]) -> str:
        """Return tokens as text for a message, with when they were last used."""
        return ", ".join(
            f'{token["id"]} "{token["name"]}" (created {token["created_at"]}, '
            f"last used {token.get('last_used_at') or 'never'})"
            for token in found
        )


_REVOKE = ": revoke the one that is no longer used in GitLab, or delete its resource first"
_UNDO_ROTATION = (
    "; if a rotation failed halfway, set {rotation_triggers} back and run `pulumi up` first"
)


def _active(
    collection: Collection, wanted: Callable[[Values], bool] = lambda _token: True
) -> list[Values]:
    """Return active tokens, each from its own request: their list lacks `last_used_at`."""
    found = []
    for token in filter(wanted, list(collection.list())):
        with suppress(NotFoundError):  # It has been revoked in the meantime.
            found.append(collection.get(token["id"]))
    return found
