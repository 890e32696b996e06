"""The requests that several parts of a seed need."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pulumi_gitlab_kubernetes.testing.simulator.admin_client import AdminClient, RequestError
from pulumi_gitlab_kubernetes.testing.simulator.seed.document import (
    Entry,
    Location,
    SeedError,
    suggestion,
)

Tokens = dict[str, dict[str, str]]
"""The generated tokens: by owner and name, the value."""

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
    """Return a text encoded as a segment of a path or a value in a query."""
    return quote(str(text), safe="")


class GitLab:
    """The GitLab that a seed is loaded into.

    Args:
        client: The administrator.

    Attributes:
        tokens: The tokens generated so far.
    """

    def __init__(self, client: AdminClient) -> None:
        self.tokens: Tokens = {}
        self.find = client.find
        self.all = client.all
        self._call = client.call

    async def call(self, location: Location, method: str, path: str, parameters: Any = None) -> Any:
        """Send a request for a value in the seed.

        Raises:
            SeedError: The response is an error.
        """
        try:
            return await self._call(method, path, parameters)
        except RequestError as error:
            raise SeedError(location, f"rejected: {error}") from None

    async def user(self, username: Any) -> Any:
        """Return the user with a username, or None."""
        found = await self._call("GET", f"users?username={encode(username)}")
        return next(iter(found), None)

    async def group(self, full_path: str, location: Location, **values: Any) -> int:
        """Return the id of a group; create it and its parents if they do not exist.

        Args:
            full_path: The group's full path.
            location: The location in the seed.
            **values: Parameters of a new group.
        """
        found = await self.find(f"groups/{encode(full_path)}")
        if found is None:
            parent, _, last = full_path.rpartition("/")
            given = {"name": last, **values, "path": last}
            if parent:
                given["parent_id"] = await self.group(parent, location)
            found = await self.call(location, "POST", "groups", given)
        return int(found["id"])

    async def members(self, entry: Entry, source: str) -> None:
        """Add users to a project or group unless they are members.

        Args:
            entry: The entry with `members`.
            source: The API path of the project or group.
        """
        for username, role, location in entry.items("members"):
            if role not in ROLES:
                raise SeedError(location, f"{role} is not a role; {suggestion(role, ROLES)}")
            user = await self.user(username)
            if user is None:
                raise SeedError(location, f"user {username} does not exist")
            if await self.find(f"{source}/members/{user['id']}") is None:
                given = {"user_id": user["id"], "access_level": ROLES[role]}
                await self.call(location, "POST", f"{source}/members", given)

    def add_token(self, owner: str, name: str, value: str) -> None:
        """Record the value of a token, which GitLab returns only once."""
        self.tokens.setdefault(owner, {})[name] = value
