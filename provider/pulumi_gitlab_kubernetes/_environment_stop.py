"""Stopping an environment, as GitLab wants before it deletes one.

See https://docs.gitlab.com/api/environments/#stop-an-environment.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from ._fields import Values
from ._managers import Collection
from .errors import BAD_REQUEST, GitLabError, LostAnswerError

if TYPE_CHECKING:
    from ._session import Session

_LONGEST_PAUSE = 15.0


def stop(things: Collection, id_: int, olds: Values, session: Session) -> None:
    """Bring an environment to `stopped`, from whatever state it is in.

    Args:
        things: The project's environments.
        id_: The environment's id.
        olds: The outputs in the state, which say how to stop it and how long to wait.
        session: What the call may use.

    Raises:
        GitLabError: GitLab refused, or the environment has not stopped in time.
    """
    force = bool(olds.get("force_stop", False))
    environment = _begin(things, id_, olds, session, force=force)
    _wait(things, environment, olds, session)


def _begin(things: Collection, id_: int, olds: Values, session: Session, *, force: bool) -> Values:
    """Ask GitLab to stop it, again only where its state says that nothing came of it."""
    refusal = GitLabError("no answer")
    for _attempt in session.client(olds).attempts():
        try:
            return things.stop(id_, force=force)
        except GitLabError as error:
            # 400 when it has stopped, or is about to; a forced stop then even ends in a 500.
            if error.status != BAD_REQUEST and not isinstance(error, LostAnswerError):
                raise
            refusal = error
        environment = things.get(id_)
        if environment["state"] != "available":
            return environment
        # With this setting and no on-stop job GitLab only ever stops by force.
        idle = environment.get("auto_stop_setting") == "with_action" and not force
        if refusal.status == BAD_REQUEST and idle:
            force = True
        elif not (isinstance(refusal, LostAnswerError) and refusal.again):
            break
    raise refusal


def _wait(things: Collection, environment: Values, olds: Values, session: Session) -> None:
    limit, lever = float(olds.get("stop_timeout", 1200)), "stop_timeout"
    if (session.time_limit or math.inf) < limit:
        limit, lever = float(session.time_limit or 0), "the delete of custom_timeouts"
    started = time.monotonic()
    pause = 1.0
    while (state := environment["state"]) != "stopped":
        waited = time.monotonic() - started
        if state == "available":
            raise GitLabError(
                "it is available again, since its on-stop job failed: fix that job, or set "
                "force_stop=True and run `pulumi up` first"
            )
        if waited >= limit:
            raise GitLabError(
                f"it is still {state} after {waited:.0f} s: let its on-stop job end, raise "
                f"{lever}, or set force_stop=True and run `pulumi up` first"
            )
        session.say(f"{state}: waiting for its on-stop job ({waited:.0f} s of {limit:.0f} s)")
        time.sleep(min(pause, max(limit - waited, 0.1)))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        session.client(olds)  # A wait may last longer than what a failure in it may take.
        environment = things.get(environment["id"])
