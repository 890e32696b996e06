"""Where GitLab has its collections, and what each response about something in them has."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class Listing(enum.Enum):
    """What GitLab's list of a collection is good for."""

    NONE = "none"
    """There is no list."""
    PARTIAL = "partial"
    """It lacks keys that the response for a single one has."""
    FULL = "full"
    """It has all that the response for a single one has, so that a refresh can read from it."""


@dataclass(frozen=True)
class Place:
    """Where GitLab has the resources of one kind.

    Args:
        path: The path of the collection below `/api/v4`, with `{}` for each ID in it.
        parent: The collection of the resource that it belongs to, if that is not the project.
        create: What a create adds to the path.
        texts: The keys that every response has beside the ID, each with a text. If a create sends
            one of them, the response repeats it.
        shown_once: The keys that only the response to a create has.
        owner: The response key of the last ID in the path, with dots where nested. Some responses
            leave it out.
        listing: What its list is good for.
        key: The response key that tells one from another. Only an `id` is a number.
        file: The path of each one's file in the project's repository, with `{}` for its ID; empty
            unless the resources are files.
    """

    path: str
    parent: Place | None = None
    create: str = ""
    texts: tuple[str, ...] = ("name",)
    shown_once: tuple[str, ...] = ()
    owner: str = ""
    listing: Listing = Listing.PARTIAL
    key: str = "id"
    file: str = ""

    @property
    def numbered(self) -> bool:
        """Whether each has a number as its ID."""
        return self.key == "id"


Ids = tuple[Any, ...]
"""The parts of an ID, outermost first: the project's number, then numbers or names."""

AGENTS = Place("/projects/{}/cluster_agents", owner="config_project.id", listing=Listing.FULL)
"""Agents, to which tokens and URL configurations belong."""

PROTECTED_ENVIRONMENTS = Place("/projects/{}/protected_environments", key="name")
"""Protected environments, which GitLab Free does not have."""

MERGE_REQUEST_NOTES = Place("/projects/{}/merge_requests/{}/notes", texts=())
"""Notes on a merge request. GitLab may return another text than was sent."""

BRANCHES = Place("/projects/{}/repository/branches", key="name")
"""The branches of a project's repository. All who may read its files may read them."""

TREE = Place("/projects/{}/repository/tree", key="path", texts=("path", "type"))
"""The files and directories of a project's repository."""
