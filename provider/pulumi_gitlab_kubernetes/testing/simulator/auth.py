"""Who calls, and what they may do: tokens, scopes, roles.

Follows https://docs.gitlab.com/api/rest/authentication/ and https://docs.gitlab.com/user/permissions/.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, digest

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Route

CREDENTIALS = ("private_token", "job_token", "token")  # parameters that hold secrets
JOB_TOKEN_PREFIX = "glcbt-"  # noqa: S105 - the prefix is public, the token is what follows


class Role(IntEnum):
    """Access levels, as GitLab numbers them."""

    NONE = 0
    GUEST = 10
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


def authenticate(call: Call, route: Route) -> None:
    """Set the call's user, or refuse.

    Args:
        call: the request.
        route: what it asks for; says whether CI job tokens count and which scopes do.

    Raises:
        ApiError: 401 without good credentials, 403 when their scope does not reach this far.
    """
    bearer = _bearer(call)
    job = _job(call, bearer) if route.job_token else None
    token = _text(call, "private_token") or call.headers.get("private-token") or bearer
    if job is None and token and not token.startswith(JOB_TOKEN_PREFIX):
        _authenticate_personal(call, token)
    elif job is not None or route.job_token:
        # Tried last, and then it has to be good; as a private token it counts for nothing.
        named = _text(call, "job_token") or _text(call, "token") or call.headers.get("job-token")
        _authenticate_job(call, job or _job(call, named or ""))
    else:
        raise errors.unauthorized()
    if target := call.headers.get("sudo") or _text(call, "sudo"):
        _sudo(call, target)
    elif call.scopes is not None:
        _require_scope(call, ("api", *route.scopes), (*route.scopes, "api", "read_api"))
    if route.admin and not call.caller["admin"]:
        raise errors.forbidden()


def _text(call: Call, name: str) -> str:
    """Return a parameter that is a text, or an empty one."""
    value = call.given.get(name)
    return str(value) if isinstance(value, (str, int)) else ""


def _bearer(call: Call) -> str:
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _job(call: Call, token: str) -> Row | None:
    if not token:
        return None
    return call.store.one("SELECT * FROM job_tokens WHERE digest = ?", digest(token))


def _authenticate_job(call: Call, job: Row | None) -> None:
    if job is None:
        raise errors.unauthorized()
    call.user = call.store.fetch("users", job["user_id"])
    call.job_project_id = job["project_id"]


def _authenticate_personal(call: Call, token: str) -> None:
    store = call.store
    row = store.one("SELECT * FROM personal_access_tokens WHERE digest = ?", digest(token))
    if row is None:
        raise errors.unauthorized()
    if row["expires_at"] and row["expires_at"] <= store.timestamp()[:10]:
        raise errors.invalid_token(
            "Token is expired. You can either do re-authorization or token refresh."
        )
    if row["revoked"]:
        raise errors.invalid_token("Token was revoked. You have to re-authorize from the user.")
    call.user, call.token_id = store.fetch("users", row["user_id"]), row["id"]
    call.scopes = tuple(row["scopes"].split())


def _require_scope(call: Call, enough: Sequence[str], registered: Sequence[str]) -> None:
    """Refuse a token without one of the scopes; the answer names all that are registered."""
    enough = (*enough, "read_api") if call.method == "GET" else enough
    if not set(enough) & set(call.scopes or ()):
        raise errors.insufficient_scope(registered)


def _sudo(call: Call, target: str) -> None:
    """Let an administrator act as another user; the route's own scopes do not count then."""
    if not call.caller["admin"]:
        raise errors.forbidden("Must be admin to use sudo")
    if call.scopes is None:
        raise errors.forbidden(
            "Must be authenticated using an OAuth or personal access token to use sudo"
        )
    if "sudo" not in call.scopes:
        raise errors.insufficient_scope(["sudo"])
    column = "id" if target.isdecimal() else "username"
    user = call.store.one(f"SELECT * FROM users WHERE {column} = ?", target)
    if user is None:
        raise errors.not_found(f"User with ID or username '{target}'")
    call.user = user


_ABOVE = """
WITH RECURSIVE above(id, parent_id, owner_id) AS (
  SELECT id, parent_id, owner_id FROM namespaces WHERE id = ?
  UNION ALL
  SELECT n.id, n.parent_id, n.owner_id FROM namespaces n JOIN above a ON n.id = a.parent_id
)"""

_MEMBERSHIP = f"""
{_ABOVE}, shares(group_id, group_access) AS (
  SELECT group_id, group_access FROM project_group_links
  WHERE project_id = ? AND (expires_at IS NULL OR expires_at > ?)
), invited(id, parent_id, group_access) AS (
  SELECT n.id, n.parent_id, s.group_access FROM shares s JOIN namespaces n ON n.id = s.group_id
  UNION ALL
  SELECT n.id, n.parent_id, i.group_access FROM invited i JOIN namespaces n ON n.id = i.parent_id
)
SELECT max(level) FROM (
  SELECT access_level AS level FROM members WHERE user_id = ? AND project_id = ?
  UNION ALL
  SELECT access_level FROM members WHERE user_id = ? AND namespace_id IN (SELECT id FROM above)
  UNION ALL
  SELECT min(m.access_level, i.group_access) FROM invited i
    JOIN members m ON m.namespace_id = i.id AND m.user_id = ?
  UNION ALL
  SELECT 50 FROM above WHERE owner_id = ?
)
"""


def access_level(store: Store, user: Row, project: Row) -> int:
    """Return the user's role in a project; an administrator is an owner everywhere."""
    return Role.OWNER if user["admin"] else membership_level(store, user, project)


def membership_level(store: Store, user: Row, project: Row) -> int:
    """Return the highest role that a user has as a member.

    A member of the project, of a group above it, or of a group that it is shared with or one above
    that: then no more than the share gives.
    """
    level: int | None = store.scalar(
        _MEMBERSHIP,
        project["namespace_id"],
        project["id"],
        store.timestamp()[:10],
        user["id"],
        project["id"],
        user["id"],
        user["id"],
        user["id"],
    )
    return level or Role.NONE


def namespaces_above(store: Store, project: Row) -> set[int]:
    """Return the ids of the namespace that a project is in, and of those above."""
    rows = store.all(f"{_ABOVE} SELECT id FROM above", project["namespace_id"])
    return {row["id"] for row in rows}


def can_see(store: Store, user: Row, project: Row) -> bool:
    """Tell whether the project exists at all for this user."""
    return project["visibility"] != "private" or access_level(store, user, project) > Role.NONE


def has_role(call: Call, project: Row, role: Role, *features: str) -> bool:
    """Tell whether the caller has at least this role.

    Args:
        call: the request.
        project: where.
        role: the least that will do.
        *features: project features that must not be switched off, such as `environments`.
    """
    allowed = {project[f"{feature}_access_level"] for feature in features}
    if "disabled" in allowed:
        return False
    # That "private" means any member is inferred.
    least = max(role, Role.GUEST) if "private" in allowed else role
    return access_level(call.store, call.caller, project) >= least


def require(call: Call, project: Row, role: Role, *features: str) -> None:
    """Refuse a caller below a role, and any writing to an archived project.

    Raises:
        ApiError: 403.
    """
    writes = call.method != "GET"
    # That an archived project answers 403 to writes is inferred for some routes.
    if writes and project["archived"]:
        raise errors.forbidden()
    if not has_role(call, project, role, *features):
        raise errors.forbidden()
