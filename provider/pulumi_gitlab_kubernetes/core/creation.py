"""Creating a resource exactly once, also if GitLab's response is lost.

Repeating a create could make a second resource, or fail with "already taken". Before repeating it,
the provider looks for what the lost request created: a resource with the same inputs, created by
the token's user while the request was pending, and not by this run for another resource.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from pulumi_gitlab_kubernetes.core.adoption import differing
from pulumi_gitlab_kubernetes.core.claims import Keys
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import GitLabError, LostResponseError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.clock import moment
from pulumi_gitlab_kubernetes.gitlab.objects import look_up
from pulumi_gitlab_kubernetes.gitlab.places import Ids


class LostRequest(NamedTuple):
    """A request with an unknown outcome.

    Args:
        sent: When it was sent, by `time.monotonic()`.
        until: Until when GitLab may execute it.
        late: Whether it may arrive even later, because its connection was cut off.
    """

    sent: float
    until: float
    late: bool


AnyKind = TypeVar("AnyKind", bound=Kind)


class Creation(ABC, Generic[AnyKind]):
    """All requests of one create, until its outcome is certain.

    Args:
        kind: The kind of the resource.
        client: The client to use.
        parents: The IDs of its parents, outermost first.
        inputs: Checked inputs.
        context: What the call can use.
    """

    def __init__(
        self,
        kind: AnyKind,
        client: Client,
        parents: Ids,
        inputs: Values,
        *,
        context: CallContext,
    ) -> None:
        self.kind = kind
        self.client = client
        self.parents = parents
        self.inputs = inputs
        self.context = context
        self.collection = kind.collection(client, parents, inputs)
        self.lost: list[LostRequest] = []
        self.unresolved = 0
        """The number of lost requests whose resources have not been found."""
        self.may_arrive_until = 0.0
        """Until when one of them may still arrive, by `time.monotonic()`."""

    @abstractmethod
    def create(self) -> Values:
        """Create the resource, or adopt the one with its identity if the user allows it.

        Returns:
            GitLab's response.

        Raises:
            GitLabError: GitLab rejected the request, or did not respond in time. The message names
                the resource that exists already.
        """

    @abstractmethod
    def lost_create_candidates(self) -> list[Values]:
        """Return the resources that a lost request may have created."""

    @abstractmethod
    def recover_lost_create(self, found: Values) -> Values | None:
        """Use the resource that a lost request created, and log it.

        Returns:
            GitLab's response, or `None` if the resource was useless and has been deleted.
        """

    @abstractmethod
    def settle(self, error: GitLabError) -> Values | None:
        """Find what a lost request created; return `None` if another request may be sent."""

    def send(self) -> Values:
        """Send the request, and repeat it if it had no effect.

        Returns:
            GitLab's response, or the resource that a lost request created.
        """
        payload = self.kind.schema.payload(self.inputs)
        lost: LostResponseError | None = None
        for _attempt in self.client.attempts():
            sent = time.monotonic()
            try:
                return self.collection.create(payload)
            except LostResponseError as error:
                lost = error
                self.unresolved += 1
                until = time.monotonic()
                if error.late:
                    until = self.may_arrive_until = until + self.client.connection.timeout
                self.lost.append(LostRequest(sent, until, late=error.late))
                if (found := self.settle(error)) is not None:
                    return found
                if not error.retryable:
                    break
            except GitLabError as error:
                if lost is None or error.status != self.kind.taken_status:
                    raise
                # A lost request may have created the conflicting resource in the meantime.
                unresolved = self.unresolved
                if (found := self.settle(error)) is not None:
                    return found
                if self.unresolved == unresolved:
                    raise
        lost = lost or LostResponseError("no response", retryable=True)
        if self.unresolved and not lost.status and not lost.retryable:
            # What responded may not be GitLab, so an empty list proves nothing.
            raise add(lost, f"{PERHAPS}; {LOOK}")
        raise add(lost, "it has not been created so far")

    def recover_all(self, error: GitLabError) -> tuple[Values | None, list[Values]]:
        """Use all resources that lost requests created.

        Args:
            error: The error of the request.

        Returns:
            The last one that can be used, or `None`; and the resources of unclear origin.

        Raises:
            GitLabError: GitLab did not return the candidates.
        """
        found = None
        try:
            ours, unclear = self.classify_candidates()
            for each in ours:
                found = self.recover_lost_create(each)
                self.unresolved -= 1
        except GitLabError as failed:
            raise add(error, f"{PERHAPS}; {LOOK}") from failed
        return found, unclear

    def classify_candidates(self) -> tuple[list[Values], list[Values]]:
        """Return the resources that these requests created, and those of unclear origin."""
        classified = [(found, self.is_ours(found)) for found in self.lost_create_candidates()]
        ours = [found for found, is_ours in classified if is_ours]
        unclear = [found for found, is_ours in classified if self.is_unclear(ours=is_ours)]
        if len(ours) > self.unresolved:  # Somebody else creates the same at the same time.
            return [], [*ours, *unclear]
        return ours, unclear

    def is_unclear(self, *, ours: bool | None) -> bool:
        """Return whether a candidate conflicts, or may be the one that was created.

        Args:
            ours: The result of `is_ours`.
        """
        return ours is None

    def is_ours(self, found: Values) -> bool | None:
        """Return whether these requests created a resource; `None` if that is unknown.

        GitLab returns neither the creator nor the time of a URL configuration, and no creator of an
        environment. There, equal inputs are sufficient.

        Args:
            found: GitLab's response about the resource.
        """
        ids = (*self.parents, found["id"])
        found = self.kind.complete_response(self.client, ids, found, self.inputs) or found
        if self.context.run.claims.has_created(self.keys(found)) or differing(
            self.kind, found, self.inputs
        ):
            return False
        created = moment(found.get("created_at"))
        if created is not None and (meanwhile := self.created_meanwhile(created)) is not True:
            return meanwhile
        if creator := self.kind.creator_key:
            try:
                user = self.client.user_id()
            except GitLabError:
                return None
            if look_up(found, creator)[1] != user:
                return False
        return True

    def created_meanwhile(self, created: datetime) -> bool | None:
        """Return whether a resource was created while GitLab may have executed a lost request.

        Args:
            created: When GitLab created it.

        Returns:
            `None` if that is unknown.
        """
        clock = self.client.clock
        for each in self.lost:
            began, ended = clock.at(each.sent), clock.at_latest(each.until)
            if began is None or ended is None:
                return None
            if began <= created <= ended + _SKEW:
                return True
        return False

    def claimed_by(self, found: Values) -> str:
        """Return the name of the program's resource that claims a resource in GitLab; or empty."""
        return self.context.run.claims.claimed_by(self.keys(found), self.context.resource)

    def note_created(self, created: Values) -> None:
        """Note in the run's claims what has been created."""
        url, ids = self.client.connection.url, (*self.parents, created["id"])
        key = self.kind.key(url, ids, self.inputs)
        self.context.run.claims.note_created(key, self.context.resource)

    def keys(self, found: Values) -> Keys:
        """Return the keys of a resource in the run's claims."""
        return self.kind.keys(self.client, (*self.parents, found["id"]), self.inputs)


def add(error: GitLabError, text: str) -> LostResponseError:
    """Return an error with more text."""
    return LostResponseError(f"{error.message}; {text}", error.status)


PERHAPS = "it may have been created anyway"
LOOK = "look for it in GitLab before the next `pulumi up`"
_SKEW = timedelta(seconds=1)
"""The largest difference between the clocks of one GitLab's machines."""
