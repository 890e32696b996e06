"""Creating a resource that GitLab keeps unique: it rejects a second one with the same identity.

So the request can be repeated after a lost response, however late the first one arrives.
"""

from __future__ import annotations

from pulumi_gitlab_kubernetes.core.adoption import adopt
from pulumi_gitlab_kubernetes.core.claims import OWN
from pulumi_gitlab_kubernetes.core.creation import Creation
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import GitLabError, LostResponseError


class UniqueCreation(Creation[Kind]):
    """Creates a unique resource, or adopts the existing one with its identity."""

    def create(self) -> Values:
        """Create it, or adopt the existing one if the user allows it."""
        try:
            created = self.send()
        except GitLabError as error:
            lost = isinstance(error, LostResponseError)
            if error.status != self.kind.taken_status and not lost:
                raise
            existing = self._existing()
            if existing is None:
                raise
            if self.context.adopts(self.inputs) and not self.claimed_by(existing):
                ids = (*self.parents, existing["id"])
                return adopt(
                    self.kind, self.client, ids, existing, self.inputs, context=self.context
                )
            message = f"{error.message}; {self._conflict(existing)}"
            advice = f": {self._advice(existing)}"
            raise GitLabError(message, error.status, advice=advice) from error
        self.note_created(created)
        return created

    def lost_create_candidates(self) -> list[Values]:
        """Return the resource with this identity, whoever created it."""
        found = self.kind.find(self.collection, self.inputs)
        return [] if found is None else [found]

    def is_unclear(self, *, ours: bool | None) -> bool:
        """Return whether another resource has this identity."""
        return not ours

    def settle(self, error: GitLabError) -> Values | None:
        """Find what a lost request created."""
        self.client.deadline.left()  # The deadline starts now.
        found, conflicting = self.recover_all(error)
        if conflicting:
            raise error  # The caller describes the conflict.
        return found

    def recover_lost_create(self, found: Values) -> Values | None:
        """Use it as the response."""
        self.context.log_info(
            f"used after a lost response: {self.kind.noun} {self.kind.listed([found])}; if another "
            "stack created it at that moment, only one of them may keep it"
        )
        return found

    def _existing(self) -> Values | None:
        """Return the resource with this identity, if there is one and GitLab responds."""
        try:
            return self.kind.find(self.collection, self.inputs)
        except GitLabError:
            return None

    def _conflict(self, found: Values) -> str:
        conflict, identity = "it already exists", self.kind.unique_input
        if identity not in {"", self.kind.name_input}:
            noun = self.kind.noun.split()[-1]
            value = f'{self.context.spelling[identity]} "{self.inputs[identity]}"'
            conflict = f'{value} is already used by {noun} "{found["name"]}"'
        return f"{conflict} with the id {self.kind.listed([found])}"

    def _advice(self, found: Values) -> str:
        identity, claimed_by = self.kind.unique_input, self.claimed_by(found)
        spelling, once = self.context.spelling, self.context.adopt_once_setting
        option = spelling.option("delete_before_replace")
        if not claimed_by:
            choose = f"choose another {spelling[identity]}, " if identity else ""
            return (
                f"a forced replacement (--target-replace) needs {option}; otherwise {choose}delete "
                f"the existing one first, or adopt it with {spelling.option('adopt_existing')}"
                f"{f' or, for one run, {once}' if once else ''}"
            )
        if claimed_by == OWN:
            return f"it belongs to this resource, whose replacement needs {option}"
        return f"it is declared twice, {claimed_by} already has it: {_ONCE}"


_ONCE = "declare it once, or remove it from the other resource in an earlier `pulumi up`"
