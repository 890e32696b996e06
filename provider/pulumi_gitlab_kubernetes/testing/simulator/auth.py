"""Who calls, and what they may do: tokens, scopes, roles.

Follows https://docs.gitlab.com/api/rest/authentication/ and https://docs.gitlab.com/user/permissions/.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, digest

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Route

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

    Raises:
        ApiError: 401 without good credentials, 403 when their scope does not reach this far.
    """
    token = _given_token(call)
    job_token = call.headers.get("job-token") or call.given.get("job_token")
    if not token and isinstance(job_token, str):
        token = job_token
    if not token:
        raise errors.unauthorized()
    if token.startswith(JOB_TOKEN_PREFIX):
        _authenticate_job(call, route, token)
    else:
        _authenticate_personal(call, route, token)
    if call.user is not None and route.admin and not call.user["admin"]:
        raise errors.forbidden()


def _given_token(call: Call) -> str:
    """Return the personal access token that counts: parameter, then header, then bearer."""
    parameter = call.given.get("private_token")
    if isinstance(parameter, str) and parameter:
        return parameter
    if header := call.headers.get("private-token"):
        return header
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _authenticate_personal(call: Call, route: Route, token: str) -> None:
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
    enough = ("api", *route.scopes)
    if call.method == "GET":
        enough = ("api", "read_api", *route.scopes)
    held = row["scopes"].split()
    if not set(enough) & set(held):
        raise errors.insufficient_scope(enough)
    call.user, call.token_id = store.fetch("users", row["user_id"]), row["id"]
    _sudo(call, held)


def _sudo(call: Call, scopes: list[str]) -> None:
    """Let an administrator act as another user."""
    target = call.headers.get("sudo") or call.given.get("sudo")
    if not target:
        return
    if not call.caller["admin"]:
        raise errors.forbidden("Must be admin to use sudo")
    if "sudo" not in scopes:
        raise errors.insufficient_scope(["sudo"])
    user = call.store.one("SELECT * FROM users WHERE id = ? OR username = ?", target, target)
    if user is None:
        raise errors.not_found(f"User with ID or username '{target}'")
    call.user = user


def _authenticate_job(call: Call, route: Route, token: str) -> None:
    row = call.store.one("SELECT * FROM job_tokens WHERE digest = ?", digest(token))
    # As a PRIVATE-TOKEN a job token counts for nothing, and so it does on routes not made for it.
    if row is None or not route.job_token or call.headers.get("private-token") == token:
        raise errors.unauthorized()
    call.user = call.store.fetch("users", row["user_id"])
    call.job_project_id = row["project_id"]


def access_level(store: Store, user: Row, project: Row) -> int:
    """Return the user's role in a project: the highest of direct and inherited ones."""
    if user["admin"]:
        return Role.OWNER
    level: int | None = store.scalar(
        """
        WITH RECURSIVE above(id, parent_id, owner_id) AS (
          SELECT id, parent_id, owner_id FROM namespaces WHERE id = ?
          UNION ALL
          SELECT n.id, n.parent_id, n.owner_id FROM namespaces n JOIN above a ON n.id = a.parent_id
        )
        SELECT max(level) FROM (
          SELECT access_level AS level FROM members WHERE user_id = ? AND project_id = ?
          UNION ALL
          SELECT access_level FROM members
            WHERE user_id = ? AND namespace_id IN (SELECT id FROM above)
          UNION ALL
          SELECT 50 FROM above WHERE owner_id = ?
        )
        """,
        project["namespace_id"],
        user["id"],
        project["id"],
        user["id"],
        user["id"],
    )
    return level or Role.NONE


def can_see(store: Store, user: Row, project: Row) -> bool:
    """Tell whether the project exists at all for this user."""
    return project["visibility"] != "private" or access_level(store, user, project) > Role.NONE


def has_role(call: Call, project: Row, role: Role, feature: str = "") -> bool:
    """Tell whether the caller has at least this role.

    Args:
        call: the request.
        project: where.
        role: the least that will do.
        feature: project feature that must not be switched off, such as `environments`.
    """
    if feature and project[f"{feature}_access_level"] == "disabled":
        return False
    return access_level(call.store, call.caller, project) >= role


def require(call: Call, project: Row, role: Role, *features: str) -> None:
    """Refuse a caller below a role, and any writing to an archived project.

    Raises:
        ApiError: 403.
    """
    writes = call.method != "GET"
    # That an archived project answers 403 to writes is inferred for some routes.
    if writes and project["archived"]:
        raise errors.forbidden()
    if not all(has_role(call, project, role, feature) for feature in features or ("",)):
        raise errors.forbidden()
