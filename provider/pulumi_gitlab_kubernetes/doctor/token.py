"""Checks of the token: its kind, scopes, expiry and user."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

from pulumi_gitlab_kubernetes.doctor.findings import Finding, Status
from pulumi_gitlab_kubernetes.errors import READING, WRITING, GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client

_SOON = 14
"""How many days before it expires a token is reported."""
_BOT = re.compile(r"(project|group)_[0-9]+_bot")
_CREATE = "create a token with the scope `api`"


def user_of(client: Client) -> dict[str, Any]:
    """Return the token's user; empty if the token may not read it, or is a CI/CD job's."""
    return {} if client.connection.job else _object(client, "/user", "username")


def check(client: Client, user: dict[str, Any]) -> Iterator[Finding]:
    """Check a token that GitLab accepts.

    Args:
        client: The client.
        user: The token's user, as `user_of` returns it.
    """
    if client.connection.job:
        yield Finding(
            Status.NOTE,
            "token",
            "the token of this CI/CD job, which can only manage environments",
            f"set {client.connection.token_setting.partition(' (')[0]} for other resources",
        )
        return
    yield from _token(client, _object(client, "/personal_access_tokens/self", "name"), user)
    if user:
        yield from _user(user)


def _object(client: Client, path: str, key: str) -> dict[str, Any]:
    """Return what GitLab has there; empty if the token may not read it."""
    try:
        return client.get(path, key)
    except GitLabError as error:
        if error.status is None:
            raise
        return {}


def _token(client: Client, own: dict[str, Any], user: dict[str, Any]) -> Iterator[Finding]:
    if not own:
        yield Finding(
            Status.NOTE,
            "token",
            "GitLab does not show its scopes and expiry",
            "use a personal, project or group access token to have them checked",
        )
        return
    found = _BOT.match(str(user.get("username", "")))
    kind = f"{found[1]} access token" if found else "personal access token"
    yield Finding(Status.OK, "token", f'{kind} "{own["name"]}"')
    yield _scopes(own.get("scopes"))
    yield _expiry(client, own.get("expires_at"))


def _scopes(scopes: Any) -> Finding:
    given = [str(each) for each in scopes] if isinstance(scopes, list) else []
    text = f"the token has {', '.join(given) or 'none'}"
    if WRITING in given:
        return Finding(Status.OK, "scopes", text)
    reads = READING in given
    missing = "previews and functions work, changes do not" if reads else "nothing works"
    return Finding(Status.PROBLEM, "scopes", f"{text}, not {WRITING}: {missing}", _CREATE)


def _expiry(client: Client, expires_at: Any) -> Finding:
    """Check when a token expires: at midnight UTC of that day."""
    name = "token expiry"
    if not expires_at:
        return Finding(Status.OK, name, "never")
    try:
        end = date.fromisoformat(str(expires_at)[:10])
    except ValueError:
        return Finding(Status.NOTE, name, f"on {expires_at}")
    now = client.clock.at(time.monotonic()) or datetime.now(timezone.utc)
    days = (end - now.date()).days
    when = f"on {end}, in {days} day{'s' * (days != 1)}"
    if days > _SOON:
        return Finding(Status.OK, name, when)
    return Finding(
        Status.WARNING,
        name,
        when,
        "rotate it, and set the new one before then; `pulumi destroy` needs a valid token too",
    )


def _user(user: dict[str, Any]) -> Iterator[Finding]:
    name, state = user["username"], user.get("state", "active")
    if state != "active":
        yield Finding(Status.PROBLEM, "user", f"{name} is {state}", "ask GitLab's administrator")
        return
    admin = ", an administrator" if user.get("is_admin") else ""
    yield Finding(Status.OK, "user", f"{name}{admin}")
