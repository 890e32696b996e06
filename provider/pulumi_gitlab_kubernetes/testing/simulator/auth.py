"""Authentication and authorization: tokens, scopes, roles.

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

CREDENTIALS = ("private_token", "job_token", "token", "password")  # parameters that hold secrets
JOB_TOKEN_PREFIX = "glcbt-"  # noqa: S105 (the public prefix of a token)


class Role(IntEnum):
    """Roles, with GitLab's numbers."""

    NONE = 0
    GUEST = 10
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


def authenticate(call: Call, route: Route) -> None:
    """Set the call's user.

    Args:
        call: The request.
        route: Its route, which declares whether CI/CD job tokens and which scopes are accepted.

    Raises:
        ApiError: 401 without valid credentials, 403 if their scopes are insufficient.
    """
    bearer = _bearer(call)
    job = _job(call, bearer) if route.job_token else None
    token = _text(call, "private_token") or call.headers.get("private-token") or bearer
    if job is None and token and not token.startswith(JOB_TOKEN_PREFIX):
        _authenticate_personal(call, token)
    elif job is not None or route.job_token:
        # Tried last, and then it must be valid. A job token is not accepted as a private token.
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
    """Return a text parameter, or an empty text."""
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
    """Reject a token without one of the scopes; the response lists all registered ones."""
    enough = (*enough, "read_api") if call.method == "GET" else enough
    if not set(enough) & set(call.scopes or ()):
        raise errors.insufficient_scope(registered)


def _sudo(call: Call, target: str) -> None:
    """Let an administrator act as another user; the route's own scopes do not apply then."""
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
    """Return the user's role in a project; administrators have the Owner role everywhere."""
    return Role.OWNER if user["admin"] else membership_level(store, user, project)


def membership_level(store: Store, user: Row, project: Row) -> int:
    """Return the highest role of a user in a project by membership.

    A user can be a member of the project, of a group above it, of a group that it is shared with,
    or of a group above that. The share limits the role in the last two cases.
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
    """Return the ids of a project's namespace and of the namespaces above it."""
    rows = store.all(f"{_ABOVE} SELECT id FROM above", project["namespace_id"])
    return {row["id"] for row in rows}


def can_see(store: Store, user: Row, project: Row) -> bool:
    """Return whether the project is visible to the user."""
    return project["visibility"] != "private" or access_level(store, user, project) > Role.NONE


def has_role(call: Call, project: Row, role: Role, *features: str) -> bool:
    """Return whether the user has at least a role.

    Args:
        call: The request.
        project: The project.
        role: The minimum role.
        *features: Project features that must be enabled, such as `environments`.
    """
    allowed = {project[f"{feature}_access_level"] for feature in features}
    if "disabled" in allowed:
        return False
    # It is inferred that "private" means any member.
    minimum = max(role, Role.GUEST) if "private" in allowed else role
    return access_level(call.store, call.caller, project) >= minimum


def require(call: Call, project: Row, role: Role, *features: str) -> None:
    """Reject a user without a role, and writes to an archived project.

    Raises:
        ApiError: 403.
    """
    writes = call.method != "GET"
    # For some routes it is inferred that writes to an archived project get 403.
    if writes and project["archived"]:
        raise errors.forbidden()
    if not has_role(call, project, role, *features):
        raise errors.forbidden()
