"""Agent tokens: at most two active ones, whose values are returned once; DELETE revokes.

Follows https://docs.gitlab.com/api/cluster_agents/#agent-tokens.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.cluster_agents import (
    find_agent,
    require_agent_writer,
)
from pulumi_gitlab_kubernetes.testing.simulator.control_routes import ControlRoutes
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project, find_record
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import (
    Row,
    Store,
    digest,
    from_timestamp,
)
from pulumi_gitlab_kubernetes.testing.simulator.validation import BLANK, blank, too_long

PREFIX = "glagent-"
MAX_ACTIVE = 2
LIMIT_REACHED = "An agent can have only two active tokens at a time"
_MAX_NAME = 255
_MAX_DESCRIPTION = 1024
_LENGTH = 50
# GitLab returns the last use from a cache. Every 40 to 55 minutes it writes it to the column
# that sorts the list.
_WRITTEN_EVERY = timedelta(minutes=55)

routes = Family("https://docs.gitlab.com/api/cluster_agents/")
control_routes = ControlRoutes()

_COLLECTION = "/projects/{id}/cluster_agents/{agent_id:int}/tokens"
_MEMBER = "/projects/{id}/cluster_agents/{agent_id:int}/tokens/{token_id:int}"


def _basic(row: Row) -> dict[str, Any]:
    names = ("id", "name", "description", "agent_id", "status", "created_at", "created_by_user_id")
    return {name: row[name] for name in names}


def _token(row: Row) -> dict[str, Any]:
    return {**_basic(row), "last_used_at": row["last_used_at"]}


@routes.get(_COLLECTION, *PAGE_PARAMS, role=Role.DEVELOPER, errors=(400, 404))
def _list(call: Call) -> Any:
    agent = find_agent(call, find_project(call))
    return paginate(
        call,
        "SELECT * FROM cluster_agent_tokens WHERE agent_id = ? AND status = 'active' "
        "ORDER BY last_used_written_at DESC NULLS LAST, id",
        (agent["id"],),
        _basic,
    )


@routes.get(_MEMBER, role=Role.DEVELOPER, errors=(400, 404))
def _show(call: Call) -> Any:
    agent = find_agent(call, find_project(call))
    token_id = call.params["token_id"]
    return _token(
        find_record(call, "cluster_agent_tokens", token_id, agent_id=agent["id"], status="active")
    )


@routes.post(
    _COLLECTION,
    Param("name", required=True),
    Param("description"),
    race_condition="agent_tokens",
    role=Role.MAINTAINER,
    errors=(400, 403, 404),
)
def _create(call: Call) -> Any:
    project, given, store = find_project(call), call.params, call.store
    require_agent_writer(call, project)
    agent = find_agent(call, project)
    if not call.limit_checked and _active(store, agent) >= MAX_ACTIVE:
        raise errors.bad_request(LIMIT_REACHED)
    name, description = given.get("name"), given.get("description")
    messages = [f"Name {BLANK}"] if blank(name) else []
    messages += [f"Name {text}" for text in too_long(name, _MAX_NAME)]
    messages += [f"Description {text}" for text in too_long(description, _MAX_DESCRIPTION)]
    if messages:
        raise errors.bad_request_list(messages)
    # 38 random bytes are 51 URL-safe characters.
    value = PREFIX + secrets.token_urlsafe(38)[:_LENGTH]
    row = store.insert(
        "cluster_agent_tokens",
        agent_id=agent["id"],
        name=name,
        description=description,
        digest=digest(value),
        created_by_user_id=call.caller["id"],
        created_at=store.timestamp(),
    )
    return {**_token(row), "token": value}


def _active(store: Store, agent: Row) -> int:
    sql = "SELECT count(*) FROM cluster_agent_tokens WHERE agent_id = ? AND status = 'active'"
    return int(store.scalar(sql, agent["id"]))


@routes.delete(_MEMBER, role=Role.MAINTAINER, errors=(400, 403, 404))
def _revoke(call: Call) -> None:
    project = find_project(call)
    require_agent_writer(call, project)
    agent = find_agent(call, project)
    row = find_record(call, "cluster_agent_tokens", call.params["token_id"], agent_id=agent["id"])
    call.store.update("cluster_agent_tokens", row["id"], status="revoked")


@control_routes.post("agent_tokens/used", Param("token"), Param("id", int))
def use(store: Store, token: str | None = None, id: int | None = None) -> dict[str, Any]:  # noqa: A002 (GitLab's name)
    """Let an agent connect with a token.

    Args:
        store: The database.
        token: The token's value, or None.
        id: The token's id, or None.

    Raises:
        LookupError: No active token matches.
    """
    row = store.one(
        "SELECT * FROM cluster_agent_tokens WHERE status = 'active' AND (digest = ? OR id = ?)",
        digest(token or ""),
        id,
    )
    if row is None:
        raise LookupError("no active token of an agent has this value or id")
    now, written = store.now(), row["last_used_written_at"]
    changes = {"last_used_at": store.timestamp()}
    if written is None or now - from_timestamp(written) >= _WRITTEN_EVERY:
        changes["last_used_written_at"] = changes["last_used_at"]
    return _token(store.update("cluster_agent_tokens", row["id"], **changes))
