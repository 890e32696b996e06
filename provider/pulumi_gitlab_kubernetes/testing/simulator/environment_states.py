"""The states of an environment, and the workers that change them once the time has come.

What acts later is a row in `jobs`. It acts when somebody next looks, in the order in which it was
due and as of that time, so nothing has to run in the background and a moved clock needs no waiting.
GitLab's own workers for the dates look once an hour; here they are on time.

Follows https://docs.gitlab.com/ci/environments/#stopping-an-environment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pulumi_gitlab_kubernetes.testing.simulator.store import (
    Row,
    Store,
    from_timestamp,
    to_timestamp,
)

_LONG_STOP = timedelta(days=7)


def may_stop(row: Row) -> bool:
    """Tell whether a plain stop does anything: `with_action` alone does not stop without a job."""
    idle = row["auto_stop_setting"] == "with_action" and not row["on_stop_job"]
    return row["state"] == "available" and not idle


def begin_stop(store: Store, row: Row, at: datetime | None = None) -> Row:
    """Stop at once, or wait in `stopping` for the job.

    Args:
        store: the state.
        row: an environment that may stop.
        at: when; None is now.
    """
    at = at or store.now()
    if not row["on_stop_job"]:
        return complete_stop(store, row, at)
    _forget(store, "finish_stop_job", row)
    if row["on_stop_seconds"] is not None:
        ends_at = at + timedelta(seconds=row["on_stop_seconds"])
        schedule(store, "finish_stop_job", row, ends_at)
    schedule(store, "recover", row, at + _LONG_STOP)
    return _to(store, row, "stopping", at)


def complete_stop(store: Store, row: Row, at: datetime | None = None) -> Row:
    """Make an environment `stopped`, whatever it waited for."""
    at = at or store.now()
    _forget(store, "finish_stop_job", row)
    store.update("environments", row["id"], auto_stop_at=None)
    row = _to(store, row, "stopped", at)
    if row["auto_delete_at"]:  # from an earlier stop, perhaps long due
        schedule(store, "auto_delete", row, from_timestamp(row["auto_delete_at"]))
    return row


def start(store: Store, row: Row, at: datetime | None = None) -> Row:
    """Make an environment `available`, as a deployment does and a stop job that failed."""
    return row if row["state"] == "available" else _to(store, row, "available", at or store.now())


def watch_auto_stop(store: Store, row: Row) -> None:
    """Have an environment stopped at its `auto_stop_at`, or soon when that has passed."""
    _forget(store, "auto_stop", row)
    if row["auto_stop_at"]:
        schedule(store, "auto_stop", row, from_timestamp(row["auto_stop_at"]))


def schedule(store: Store, worker: str, row: Row, due: datetime) -> None:
    """Have a worker look at an environment at a time to come.

    Args:
        store: the state.
        worker: a key of `WORKERS`.
        row: the environment.
        due: when; a time that has passed is now.
    """
    due_at = to_timestamp(max(due, store.now()))
    store.insert("jobs", worker=worker, environment_id=row["id"], due_at=due_at)


def settle(store: Store) -> None:
    """Let what was due by now have happened."""
    now = store.timestamp()
    # The time is not part of the question: the store still knows the answer from last time.
    while (due := store.scalar("SELECT min(due_at) FROM jobs")) and due <= now:
        job = store.all("SELECT * FROM jobs WHERE due_at = ? ORDER BY id LIMIT 1", due)[0]
        store.delete("jobs", job["id"])
        row = store.fetch("environments", job["environment_id"])
        WORKERS[job["worker"]](store, row, from_timestamp(job["due_at"]))


def _to(store: Store, row: Row, state: str, at: datetime) -> Row:
    return store.update("environments", row["id"], state=state, updated_at=to_timestamp(at))


def _forget(store: Store, worker: str, row: Row) -> None:
    store.execute("DELETE FROM jobs WHERE worker = ? AND environment_id = ?", worker, row["id"])


def _finish_stop_job(store: Store, row: Row, at: datetime) -> None:
    # Its success stops the environment even when a deployment made it available again meanwhile.
    if row["state"] != "stopped":
        complete_stop(store, row, at)


def _recover(store: Store, row: Row, at: datetime) -> None:
    """Give up on a stop whose job has been running for a week."""
    if row["state"] == "stopping" and from_timestamp(row["updated_at"]) <= at - _LONG_STOP:
        start(store, row, at)


def _stop(store: Store, row: Row, at: datetime) -> None:
    if may_stop(row):
        begin_stop(store, row, at)


def _auto_stop(store: Store, row: Row, at: datetime) -> None:
    # The date may have been moved since this was scheduled.
    if row["auto_stop_at"] and row["auto_stop_at"] <= to_timestamp(at):
        _stop(store, row, at)


def _auto_delete(store: Store, row: Row, at: datetime) -> None:
    # What runs again is spared until it is stopped.
    due = row["auto_delete_at"] and row["auto_delete_at"] <= to_timestamp(at)
    if due and row["state"] == "stopped":
        store.delete("environments", row["id"])


WORKERS: dict[str, Callable[[Store, Row, datetime], None]] = {
    "finish_stop_job": _finish_stop_job,
    "recover": _recover,
    "stop_stale": _stop,
    "auto_stop": _auto_stop,
    "auto_delete": _auto_delete,
}
