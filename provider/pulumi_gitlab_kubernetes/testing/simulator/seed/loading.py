"""Loading a seed, what other things need first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import users
from pulumi_gitlab_kubernetes.testing.simulator.inside import Administrator
from pulumi_gitlab_kubernetes.testing.simulator.seed import format as formats
from pulumi_gitlab_kubernetes.testing.simulator.seed.document import Entry, SeedError
from pulumi_gitlab_kubernetes.testing.simulator.seed.gitlab import GitLab, Made, encode
from pulumi_gitlab_kubernetes.testing.simulator.seed.plain import refuse_exotic
from pulumi_gitlab_kubernetes.testing.simulator.seed.project import ensure_project, load_contents
from pulumi_gitlab_kubernetes.testing.simulator.store import Store

_LAST = ("throttle", "faults", "races")  # Switches that would befall the rest of the loading.


async def load(administrator: Administrator, store: Store, content: Any) -> Made:
    """Load a seed.

    Args:
        administrator: who makes what is in it.
        store: the state, for the values of tokens, which the API does not take.
        content: the seed, as YAML or JSON has it.

    Returns:
        The tokens whose values were made up.

    Raises:
        SeedError: it is no seed, or GitLab refuses something in it.
    """
    refuse_exotic(content)
    formats.SEED.check(content)
    seed, gitlab = Entry(content), GitLab(administrator)
    await _switch(gitlab, seed, last=False)
    await _license(gitlab, seed)
    for user in seed.list("users"):
        await _user(gitlab, store, user)
    # Those above first: else they would be made for those below, without what is said of them.
    for group in sorted(seed.list("groups"), key=lambda each: each.values["path"].count("/")):
        values = group.only(formats.GROUP)
        id_ = await gitlab.group(values.pop("path").strip("/"), group.place, **values)
        await gitlab.members(group, f"groups/{id_}")
    # All of them before their contents: a cluster may name a later one.
    projects = [(each, await ensure_project(gitlab, each)) for each in seed.list("projects")]
    for project, id_ in projects:
        await load_contents(gitlab, project, id_)
    await _switch(gitlab, seed, last=True)
    return gitlab.made


async def _switch(gitlab: GitLab, seed: Entry, *, last: bool) -> None:
    for name, body, place in seed.items("simulator"):
        if name.startswith(_LAST) is last:
            await gitlab.call(place, "POST", f"/-/simulator/{encode(name)}", body)
    for name, value, place in seed.items("settings"):
        if name.startswith(_LAST) is last:
            await gitlab.call(place, "PUT", "application/settings", {name: value})
    for name, value, place in seed.items("features"):
        if not last:
            await gitlab.call(place, "POST", f"features/{encode(name)}", {"value": value})


async def _license(gitlab: GitLab, seed: Entry) -> None:
    if plan := seed.values.get("license"):
        place = ("license",)
        current = await gitlab.call(place, "GET", "license")
        if current is None or current["plan"] != plan:
            await gitlab.call(place, "POST", "license", {"license": plan})


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
        user = await gitlab.call(entry.place, "POST", "users", given)
    for token in entry.list("tokens"):
        await _token(gitlab, store, token, user)


async def _token(gitlab: GitLab, store: Store, entry: Entry, user: Mapping[str, Any]) -> None:
    name, value = str(entry.values["name"]), entry.values.get("value")
    owner = None if value is None else users.token_owner(store, value)
    if owner not in (None, user["id"]):
        raise SeedError((*entry.place, "value"), "another user has this token")
    if owner is None and value is None:
        tokens = await gitlab.all(f"personal_access_tokens?user_id={user['id']}")
        if any(each["name"] == name and each["active"] for each in tokens):
            return
    if owner is not None:
        return
    path = f"users/{user['id']}/personal_access_tokens"
    given = {"scopes": ["api"], **entry.only(formats.USER_TOKEN)}
    made = await gitlab.call(entry.place, "POST", path, given)
    if value is None:
        gitlab.note(user["username"], name, made["token"])
    else:
        users.set_token_value(store, made["id"], value)
