"""Create a seed's objects, in the order of their dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import users
from pulumi_gitlab_kubernetes.testing.simulator.admin_client import AdminClient
from pulumi_gitlab_kubernetes.testing.simulator.seed import format as formats
from pulumi_gitlab_kubernetes.testing.simulator.seed.document import Entry, SeedError
from pulumi_gitlab_kubernetes.testing.simulator.seed.gitlab import GitLab, Tokens, encode
from pulumi_gitlab_kubernetes.testing.simulator.seed.project import ensure_project, load_contents
from pulumi_gitlab_kubernetes.testing.simulator.seed.schema import check_types
from pulumi_gitlab_kubernetes.testing.simulator.store import Store

_LAST = ("throttle", "faults", "races")
"""Settings that would affect the rest of the loading."""


async def load(client: AdminClient, store: Store, content: Any) -> Tokens:
    """Load a seed.

    Args:
        client: The administrator.
        store: The database, for the values of tokens, which the API does not accept.
        content: The seed, as parsed from YAML or JSON.

    Returns:
        The generated tokens.

    Raises:
        SeedError: The seed is invalid, or a request for it got an error.
    """
    check_types(content)
    formats.SEED.check(content)
    seed, gitlab = Entry(content), GitLab(client)
    await _apply_settings(gitlab, seed, last=False)
    await _license(gitlab, seed)
    for user in seed.list("users"):
        await _user(gitlab, store, user)
    # Parents first: otherwise a subgroup would create them without their own parameters.
    for group in sorted(seed.list("groups"), key=lambda each: each.values["path"].count("/")):
        values = group.only(formats.GROUP)
        id_ = await gitlab.group(values.pop("path").strip("/"), group.location, **values)
        await gitlab.members(group, f"groups/{id_}")
    # All projects before their contents: a cluster can name a later project.
    projects = [(each, await ensure_project(gitlab, each)) for each in seed.list("projects")]
    for project, id_ in projects:
        await load_contents(gitlab, project, id_)
    await _apply_settings(gitlab, seed, last=True)
    return gitlab.tokens


async def _apply_settings(gitlab: GitLab, seed: Entry, *, last: bool) -> None:
    for name, body, location in seed.items("simulator"):
        if name.startswith(_LAST) is last:
            await gitlab.call(location, "POST", f"/-/simulator/{encode(name)}", body)
    for name, value, location in seed.items("settings"):
        if name.startswith(_LAST) is last:
            await gitlab.call(location, "PUT", "application/settings", {name: value})
    for name, value, location in seed.items("features"):
        if not last:
            await gitlab.call(location, "POST", f"features/{encode(name)}", {"value": value})


async def _license(gitlab: GitLab, seed: Entry) -> None:
    if plan := seed.values.get("license"):
        location = ("license",)
        current = await gitlab.call(location, "GET", "license")
        if current is None or current["plan"] != plan:
            await gitlab.call(location, "POST", "license", {"license": plan})


async def _user(gitlab: GitLab, store: Store, entry: Entry) -> None:
    username = str(entry.values["username"])
    user = await gitlab.user(username)
    if user is None:
        given = {
            "name": username,
            "email": f"{username}@example.com",
            "force_random_password": True,
            "skip_confirmation": True,
            **entry.only(formats.USER),
        }
        user = await gitlab.call(entry.location, "POST", "users", given)
    for token in entry.list("tokens"):
        await _token(gitlab, store, token, user)


async def _token(gitlab: GitLab, store: Store, entry: Entry, user: Mapping[str, Any]) -> None:
    name, value = str(entry.values["name"]), entry.values.get("value")
    owner = None if value is None else users.token_owner(store, value)
    if owner not in (None, user["id"]):
        raise SeedError((*entry.location, "value"), "belongs to another user")
    if owner is None and value is None:
        tokens = await gitlab.all(f"personal_access_tokens?user_id={user['id']}")
        if any(each["name"] == name and each["active"] for each in tokens):
            return
    if owner is not None:
        return
    path = f"users/{user['id']}/personal_access_tokens"
    given = {"scopes": ["api"], **entry.only(formats.USER_TOKEN)}
    made = await gitlab.call(entry.location, "POST", path, given)
    if value is None:
        gitlab.add_token(user["username"], name, made["token"])
    else:
        users.set_token_value(store, made["id"], value)
