"""Fields that several resources have, each with the same name and rules everywhere."""

from __future__ import annotations

from ._fields import Change, Field, Output, Type
from ._rules import namespace, project
from ._settings import DEFAULT

PROJECT = Field(
    name="project",
    doc="Id or full path of the project.",
    required=True,
    check=project,
)
CONNECTION = Field(
    name="connection",
    doc="Configuration namespace of the GitLab to talk to.",
    change=Change.LOCAL,
    default=DEFAULT,
    check=namespace,
)
ADOPT_EXISTING = Field(
    name="adopt_existing",
    doc="Take over the thing that already has this identity.",
    type=Type.BOOLEAN,
    change=Change.LOCAL,
    default=False,
)
AGENT_ID = Field(
    name="agent_id",
    doc="Id of the agent: `agent.agent_id`.",
    type=Type.INTEGER,
    required=True,
    shown="agent_id",
)
CREATED_AT = Output(name="created_at", doc="When it was made (ISO 8601).", shown="created_at")
CREATED_BY = Output(
    name="created_by_user_id", doc="Id of the user who made it.", shown="created_by_user_id"
)
