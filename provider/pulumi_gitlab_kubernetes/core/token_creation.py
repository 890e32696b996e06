"""Creating a resource that is not unique, and whose secret only the create returns: a token.

A lost response means a lost value, so the token is revoked. A request without any response may
still arrive. Before the next one is sent, the provider looks for its token for as long as the
request timeout (`requestTimeout`), and once more after that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pulumi_gitlab_kubernetes.core.adoption import differing
from pulumi_gitlab_kubernetes.core.claims import Key
from pulumi_gitlab_kubernetes.core.creation import LOOK, PERHAPS, Creation, add
from pulumi_gitlab_kubernetes.core.kind import TokenKind
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import BAD_REQUEST, GitLabError, LostResponseError
from pulumi_gitlab_kubernetes.gitlab.objects import look_up


class TokenCreation(Creation[TokenKind]):
    """Creates a token, and leaves no token behind whose value nobody knows."""

    def create(self) -> Values:
        """Create it."""
        unclaimed = [] if self._agent_is_new() else self._unclaimed()
        with self._limit_explained():
            try:
                created = self.send()
            except GitLabError as error:
                if not self._revoke_left_behind(error):
                    raise
                created, unclaimed = self.send(), []
        self.note_created(created)
        if self.unresolved:
            self._revoke_late_tokens()
        if unclaimed := [found for found in unclaimed if not self.claimed_by(found)]:
            self.context.log_info(
                "also active, never used, and of no resource in this run: "
                f"{self.kind.listed(unclaimed)}; revoke in GitLab what a failed or killed run "
                f"has left there{_UNLESS_FORCED}"
            )
        return created

    def lost_create_candidates(self) -> list[Values]:
        """Return the active tokens with this name that no resource of the program claims."""
        return self.kind.lost_create_candidates(self.collection, self.inputs, self.claimed_by)

    def settle(self, error: GitLabError) -> Values | None:
        """Find what a lost request created. Wait for it if it may still arrive."""
        self.client.deadline.left()  # The deadline starts now.
        for _look in self.client.attempts("a request without a response may still arrive"):
            over = time.monotonic() >= self.may_arrive_until
            found, unclear = self.recover_all(error)
            if unclear:
                listed = self.kind.listed(unclear)
                raise add(
                    error, f"{PERHAPS}, as one of {listed}: revoke it in GitLab if nobody uses it"
                )
            if not self.unresolved or over:
                return found
        raise add(error, f"{PERHAPS}, or may be created later; {LOOK}")

    def created_meanwhile(self, created: datetime) -> bool | None:
        """Return the same; a request that was cut off may arrive at any time after it.

        A token that is younger than all of these requests is of unknown origin.
        """
        meanwhile, clock = super().created_meanwhile(created), self.client.clock
        if meanwhile is not False:
            return meanwhile
        began = [(clock.at(each.sent), each.late) for each in self.lost]
        later = [late for start, late in began if start is not None and start <= created]
        if any(later):
            return True
        return None if later else False

    def is_ours(self, found: Values) -> bool | None:
        """Return the same; `None` for a token that has been used."""
        ours = super().is_ours(found)
        return None if ours and found.get("last_used_at") else ours

    def recover_lost_create(self, found: Values) -> None:
        """Revoke it."""
        self.collection.delete(found["id"])
        listed = self.kind.listed([found])
        self.context.log_info(f"revoked {listed}: a request without a response had created it")

    def _revoke_late_tokens(self) -> None:
        """Revoke tokens that lost requests have created by now, and log what is uncertain."""
        unclear: list[Values] = []
        try:
            ours, unclear = self.classify_candidates()
            for found in ours:
                self.recover_lost_create(found)
                self.unresolved -= 1
        except GitLabError:
            pass  # Logged below.
        if unclear:
            listed = self.kind.listed(unclear)
            self.context.log_info(
                f"a request without a response may have created {listed}: check GitLab"
            )
        elif self.unresolved and self.may_arrive_until:
            self.context.log_info(
                "the outcome of a request without a response is unknown: check GitLab for another "
                f"{self.kind.noun} of this name"
            )

    # Tokens that an earlier run lost ------------------------------------------------------------

    def _agent_is_new(self) -> bool:
        """Return whether this run has created the agent, so that no earlier run lost a token."""
        parent = Key(self.client.connection.url, self.kind.parent, self.parents)
        return self.context.run.claims.has_created((parent,))

    def _unclaimed(self) -> list[Values]:
        """Return the unused tokens of this name and user that no known resource claims."""
        try:
            unused = [
                found for found in self.lost_create_candidates() if not found.get("last_used_at")
            ]
            user = self.client.user_id() if unused else None
        except GitLabError:
            return []  # They are only needed for a message, or revoked if they are certain.
        creator = self.kind.creator_key
        return [
            found
            for found in unused
            if look_up(found, creator)[1] == user and not self.claimed_by(found)
        ]

    def _left_behind(self) -> Values | None:
        """Return the token that an earlier run lost, if there is exactly one candidate."""
        left = [
            found for found in self._unclaimed() if not differing(self.kind, found, self.inputs)
        ]
        return left[0] if len(left) == 1 else None

    def _revoke_left_behind(self, error: GitLabError) -> bool:
        """Revoke the token that an earlier run lost, if the limit is reached and the user allows.

        Args:
            error: GitLab's error.

        Returns:
            Whether a token was revoked.
        """
        if error.status != BAD_REQUEST or not self.context.adopt_once or self._limit() is None:
            return False
        if (found := self._left_behind()) is None:
            return False
        listed = self.kind.listed([found])
        try:
            self.collection.delete(found["id"])
        except GitLabError as failed:
            message = f"{error.message}; {listed} could not be revoked: {failed.message}"
            raise GitLabError(message, error.status) from failed
        self.context.log_info(
            f"revoked {listed}: of no resource in this run, never used, and with the same inputs, "
            "so a killed run had created it"
        )
        return True

    # GitLab's limit of active tokens ------------------------------------------------------------

    @contextmanager
    def _limit_explained(self) -> Iterator[None]:
        """Add the active tokens and advice to GitLab's error if the limit is the reason."""
        try:
            yield
        except GitLabError as error:
            lost = isinstance(error, LostResponseError)
            if lost or error.status != BAD_REQUEST or (limit := self._limit()) is None:
                raise
            why, advice = limit
            advice = advice.format_map(self.context.spelling)
            setting = self.context.adopt_once_setting
            if setting and (found := self._left_behind()):
                revokes = f"which revokes {found['id']}, {_UNCLAIMED}"
                advice += f"; or run `{setting} pulumi up` once, {revokes}"
            raise GitLabError(f"{error.message}; {why}", error.status, advice=advice) from error

    def _limit(self) -> tuple[str, str] | None:
        try:
            return self.kind.limit(self.collection, self.inputs, self.claimed_by)
        except GitLabError:
            return None  # The first error is shown as it is.


_UNLESS_FORCED = "; with a forced replacement, it may be the token that is replaced: keep it then"
"""The engine asks for no diff of a resource that `--target-replace` or a taint replaces."""
_UNCLAIMED = f"a token that no resource in this run has and nobody has used{_UNLESS_FORCED}"
