"""Making a thing once, also when GitLab's answer to that is lost.

Whoever sends such a request again without a look makes a second thing, or is told that the name is
taken. So GitLab is asked first. What is there under this identity, is as asked for, belongs to the
token's user, was made while such a request was on its way, and not by this process for another
resource, is what the request made, and serves as its answer. Where there is none, the request goes
again: of two things with one name GitLab refuses the second, however late the first one arrives.

Tokens are not unique by name, and a lost answer has lost the value: what such a request made is
revoked. Where there was no answer at all the request may still be on its way: before another one is
sent GitLab is asked for as long as for an answer (`requestTimeout`), and once more after that one.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ._adoption import OWN, adopt, differing, holders
from ._clock import moment
from ._connection import Client
from ._descriptions import look_up
from ._fields import Values
from ._managers import Collection
from .errors import BAD_REQUEST, GitLabError, LostAnswerError

if TYPE_CHECKING:
    from ._provider import Provider
    from ._session import Session

_MADE: dict[tuple[str, str, tuple[int, ...]], str] = {}
"""What this process has made, each with the URN of the resource that it was made for."""
_LOCKS: defaultdict[object, threading.Lock] = defaultdict(threading.Lock)
_LOCK = threading.Lock()


def create(
    provider: Provider,
    client: Client,
    parents: tuple[int, ...],
    inputs: Values,
    session: Session,
) -> Values:
    """Make a thing, or take over what has its identity where that is asked for.

    Args:
        provider: The provider of things of this kind.
        client: The client to use.
        parents: The ids of what the thing belongs to, outermost first.
        inputs: Checked inputs.
        session: What the call may use.

    Returns:
        GitLab's description of the thing.

    Raises:
        GitLabError: GitLab refused, or did not answer in time; the message says what is there.
    """
    things = provider.collection(client, parents)
    key = client.connection.url, provider.name, parents, inputs.get(provider.identity or "name")
    with _LOCK:
        lock = _LOCKS[key]
    with lock:  # Else what another thread's request has just made could be taken for this one's.
        creation = _Creation(provider, client, things, parents, inputs, session)
        try:
            return creation.make()
        except GitLabError as error:
            lost = isinstance(error, LostAnswerError)
            if error.status != BAD_REQUEST and not lost:
                raise
            found = creation.there()
            if lost and found is None:
                raise
            if found is not None and session.adopts(inputs) and not creation.holder(found):
                ids = (*parents, int(found["id"]))
                return adopt(provider, client, ids, found, inputs, resource=session.resource)
            raise creation.refusal(error, found) from error


class _Lost(NamedTuple):
    """A request with an unknown outcome: when it was sent, until when GitLab may carry it out.

    A request that was cut off may arrive even later. This matters for tokens, of which GitLab does
    not refuse a second one with the same name.
    """

    sent: float
    until: float
    late: bool


@dataclass
class _Creation:
    """The requests that it takes until it is certain what came of one creation."""

    provider: Provider
    client: Client
    things: Collection
    parents: tuple[int, ...]
    inputs: Values
    session: Session
    lost: list[_Lost] = field(default_factory=list)
    missing: int = 0
    """How many requests were lost of which nothing has been found."""
    patience: float = 0.0
    """Until when one of them may still arrive, by `time.monotonic()`."""

    def make(self) -> Values:
        """Send the request, again where nothing came of it, and return what was made."""
        unclaimed = [] if self._is_all_ours() else self._unclaimed()
        try:
            answer = self._make()
        except GitLabError as error:
            if not self._make_room(error):
                raise
            answer, unclaimed = self._make(), []
        _MADE[self._key(answer)] = self.session.resource
        if self.missing and self.provider.identity is None:
            self._sweep()
        if unclaimed := [thing for thing in unclaimed if not self.holder(thing)]:
            self.session.tell(
                "also active, never used, and of no resource in this run: "
                f"{self.provider.listed(unclaimed)}; revoke in GitLab what a failed or killed run "
                "has left there"
            )
        return answer

    def _make(self) -> Values:
        payload = self.provider.schema.payload(self.inputs)
        lost: LostAnswerError | None = None
        for _attempt in self.client.attempts():
            sent = time.monotonic()
            try:
                return self.things.create(payload)
            except LostAnswerError as error:
                lost = error
                self.missing += 1
                until = time.monotonic()
                if error.late:
                    until = self.patience = until + self.client.connection.timeout
                self.lost.append(_Lost(sent, until, late=error.late))
                if (found := self._settle(error)) is not None:
                    return found
                if not error.again:
                    break
            except GitLabError as error:
                if lost is None or error.status != BAD_REQUEST:
                    raise
                # Perhaps what stands in the way is what a lost request has made meanwhile.
                missing = self.missing
                if (found := self._settle(error)) is not None:
                    return found
                if self.missing == missing:
                    raise
        lost = lost or LostAnswerError("no answer", again=True)
        if self.missing and not lost.status and not lost.again:
            raise _add(lost, f"{_PERHAPS}; {_LOOK}")  # Who shows none may not be GitLab either.
        raise _add(lost, "nothing of it is there so far")

    def _settle(self, error: GitLabError) -> Values | None:
        """Find what a lost request made, waiting for it where it may still arrive."""
        self.client.deadline.left()  # It counts from here.
        for _look in self.client.attempts("a request without an answer may still arrive"):
            over = time.monotonic() >= self.patience
            found = self._claim(error)
            if not self.missing or over or self.provider.identity is not None:
                return found
        raise _add(error, f"{_PERHAPS} later; {_LOOK}")

    def _claim(self, error: GitLabError) -> Values | None:
        """Take what was made; `None` when nothing was, or nothing that could be kept."""
        found = None
        try:
            mine, unclear = self._judge()
            for thing in mine:
                found = self._recover(thing)
                self.missing -= 1
        except GitLabError as failed:
            raise _add(error, f"{_PERHAPS}; {_LOOK}") from failed
        if unclear and self.provider.identity is not None:
            raise error  # What is there is something else: the caller says what.
        if unclear:
            listed = self.provider.listed(unclear)
            raise _add(error, f"{_PERHAPS}, as one of {listed}: revoke it there if nobody uses it")
        return found

    def _judge(self) -> tuple[list[Values], list[Values]]:
        """Return what these requests made, and what they may have made or is in their way."""
        things = self.provider.candidates(self.things, self.inputs, self.holder)
        judged = [(thing, self._is_ours(thing)) for thing in things]
        mine = [thing for thing, ours in judged if ours]
        unique = self.provider.identity is not None
        unclear = [thing for thing, ours in judged if ours is None or (unique and not ours)]
        if len(mine) > self.missing:  # Then somebody else makes the same at this moment.
            return [], [*mine, *unclear]
        return mine, unclear

    def _is_ours(self, thing: Values) -> bool | None:
        """Tell whether these requests made a thing; `None` where that cannot be told.

        GitLab shows neither maker nor time of a URL configuration, and no maker of an environment:
        there it is enough that all that it shows is as asked for.
        """
        ids = (*self.parents, int(thing["id"]))
        thing = self.provider.reveal(self.client, ids, thing, self.inputs)
        if self._key(thing) in _MADE or differing(self.provider, thing, self.inputs):
            return False
        made = moment(thing.get("created_at"))
        if made is not None and (meanwhile := self._made_meanwhile(made)) is not True:
            return meanwhile
        if creator := self.provider.creator:
            try:
                user = self.client.user_id()
            except GitLabError:
                return None
            if look_up(thing, creator)[1] != user:
                return False
        return None if thing.get("last_used_at") else True

    def _made_meanwhile(self, made: datetime) -> bool | None:
        """Return whether GitLab made something while it may have been working on a lost request.

        `None` if that is unknown, as for a token that is younger than all these requests.
        """
        clock, tokens = self.client.clock, self.provider.identity is None
        younger = False
        for each in self.lost:
            began, ended = clock.at(each.sent), clock.at_latest(each.until)
            if began is None or ended is None:
                return None
            younger = younger or began <= made
            if began <= made and (made <= ended + _SKEW or (tokens and each.late)):
                return True
        return None if younger and tokens else False

    def _sweep(self) -> None:
        """Clear away what a lost request has made after all, and tell what is not known of any."""
        unclear: list[Values] = []
        try:
            mine, unclear = self._judge()
            for thing in mine:
                self._recover(thing)
                self.missing -= 1
        except GitLabError:
            pass  # Then it is not known either.
        if unclear:
            listed = self.provider.listed(unclear)
            self.session.tell(f"a request without an answer may have made {listed}: look at GitLab")
        elif self.missing and self.patience:
            self.session.tell(
                "what came of a request without an answer is not known: look at GitLab for another "
                f"{self.provider.noun} of this name"
            )

    def _recover(self, thing: Values) -> Values | None:
        """Take what a lost request made, or delete what is of no use, and say so."""
        found = self.provider.recover(self.things, thing)
        listed = self.provider.listed([thing])
        if found is None:
            self.session.tell(f"revoked {listed}: a request without an answer had made it")
        else:
            self.session.tell(
                f"taken after a lost answer: {self.provider.noun} {listed}; if another stack made "
                "it at that moment, only one of them may keep it"
            )
        return found

    # What an earlier run has lost ---------------------------------------------------------------

    def _is_all_ours(self) -> bool:
        """Return whether no earlier run can have lost one: names are unique, or agents new."""
        parent = self.client.connection.url, self.provider.parent, self.parents
        return self.provider.identity is not None or parent in _MADE

    def _unclaimed(self) -> list[Values]:
        """Return those of this name and user that were never used and no known resource has."""
        try:
            things = self.provider.candidates(self.things, self.inputs, self.holder)
            unused = [thing for thing in things if not thing.get("last_used_at")]
            user = self.client.user_id() if unused else None
        except GitLabError:
            return []  # It is for a message alone, or for what is done only where it is certain.
        creator = self.provider.creator
        return [
            thing
            for thing in unused
            if look_up(thing, creator)[1] == user and not self.holder(thing)
        ]

    def _left_behind(self) -> Values | None:
        """Return the one thing that an earlier run has lost, if it is certain which."""
        found = [
            thing for thing in self._unclaimed() if not differing(self.provider, thing, self.inputs)
        ]
        return found[0] if len(found) == 1 else None

    def _make_room(self, error: GitLabError) -> bool:
        """Revoke what an earlier run has lost where it is in the way, if this run may do so."""
        if self.provider.identity is not None or error.status != BAD_REQUEST:
            return False
        if not self.session.adopts_once or self._taken(None) is None:
            return False
        if (thing := self._left_behind()) is None:
            return False
        listed = self.provider.listed([thing])
        try:
            self.provider.recover(self.things, thing)
        except GitLabError as failed:
            said = f"{error.said}; {listed} could not be revoked: {failed.said}"
            raise GitLabError(said, error.status) from failed
        self.session.tell(
            f"revoked {listed}: of no resource in this run, never used, and as asked for here, so "
            "a run that was killed had made it"
        )
        return True

    # Where GitLab refuses it --------------------------------------------------------------------

    def there(self) -> Values | None:
        """Find what has the identity already, if GitLab can be asked."""
        try:
            return self.provider.find(self.things, self.inputs)
        except GitLabError:
            return None

    def holder(self, thing: Values) -> str:
        """Name the resource of the running program that has a thing; empty where none has."""
        key = url, _name, ids = self._key(thing)
        urns = holders(self.provider, url, ids) | ({_MADE[key]} if key in _MADE else set())
        if not urns:
            return ""
        others = sorted(urns - {self.session.resource, ""})
        if others:
            return f'resource "{others[0].split("::", 3)[-1]}"'
        return OWN if self.session.resource else "another resource"

    def refusal(self, error: GitLabError, found: Values | None) -> GitLabError:
        """Add to what GitLab said what is there, and what to do.

        Args:
            error: What GitLab said.
            found: What has the identity already.
        """
        if (taken := self._taken(found)) is None:
            return error
        why, advice = taken
        if found is not None:
            advice = f": {self._way_out(found)}"
        elif self.provider.identity is None and (thing := self._left_behind()):
            advice += (
                f"; or run `{_ADOPT} pulumi up` once, which revokes {thing['id']}, {_UNCLAIMED}"
            )
        return GitLabError(f"{error.said}; {why}", error.status, advice=advice)

    def _taken(self, found: Values | None) -> tuple[str, str] | None:
        try:
            return self.provider.taken(self.things, self.inputs, found, self.holder)
        except GitLabError:
            return None  # What GitLab said first is then all that there is to say.

    def _way_out(self, found: Values) -> str:
        identity, holder = self.provider.identity, self.holder(found)
        if not holder:
            choose = f"choose another {identity}, " if identity else ""
            return f"{_REPLACEMENT}; else {choose}delete that one first, or {_TAKE_OVER}"
        if holder == OWN:
            return "it is this resource's own, whose replacement needs delete_before_replace=True"
        return f"it is declared twice, {holder} has it already: {_ONCE}"

    def _key(self, thing: Values) -> tuple[str, str, tuple[int, ...]]:
        ids = (*self.parents, int(thing["id"]))
        return self.client.connection.url, self.provider.name, ids


def _add(error: GitLabError, text: str) -> LostAnswerError:
    return LostAnswerError(f"{error.said}; {text}", error.status)


_SKEW = timedelta(seconds=1)
"""How far the clocks of one GitLab's machines may be apart."""
_PERHAPS = "it may have been made all the same"
_LOOK = "look for it at GitLab before the next `pulumi up`"
_REPLACEMENT = "a forced replacement (--target-replace) needs delete_before_replace=True"
_ADOPT = "PULUMI_GITLAB_ADOPT_EXISTING=1"
_TAKE_OVER = f"take it over with adopt_existing=True or, for one run, {_ADOPT}"
_UNCLAIMED = "a token that no resource in this run has and nobody has used"
_ONCE = "declare it once, or have the other resource give it up in an earlier `pulumi up`"
