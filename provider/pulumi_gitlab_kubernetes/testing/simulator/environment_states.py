"""The states of an environment, and the background jobs that change them.

A pending job is a row in `jobs`. Due jobs run before the next request, in the order of their due
times and as of those times. So nothing runs in the background, and moving the clock needs no
waiting. GitLab checks dates once an hour; the simulator is exact.

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


def can_stop(row: Row) -> bool:
    """Return whether a plain stop has an effect: not for `with_action` without a job."""
    idle = row["auto_stop_setting"] == "with_action" and not row["on_stop_job"]
    return row["state"] == "available" and not idle


def begin_stop(store: Store, row: Row, at: datetime | None = None) -> Row:
    """Stop at once, or wait in `stopping` for the job.

    Args:
        store: The database.
        row: An environment that can be stopped.
        at: The time; None for now.
    """
    at = at or store.now()
    if not row["on_stop_job"]:
        return complete_stop(store, row, at)
    _cancel(store, "finish_stop_job", row)
    if row["on_stop_seconds"] is not None:
        ends_at = at + timedelta(seconds=row["on_stop_seconds"])
        schedule(store, "finish_stop_job", row, ends_at)
    schedule(store, "recover", row, at + _LONG_STOP)
    return _to(store, row, "stopping", at)


def complete_stop(store: Store, row: Row, at: datetime | None = None) -> Row:
    """Make an environment `stopped`, in any state, and cancel its stop job."""
    at = at or store.now()
    _cancel(store, "finish_stop_job", row)
    store.update("environments", row["id"], auto_stop_at=None)
    row = _to(store, row, "stopped", at)
    if row["auto_delete_at"]:  # from an earlier stop, possibly due
        schedule(store, "auto_delete", row, from_timestamp(row["auto_delete_at"]))
    return row


def start(store: Store, row: Row, at: datetime | None = None) -> Row:
    """Make an environment `available`, as a deployment or a failed stop job does."""
    return row if row["state"] == "available" else _to(store, row, "available", at or store.now())


def schedule_auto_stop(store: Store, row: Row) -> None:
    """Schedule an environment's stop at its `auto_stop_at`, or now if that has passed."""
    _cancel(store, "auto_stop", row)
    if row["auto_stop_at"]:
        schedule(store, "auto_stop", row, from_timestamp(row["auto_stop_at"]))


def schedule(store: Store, worker: str, row: Row, due: datetime) -> None:
    """Schedule a job for an environment.

    Args:
        store: The database.
        worker: A key of `WORKERS`.
        row: The environment.
        due: The due time; a past time means now.
    """
    due_at = to_timestamp(max(due, store.now()))
    store.insert("jobs", worker=worker, environment_id=row["id"], due_at=due_at)


def run_due_jobs(store: Store) -> None:
    """Run the jobs that are due."""
    now = store.timestamp()
    # The query has no time in it, so that the store has cached its row.
    while (due := store.scalar("SELECT min(due_at) FROM jobs")) and due <= now:
        job = store.all("SELECT * FROM jobs WHERE due_at = ? ORDER BY id LIMIT 1", due)[0]
        store.delete("jobs", job["id"])
        row = store.fetch("environments", job["environment_id"])
        WORKERS[job["worker"]](store, row, from_timestamp(job["due_at"]))


def _to(store: Store, row: Row, state: str, at: datetime) -> Row:
    return store.update("environments", row["id"], state=state, updated_at=to_timestamp(at))


def _cancel(store: Store, worker: str, row: Row) -> None:
    store.execute("DELETE FROM jobs WHERE worker = ? AND environment_id = ?", worker, row["id"])


def _finish_stop_job(store: Store, row: Row, at: datetime) -> None:
    # Success stops the environment even if a deployment made it available meanwhile.
    if row["state"] != "stopped":
        complete_stop(store, row, at)


def _recover(store: Store, row: Row, at: datetime) -> None:
    """Make an environment `available` if its stop job has been running for a week."""
    if row["state"] == "stopping" and from_timestamp(row["updated_at"]) <= at - _LONG_STOP:
        start(store, row, at)


def _stop(store: Store, row: Row, at: datetime) -> None:
    if can_stop(row):
        begin_stop(store, row, at)


def _auto_stop(store: Store, row: Row, at: datetime) -> None:
    # The date may have changed since this was scheduled.
    if row["auto_stop_at"] and row["auto_stop_at"] <= to_timestamp(at):
        _stop(store, row, at)


def _auto_delete(store: Store, row: Row, at: datetime) -> None:
    # An environment that is available again is kept until it is stopped.
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
