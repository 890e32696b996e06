"""Inputs and outputs of several kinds."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output, Reference
from pulumi_gitlab_kubernetes.core.validators import id_number, project
from pulumi_gitlab_kubernetes.core.values import Type
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.gitlab.settings import connection_name

PROJECT = Field(
    name="project",
    doc="The ID or full path of the project.",
    required=True,
    reference=Reference("Project"),
    check=project,
)
CONNECTION = Field(
    name="connection",
    doc="The configuration namespace of the GitLab to use.",
    change=Change.STATE_ONLY,
    default=DEFAULT,
    check=connection_name,
)
ADOPT_EXISTING = Field(
    name="adopt_existing",
    doc="Whether to adopt a resource that already exists in GitLab, instead of failing.",
    type=Type.BOOLEAN,
    change=Change.STATE_ONLY,
    default=False,
)
AGENT = Reference(
    "ClusterAgent",
    ("project_id", "agent_id"),
    hint="use the agent's number, `agent.{agent_id}`, or its id, `agent.id`",
)
AGENT_ID = Field(
    name="agent_id",
    doc="The ID of the agent: `agent.agent_id` or `agent.id`.",
    type=Type.INTEGER,
    reference=AGENT,
    check=id_number,
    required=True,
    response_key="agent_id",
)
CREATED_AT = Output(
    name="created_at",
    doc="When it was created.",
    type=Type.TIMESTAMP,
    response_key="created_at",
)
CREATED_BY = Output(
    name="created_by_user_id",
    type=Type.INTEGER,
    doc="The ID of the user who created it.",
    optional=True,
    response_key="created_by_user_id",
)
ADOPTED_AT = Output(
    name="adopted_at",
    type=Type.TIMESTAMP,
    doc="When this stack took it over, if it did.",
    optional=True,
)
SCHEMA_VERSION = Output(
    name="schema_version",
    type=Type.INTEGER,
    doc="The version of the format of this resource in the state.",
)
