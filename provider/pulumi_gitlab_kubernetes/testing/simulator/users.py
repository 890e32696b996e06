"""Users and their personal access tokens.

Follows https://docs.gitlab.com/api/users/, https://docs.gitlab.com/api/user_tokens/ and
https://docs.gitlab.com/api/personal_access_tokens/.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import entities, errors
from pulumi_gitlab_kubernetes.testing.simulator.groups import PATH
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_record
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, digest

SCOPES = ("api", "read_api", "read_user", "sudo", "admin_mode", "read_repository", "k8s_proxy")

_TOKENS = "https://docs.gitlab.com/api/personal_access_tokens/"

USERNAME_CHARACTERS = "can contain only letters, digits, '_', '-' and '.'"

routes = Family("https://docs.gitlab.com/api/users/")


def ensure_root(store: Store, token: str) -> None:
    """Create the administrator and the root token unless they exist."""
    root = store.one("SELECT * FROM users WHERE username = 'root'") or add_user(
        store, username="root", name="Administrator", email="admin@example.com", admin=True
    )
    if not store.one("SELECT 1 FROM personal_access_tokens WHERE digest = ?", digest(token)):
        scopes = ["api", "sudo", "admin_mode"]
        _add_token(store, root["id"], token, name="root token", scopes=scopes, expires_at=None)


def add_user(store: Store, *, username: str, name: str, email: str, admin: bool) -> Row:
    """Create a user and their personal namespace."""
    now = store.timestamp()
    user = store.insert(
        "users", username=username, name=name, email=email, admin=admin, created_at=now
    )
    store.insert(
        "namespaces",
        kind="user",
        name=name,
        path=username,
        full_path=username,
        owner_id=user["id"],
        visibility="public",
        created_at=now,
    )
    return user


def _add_token(
    store: Store, user_id: int, token: str, *, name: str, scopes: list[str], expires_at: str | None
) -> Row:
    return store.insert(
        "personal_access_tokens",
        user_id=user_id,
        name=name,
        digest=digest(token),
        scopes=" ".join(scopes),
        expires_at=expires_at,
        created_at=store.timestamp(),
    )


def token_owner(store: Store, value: str) -> int | None:
    """Return the id of the user with a token, or None."""
    found: int | None = store.scalar(
        "SELECT user_id FROM personal_access_tokens WHERE digest = ?", digest(value)
    )
    return found


def set_token_value(store: Store, token_id: int, value: str) -> None:
    """Set a token's value, for seeds; GitLab's API cannot."""
    with store.transaction():
        store.update("personal_access_tokens", token_id, digest=digest(value))


def _user(call: Call, user: Row) -> dict[str, Any]:
    namespace = call.store.scalar("SELECT id FROM namespaces WHERE owner_id = ?", user["id"])
    entity = {
        **entities.user_basic(call, user),
        "created_at": user["created_at"],
        "bio": "",
        "location": "",
        "bot": False,
    }
    if call.caller["admin"] or call.caller["id"] == user["id"]:
        entity |= {"email": user["email"], "external": False, "namespace_id": namespace}
    if call.caller["admin"]:
        entity["is_admin"] = bool(user["admin"])
    return entity


@routes.get("/user", scopes=("read_user",))
def _current(call: Call) -> Any:
    return _user(call, call.caller)


@routes.get(
    "/users",
    Param("username"),
    Param("search"),
    *PAGE_PARAMS,
    scopes=("read_user",),
    errors=(400,),
)
def _list(call: Call) -> Any:
    username, search = call.params.get("username"), call.params.get("search") or ""
    return paginate(
        call,
        "SELECT * FROM users WHERE (? IS NULL OR username = ?) "
        "AND (instr(lower(username), lower(?)) OR instr(lower(name), lower(?)) OR email = ?) "
        "ORDER BY id DESC",
        (username, username, search, search, search),
        lambda user: _user(call, user),
    )


@routes.get("/users/{id:int}", scopes=("read_user",), errors=(400, 404))
def _show(call: Call) -> Any:
    return _user(call, _find(call, call.params["id"]))


@routes.post(
    "/users",
    Param("email", required=True, allow_blank=False),
    Param("name", required=True, allow_blank=False),
    Param("username", required=True, allow_blank=False),
    Param("password"),
    Param("reset_password", bool),
    Param("force_random_password", bool),
    Param("skip_confirmation", bool),
    Param("admin", bool),
    admin=True,
    errors=(400, 403, 409),
)
def _create(call: Call) -> Any:
    given, store = call.params, call.store
    if not any(given.get(k) for k in ("password", "reset_password", "force_random_password")):
        # The wording around GitLab's own text is inferred.
        raise errors.parameter_error(
            "password, reset_password, force_random_password are missing, "
            "at least one parameter must be provided"
        )
    if not PATH.fullmatch(given["username"]):
        raise errors.model_errors({"username": [USERNAME_CHARACTERS]})
    if store.one("SELECT 1 FROM users WHERE email = ?", given["email"]):
        raise errors.message(409, "Email has already been taken")
    if store.one("SELECT 1 FROM namespaces WHERE full_path = ?", given["username"]):
        raise errors.message(409, "Username has already been taken")
    user = add_user(
        store,
        username=given["username"],
        name=given["name"],
        email=given["email"],
        admin=bool(given.get("admin")),
    )
    return _user(call, user)


@routes.delete("/users/{id:int}", Param("hard_delete", bool), admin=True, errors=(400, 403, 404))
def _delete(call: Call) -> None:
    call.store.delete("users", _find(call, call.params["id"])["id"])


def _find(call: Call, user_id: int) -> Row:
    user = call.store.get("users", user_id)
    if user is None:
        raise errors.not_found("User")
    return user


def _token(call: Call, row: Row) -> dict[str, Any]:
    expired = bool(row["expires_at"]) and row["expires_at"] <= call.store.timestamp()[:10]
    return {
        "id": row["id"],
        "name": row["name"],
        "revoked": bool(row["revoked"]),
        "created_at": row["created_at"],
        "description": row["description"],
        "scopes": row["scopes"].split(),
        "user_id": row["user_id"],
        "last_used_at": None,
        "active": not row["revoked"] and not expired,
        "expires_at": row["expires_at"],
    }


@routes.post(
    "/users/{user_id:int}/personal_access_tokens",
    Param("name", required=True, allow_blank=False),
    Param("description"),
    Param("expires_at", date),
    Param("scopes", list, required=True, allow_blank=False, values=SCOPES),
    admin=True,
    doc="https://docs.gitlab.com/api/user_tokens/",
    errors=(400, 403, 404),
)
def _create_token(call: Call) -> Any:
    given, store = call.params, call.store
    user = _find(call, given["user_id"])
    expires_at = given.get("expires_at") or store.now().date() + timedelta(days=365)
    value = "glpat-" + secrets.token_urlsafe(15)
    row = _add_token(
        store,
        user["id"],
        value,
        name=given["name"],
        scopes=given["scopes"],
        expires_at=expires_at.isoformat(),
    )
    row = store.update("personal_access_tokens", row["id"], description=given.get("description"))
    return {**_token(call, row), "token": value}


@routes.get("/personal_access_tokens/self", scopes=("read_user",), doc=_TOKENS)
def _show_own_token(call: Call) -> Any:
    return _token(call, _own_token(call))


@routes.delete("/personal_access_tokens/self", scopes=SCOPES, doc=_TOKENS)
def _revoke_own_token(call: Call) -> None:
    call.store.update("personal_access_tokens", _own_token(call)["id"], revoked=1)


def _own_token(call: Call) -> Row:
    if call.token_id is None:
        raise errors.bad_request("This endpoint requires a token")
    return find_record(call, "personal_access_tokens", call.token_id)


@routes.get(
    "/personal_access_tokens",
    Param("user_id", int),
    *PAGE_PARAMS,
    doc=_TOKENS,
    errors=(400, 401),
)
def _list_tokens(call: Call) -> Any:
    user_id = call.params.get("user_id")
    if not call.caller["admin"]:
        if user_id not in (None, call.caller["id"]):
            raise errors.unauthorized()
        user_id = call.caller["id"]
    return paginate(
        call,
        "SELECT * FROM personal_access_tokens WHERE ? IS NULL OR user_id = ? ORDER BY id",
        (user_id, user_id),
        lambda row: _token(call, row),
    )


@routes.delete("/personal_access_tokens/{id:int}", doc=_TOKENS, errors=(400, 401, 404))
def _revoke_token(call: Call) -> None:
    row = call.store.get("personal_access_tokens", call.params["id"])
    if row is None or (row["user_id"] != call.caller["id"] and not call.caller["admin"]):
        raise errors.not_found() if call.caller["admin"] else errors.unauthorized()
    call.store.update("personal_access_tokens", row["id"], revoked=1)
