"""Stop one environment, stale environments and review apps; and the jobs that a stop waits for.

Follows https://docs.gitlab.com/api/environments/#stop-an-environment and the next two sections
there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.control_routes import ControlRoutes
from pulumi_gitlab_kubernetes.testing.simulator.environment_names import folder
from pulumi_gitlab_kubernetes.testing.simulator.environment_states import (
    begin_stop,
    can_stop,
    complete_stop,
    run_due_jobs,
    schedule,
    start,
)
from pulumi_gitlab_kubernetes.testing.simulator.environments import (
    MEMBER,
    environment,
    environment_basic,
    find_environment,
    require_reader,
    require_writer,
    settled,
)
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.protected_environments import (
    is_protected,
    require_access,
)
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, to_timestamp

STOP_FAILED = "Attempted to stop the environment but failed to change the status"
STALE_REQUESTED = "Successfully requested stop for all stale environments"
NOTHING_TO_DELETE = (
    "No environments found for scheduled deletion. Either your query did not match any "
    "environments (default parameters match environments that are 30 days or older), or you "
    "have insufficient permissions to delete matching environments."
)
DELETE_FORBIDDEN = "You do not have permission to destroy environments in this project"
_REVIEW_AGE = timedelta(days=30)
_REVIEW_DELAY = timedelta(days=7)
_STALE_DELAY = timedelta(seconds=1)  # in GitLab it depends on the load
_STALE_NEWEST = timedelta(days=7)
_TEN_YEARS = timedelta(days=3652)

routes = Family(
    "https://docs.gitlab.com/api/environments/",
    before=(settled,),
    job_token=True,
    role=Role.DEVELOPER,
)
control_routes = ControlRoutes()


@routes.post(
    f"{MEMBER}/stop",
    Param("force", bool, default=False),
    status=200,
    errors=(400, 403, 404, 500),
)
def _stop(call: Call) -> Any:
    project, force = find_project(call), call.params["force"]
    require_reader(call, project)
    row = find_environment(call, project)
    require_writer(call, project)
    require_access(call, row)
    if force:
        if row["state"] == "stopped":
            # The state machine has no such transition; the 500 is inferred.
            raise errors.message(500, "500 Internal Server Error")
        return environment(call, complete_stop(call.store, row))
    if not can_stop(row):
        raise errors.bad_request(STOP_FAILED)
    return environment(call, begin_stop(call.store, row))


@control_routes.post(
    "environments/{project_id}/{environment_id}/on_stop_job",
    Param("present", bool, default=True),
    Param("seconds", float),
)
def set_stop_job(
    store: Store,
    project_id: int,
    environment_id: int,
    *,
    present: bool = True,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Add an on-stop job to an environment, or remove it.

    Args:
        store: The database.
        project_id: The environment's project.
        environment_id: The environment.
        present: Whether a stop has a job to wait for.
        seconds: The job's duration in the simulator's time; None until `finish` is called.

    Raises:
        LookupError: The environment does not exist.
        ValueError: The duration is negative or more than ten years.
    """
    if seconds is not None and not 0 <= seconds <= _TEN_YEARS.total_seconds():
        raise ValueError(f"seconds of an on-stop job must be from 0 to ten years, not {seconds}")
    row = _known(store, project_id, environment_id)
    store.update("environments", row["id"], on_stop_job=present, on_stop_seconds=seconds)
    return {"state": row["state"], "on_stop_job": present}


@control_routes.post(
    "environments/{project_id}/{environment_id}/on_stop_job/finish",
    Param("success", bool, default=True),
)
def finish_stop_job(
    store: Store, project_id: int, environment_id: int, *, success: bool = True
) -> dict[str, Any]:
    """Finish the job that a stopping environment waits for; failure makes it available again.

    Raises:
        LookupError: The environment does not exist, or is not stopping.
    """
    row = _known(store, project_id, environment_id)
    if row["state"] != "stopping":
        raise LookupError(f"environment {environment_id} is not stopping")
    row = (complete_stop if success else start)(store, row)
    return {"state": row["state"]}


def _known(store: Store, project_id: int, environment_id: int) -> Row:
    run_due_jobs(store)
    row = store.get("environments", environment_id)
    if row is None or row["project_id"] != project_id:
        raise LookupError(f"environment {environment_id} of project {project_id}")
    return row


@routes.post(
    "/projects/{id}/environments/stop_stale",
    Param("before", datetime, required=True),
    status=200,
    role=Role.MAINTAINER,
    errors=(400, 403, 404),
)
def _stop_stale(call: Call) -> Any:
    project, store, before = find_project(call), call.store, call.params["before"]
    require_writer(call, project, Role.MAINTAINER)
    now = store.now()
    if before is None or not now - _TEN_YEARS <= before <= now - _STALE_NEWEST:
        raise errors.bad_request("Invalid Date")
    # As in GitLab, they are selected now, and a worker later stops those still available.
    for row in store.all(
        "SELECT * FROM environments e WHERE project_id = ? AND state = 'available' "
        "AND updated_at < ? AND NOT EXISTS "
        "(SELECT 1 FROM deployments WHERE environment_id = e.id AND updated_at >= ?)",
        project["id"],
        *(to_timestamp(before),) * 2,
    ):
        if not is_protected(store, row):
            schedule(store, "stop_stale", row, now + _STALE_DELAY)
    return {"message": STALE_REQUESTED}


@routes.delete(
    "/projects/{id}/environments/review_apps",
    Param("before", datetime),
    Param("limit", int, default=100, values=range(1, 1001)),
    Param("dry_run", bool, default=True),
    status=200,
    errors=(400, 401, 403, 404),
)
def _delete_review_apps(call: Call) -> Any:
    project, store, given = find_project(call), call.store, call.params
    require_reader(call, project)
    try:
        require_writer(call, project)
    except errors.ApiError:
        raise _nothing_deleted(401, DELETE_FORBIDDEN) from None
    before = given.get("before") or store.now() - _REVIEW_AGE
    rows = [
        row
        for row in store.all(
            "SELECT * FROM environments WHERE project_id = ? AND state = 'stopped' "
            "AND auto_delete_at IS NULL AND created_at < ? ORDER BY created_at, id",
            project["id"],
            to_timestamp(before),
        )
        if folder(row["name"]) == "review"
    ][: given["limit"]]
    if not rows:
        raise _nothing_deleted(400, NOTHING_TO_DELETE)
    if not given["dry_run"]:
        due = store.now() + _REVIEW_DELAY
        for row in rows:
            store.update("environments", row["id"], auto_delete_at=to_timestamp(due))
            schedule(store, "auto_delete", row, due)
    return {
        "scheduled_entries": [environment_basic(row) for row in rows],
        "unprocessable_entries": [],
    }


def _nothing_deleted(status: int, text: str) -> errors.ApiError:
    body = {"scheduled_entries": [], "unprocessable_entries": [], "message": text}
    return errors.message(status, body)
