"""Which resource of the running program claims which resource in GitLab, and what was created."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import NamedTuple

from pulumi_gitlab_kubernetes.core.shared_adoptions import SharedAdoptions
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
        within: The inputs in which resources with the same IDs differ, as the program spells them.
    """

    url: str
    kind: str
    ids: Ids
    within: tuple[str | None, ...] = ()


Keys = tuple[Key, ...]
"""The same resource in GitLab, in all spellings of `within`."""


class Claims:
    """What the resources of the running program claim, and what this run has created.

    Args:
        run: Returns what all processes of the run have in common; `None` if there is only this one.
    """

    def __init__(self, run: Callable[[], str | None] = lambda: None) -> None:
        self._adoptions = SharedAdoptions(run)
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
        adopted_at = outputs.get(ADOPTED_AT.name)
        self._claimed[key].add((adopted_at, resource))
        if adopted_at:
            self._adoptions.note(key.kind, key.ids, key.within, adopted_at)

    def note_created(self, key: Key, resource: str) -> None:
        """Note what this run has created.

        Args:
            key: The resource in GitLab.
            resource: The URN of the resource that it was created for.
        """
        self._created[key] = resource

    def note_deleted(self, keys: Keys) -> None:
        """Note that a resource no longer exists. Another file can have the same IDs.

        Args:
            keys: The resource in GitLab.
        """
        for key in keys:
            self._created.pop(key, None)
            self._claimed.pop(key, None)
            if self._adoptions.of(key.kind, key.ids, key.within):
                self._adoptions.note(key.kind, key.ids, key.within, "")

    def has_created(self, keys: Keys) -> bool:
        """Return whether this run has created a resource."""
        return any(key in self._created for key in keys)

    def claimed_by_another(self, keys: Keys, outputs: Values) -> bool:
        """Return whether a resource other than the one with these outputs claims it.

        A forced replacement creates first. If it adopts the resource that it is to replace, the
        deletion that follows must not delete it, even in a later run, nor in another process.

        Args:
            keys: The resource in GitLab.
            outputs: The outputs of the program's resource.
        """
        known = {adopted_at for adopted_at, _urn in self._claims(keys)}
        for key in keys:
            known |= self._adoptions.of(key.kind, key.ids, key.within)
        return bool(known - {outputs.get(ADOPTED_AT.name)})

    def claimed_by(self, keys: Keys, resource: str) -> str:
        """Return the name of the program's resource that claims it; empty if none does.

        Args:
            keys: The resource in GitLab.
            resource: The URN of the resource that a call is for.
        """
        urns = {urn for _adopted_at, urn in self._claims(keys)}
        urns |= {self._created[key] for key in keys if key in self._created}
        if not urns:
            return ""
        others = sorted(urns - {resource, ""})
        if others:
            return f'resource "{others[0].split("::", 3)[-1]}"'
        return OWN if resource else "another resource"

    def _claims(self, keys: Keys) -> set[tuple[object, str]]:
        return {claim for key in keys for claim in self._claimed.get(key, set())}

    def lock(self, identity: Hashable) -> threading.Lock:
        """Return the lock for creating resources of one identity."""
        return self._locks.get(identity)
