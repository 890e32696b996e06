"""Stopping an environment, which GitLab requires before it deletes one.

See https://docs.gitlab.com/api/environments/#stop-an-environment.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import (
    BAD_REQUEST,
    CancelledError,
    GitLabError,
    LostResponseError,
)
from pulumi_gitlab_kubernetes.gitlab.collection import Collection

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.core.context import CallContext

_LONGEST_PAUSE = 15.0
"""Seconds between two requests for the environment's state, at most."""


def stop(collection: Collection, id_: int, olds: Values, context: CallContext) -> None:
    """Stop an environment, whatever its state is.

    Args:
        collection: The project's environments.
        id_: The environment's ID.
        olds: The outputs in the state, which say how to stop it and how long to wait.
        context: What the call can use.

    Raises:
        GitLabError: GitLab rejected the request, or the environment did not stop in time.
    """
    force = bool(olds.get("force_stop", False))
    environment = _begin(collection, id_, olds, context, force=force)
    _wait(collection, environment, olds, context)


def _begin(
    collection: Collection, id_: int, olds: Values, context: CallContext, *, force: bool
) -> Values:
    """Request the stop, and repeat the request while it has no effect on the state."""
    failure = GitLabError("no response")
    for _attempt in context.client(olds).attempts():
        try:
            return collection.stop(id_, force=force)
        except GitLabError as error:
            # 400 if it has stopped or is stopping. A forced stop can then even cause a 500.
            if error.status != BAD_REQUEST and not isinstance(error, LostResponseError):
                raise
            failure = error
        environment = collection.get(id_)
        if environment["state"] != "available":
            return environment
        # With this setting and no on-stop job, GitLab requires force.
        needs_force = environment.get("auto_stop_setting") == "with_action" and not force
        if failure.status == BAD_REQUEST and needs_force:
            force = True
        elif not (isinstance(failure, LostResponseError) and failure.retryable):
            break
    raise failure


def _wait(collection: Collection, environment: Values, olds: Values, context: CallContext) -> None:
    limit, setting = float(olds.get("stop_timeout", 1200)), context.spelling["stop_timeout"]
    if (context.time_limit or math.inf) < limit:
        limit = float(context.time_limit or 0)
        setting = f"the delete of {context.spelling['custom_timeouts']}"
    started = time.monotonic()
    pause = 1.0
    while (state := environment["state"]) != "stopped":
        waited = time.monotonic() - started
        if state == "available":
            raise GitLabError(
                "it is available again, because its on-stop job failed: fix the job, or "
                f"{context.spelling.before_destroy('force_stop')}"
            )
        if waited >= limit:
            raise GitLabError(
                f"it is still {state} after {waited:.0f} s: let its on-stop job finish, raise "
                f"{setting}, or {context.spelling.before_destroy('force_stop')}"
            )
        context.log_status(
            f"{state}: waiting for its on-stop job ({waited:.0f} s of {limit:.0f} s)"
        )
        if not context.client(olds).deadline.pause(min(pause, max(limit - waited, 0.1))):
            raise CancelledError
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        context.client(olds)  # Restarts the client's deadline, which a long wait would exceed.
        environment = collection.get(environment["id"])
