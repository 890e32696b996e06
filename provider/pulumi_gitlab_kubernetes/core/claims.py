"""Which resource of the running program claims which resource in GitLab, and what was created."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable
from typing import NamedTuple

from pulumi_gitlab_kubernetes.core.shared_fields import ADOPTED_AT
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.gitlab.locks import Locks
from pulumi_gitlab_kubernetes.gitlab.places import Ids

OWN = "this resource"
"""The name in messages of the resource that a call is for."""


class Key(NamedTuple):
    """A resource in GitLab.

    Args:
        url: The URL of the GitLab.
        kind: The name of its kind.
        ids: Its IDs, outermost first.
    """

    url: str
    kind: str
    ids: Ids


class Claims:
    """What the resources of the running program claim, and what this run has created."""

    def __init__(self) -> None:
        self._claimed: defaultdict[Key, set[tuple[object, str]]] = defaultdict(set)
        self._created: dict[Key, str] = {}
        self._locks = Locks()

    def claim(self, key: Key, outputs: Values, resource: str) -> None:
        """Note that a resource of the running program has a resource in GitLab.

        Args:
            key: The resource in GitLab.
            outputs: The outputs of the program's resource.
            resource: Its URN.
        """
        self._claimed[key].add((outputs.get(ADOPTED_AT.name), resource))

    def note_created(self, key: Key, resource: str) -> None:
        """Note what this run has created.

        Args:
            key: The resource in GitLab.
            resource: The URN of the resource that it was created for.
        """
        self._created[key] = resource

    def note_deleted(self, key: Key) -> None:
        """Note that a resource no longer exists. Another file can have the same IDs.

        Args:
            key: The resource in GitLab.
        """
        self._created.pop(key, None)
        self._claimed.pop(key, None)

    def has_created(self, key: Key) -> bool:
        """Return whether this run has created a resource."""
        return key in self._created

    def claimed_by_another(self, key: Key, outputs: Values) -> bool:
        """Return whether a resource other than the one with these outputs claims it.

        A forced replacement creates first. If it adopts the resource that it is to replace, the
        deletion that follows must not delete it, even in a later run.

        Args:
            key: The resource in GitLab.
            outputs: The outputs of the program's resource.
        """
        known = {adopted_at for adopted_at, _urn in self._claimed.get(key, set())}
        return bool(known - {outputs.get(ADOPTED_AT.name)})

    def claimed_by(self, key: Key, resource: str) -> str:
        """Return the name of the program's resource that claims it; empty if none does.

        Args:
            key: The resource in GitLab.
            resource: The URN of the resource that a call is for.
        """
        urns = {urn for _adopted_at, urn in self._claimed.get(key, set())}
        if key in self._created:
            urns.add(self._created[key])
        if not urns:
            return ""
        others = sorted(urns - {resource, ""})
        if others:
            return f'resource "{others[0].split("::", 3)[-1]}"'
        return OWN if resource else "another resource"

    def lock(self, identity: Hashable) -> threading.Lock:
        """Return the lock for creating resources of one identity."""
        return self._locks.get(identity)
