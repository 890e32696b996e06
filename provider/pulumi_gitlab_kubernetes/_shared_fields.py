"""Fields that several resources have, each with the same name and rules everywhere."""

from __future__ import annotations

from ._fields import Change, Field, Output, Type
from ._rules import id_number, namespace, project
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
WHOLE_AGENT_ID = ("project_id", "agent_id")
"""The parts of an agent's whole id, which will do where its number is wanted."""
AGENT_HINT = "give the agent's number, `agent.agent_id`, or its whole id, `agent.id`"
AGENT_ID = Field(
    name="agent_id",
    doc="Id of the agent: `agent.agent_id`, or `agent.id`.",
    type=Type.INTEGER,
    hint=AGENT_HINT,
    whole=WHOLE_AGENT_ID,
    check=id_number,
    required=True,
    shown="agent_id",
)
CREATED_AT = Output(name="created_at", doc="When it was made (ISO 8601).", shown="created_at")
CREATED_BY = Output(
    name="created_by_user_id",
    type=Type.INTEGER,
    doc="Id of the user who made it.",
    shown="created_by_user_id",
)
