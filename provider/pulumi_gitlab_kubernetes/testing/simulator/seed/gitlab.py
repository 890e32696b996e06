"""The GitLab that a seed is loaded into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from pulumi_gitlab_kubernetes.testing.simulator.inside import Administrator, RefusedError
from pulumi_gitlab_kubernetes.testing.simulator.seed.document import (
    Entry,
    Place,
    SeedError,
    suggestion,
)

Made = dict[str, dict[str, str]]
"""The tokens whose values were made up: whose, the token's name, its value."""

ROLES = {
    "minimal": 5,
    "guest": 10,
    "planner": 15,
    "reporter": 20,
    "developer": 30,
    "maintainer": 40,
    "owner": 50,
}


def encode(text: Any) -> str:
    """Return a text as one segment of a path or value of a query."""
    return quote(str(text), safe="")


@contextmanager
def at(place: Place) -> Iterator[None]:
    """Say where in the seed something is that was refused."""
    try:
        yield
    except RefusedError as error:
        raise SeedError(place, f"refused: {error}") from None


class GitLab:
    """What several parts of a seed ask of GitLab.

    Args:
        administrator: who asks.
    """

    def __init__(self, administrator: Administrator) -> None:
        self.made: Made = {}
        self.find = administrator.find
        self.all = administrator.all
        self._call = administrator.call

    async def call(self, place: Place, method: str, path: str, parameters: Any = None) -> Any:
        """Call the API for something in the seed.

        Raises:
            SeedError: GitLab refuses.
        """
        with at(place):
            return await self._call(method, path, parameters)

    async def user(self, username: Any) -> Any:
        """Return the user of a name, or None."""
        found = await self._call("GET", f"users?username={encode(username)}")
        return next(iter(found), None)

    async def group(self, path: str, place: Place, **values: Any) -> int:
        """Return the id of a group; it and those above it are made when they are not there.

        Args:
            path: full path.
            place: where it is named.
            **values: parameters of a new group.
        """
        found = await self.find(f"groups/{encode(path)}")
        if found is None:
            above, _, last = path.rpartition("/")
            given = {"name": last, **values, "path": last}
            if above:
                given["parent_id"] = await self.group(above, place)
            found = await self.call(place, "POST", "groups", given)
        return int(found["id"])

    async def members(self, entry: Entry, source: str) -> None:
        """Make users members of a project or group, unless they are already.

        Args:
            entry: what has `members`.
            source: path of the project or group.
        """
        for username, role, place in entry.items("members"):
            if role not in ROLES:
                raise SeedError(place, f"{role} is no role; {suggestion(role, ROLES)}")
            user = await self.user(username)
            if user is None:
                raise SeedError(place, f"there is no user {username}")
            if await self.find(f"{source}/members/{user['id']}") is None:
                given = {"user_id": user["id"], "access_level": ROLES[role]}
                await self.call(place, "POST", f"{source}/members", given)

    def note(self, owner: str, name: str, value: str) -> None:
        """Remember the value of a token that GitLab tells once."""
        self.made.setdefault(owner, {})[name] = value
