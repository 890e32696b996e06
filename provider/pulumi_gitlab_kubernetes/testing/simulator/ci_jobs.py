"""CI/CD jobs that deploy to an environment, as a control route; the simulator runs no pipelines.

`POST /-/simulator/deployments` takes the project, the job's `environment` keyword as in
`.gitlab-ci.yml`, and details of the job.

Follows https://docs.gitlab.com/ci/yaml/#environment and GitLab's source: the first job creates the
environment, and every successful one updates it from the keyword.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.control_routes import ControlRoutes
from pulumi_gitlab_kubernetes.testing.simulator.deployments import FINISHED, STATUSES
from pulumi_gitlab_kubernetes.testing.simulator.environment_names import TIERS
from pulumi_gitlab_kubernetes.testing.simulator.environment_states import (
    run_due_jobs,
    schedule_auto_stop,
    start,
)
from pulumi_gitlab_kubernetes.testing.simulator.environments import (
    add_environment,
    validation_errors,
)
from pulumi_gitlab_kubernetes.testing.simulator.lookups import project_by_path
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.protected_environments import can_deploy
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, digest, to_timestamp

_SECONDS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hr": 3600,
    "hour": 3600,
    "d": 86_400,
    "day": 86_400,
    "w": 604_800,
    "week": 604_800,
    "mo": 2_592_000,
    "month": 2_592_000,
    "y": 31_536_000,
    "year": 31_536_000,
}

control_routes = ControlRoutes()


@control_routes.post(
    "deployments",
    Param("project_id", int, required=True, allow_blank=False),
    Param(
        "environment",
        dict,
        required=True,
        fields=(
            Param("name", required=True, allow_blank=False),
            Param("url"),
            Param("deployment_tier", values=TIERS),
            Param("auto_stop_in"),
            Param("on_stop"),
            Param(
                "kubernetes",
                dict,
                fields=(
                    Param("agent", required=True, allow_blank=False),
                    Param("namespace"),
                    Param("flux_resource_path"),
                ),
            ),
        ),
    ),
    Param("user_id", int),
    Param("job", default="deploy"),
    Param("ref"),
    Param("sha"),
    Param("status", default="success", values=STATUSES),
)
def deploy(
    store: Store,
    *,
    project_id: int,
    environment: dict[str, Any],
    job: str,
    status: str,
    user_id: int | None = None,
    ref: str | None = None,
    sha: str | None = None,
) -> dict[str, Any]:
    """Let a job deploy to an environment.

    Args:
        store: The database.
        project_id: The job's project.
        environment: The job's `environment` keyword.
        job: The job's name.
        status: The deployment's status.
        user_id: The user who runs the pipeline; None for the administrator.
        ref: Branch or tag; None for the default branch.
        sha: Commit; None for a generated one.

    Returns:
        The ids of environment and deployment, the environment's state, and validation errors of the
        new values: GitLab then keeps all old values.

    Raises:
        LookupError: The project, user or agent does not exist.
        ValueError: The user cannot deploy there.
        ApiError: 400 for an invalid name.
    """
    run_due_jobs(store)
    project = store.fetch("projects", project_id)
    user = store.fetch("users", user_id or store.scalar("SELECT min(id) FROM users WHERE admin"))
    name = environment["name"]
    if auth.access_level(store, user, project) < Role.DEVELOPER or not can_deploy(
        store, user, project, name
    ):
        raise ValueError(f"{user['username']} cannot deploy to {name}")
    row = _environment(store, project, environment)
    now = store.timestamp()
    sql = "SELECT coalesce(max(iid), 0) + 1 FROM deployments WHERE project_id = ?"
    iid = store.scalar(sql, project_id)
    deployment = store.insert(
        "deployments",
        project_id=project_id,
        environment_id=row["id"],
        iid=iid,
        ref=ref or project["default_branch"] or "main",
        sha=sha or digest(f"{project_id}/{iid}")[:40],
        status=status,
        job=job,
        user_id=user["id"],
        created_at=now,
        updated_at=now,
    )
    if status in FINISHED:
        # The last finished deployment determines the stop job.
        on_stop = environment.get("on_stop") is not None
        row = store.update("environments", row["id"], on_stop_job=on_stop)
    errors: dict[str, list[str]] = {}
    if status == "success":
        row, errors = _update(store, row, user, environment)
    schedule_auto_stop(store, row)
    return {
        "environment": {"id": row["id"], "name": row["name"], "state": row["state"]},
        "deployment": {"id": deployment["id"], "iid": iid, "status": status},
        "errors": errors,
    }


def _environment(store: Store, project: Row, keyword: dict[str, Any]) -> Row:
    """Return the environment, created if it does not exist; the deployment sets its URL."""
    row = store.one(
        "SELECT * FROM environments WHERE project_id = ? AND name = ?",
        project["id"],
        keyword["name"],
    )
    if row is not None:
        return row
    given = {"tier": keyword.get("deployment_tier"), **_auto_stop_at(store, keyword)}
    return add_environment(store, project, keyword["name"], given)


def _update(
    store: Store, row: Row, user: Row, keyword: dict[str, Any]
) -> tuple[Row, dict[str, list[str]]]:
    """Update the environment from the keyword and make it available, unless a value is invalid."""
    changes = _auto_stop_at(store, keyword)
    if keyword.get("url") is not None:
        changes["external_url"] = keyword["url"] or None
    if keyword.get("deployment_tier"):
        changes["tier"] = keyword["deployment_tier"]
    if keyword.get("kubernetes"):
        changes |= _kubernetes(store, user, keyword["kubernetes"])
    changes = {name: value for name, value in changes.items() if row[name] != value}
    if found := validation_errors({**dict(row), **changes}, changes):
        return row, found
    if changes:
        changes["updated_at"] = store.timestamp()
    return start(store, store.update("environments", row["id"], **changes)), {}


def _kubernetes(store: Store, user: Row, keyword: dict[str, Any]) -> dict[str, Any]:
    """Return the new agent columns; none if the user cannot use the agent.

    GitLab checks `user_access` in the agent's configuration; here Developers of its project can.
    """
    path, _, name = keyword["agent"].partition(":")
    project = project_by_path(store, path)
    agent = project and store.one(
        "SELECT * FROM cluster_agents WHERE project_id = ? AND name = ?", project["id"], name
    )
    if project is None or agent is None:
        raise LookupError(f"agent {keyword['agent']!r}; the format is path/of/project:name")
    if auth.access_level(store, user, project) < Role.DEVELOPER:
        return {}
    changes = {"cluster_agent_id": agent["id"]}
    if keyword.get("namespace"):
        changes["kubernetes_namespace"] = keyword["namespace"]
        if keyword.get("flux_resource_path"):
            changes["flux_resource_path"] = keyword["flux_resource_path"]
    return changes


def _auto_stop_at(store: Store, keyword: dict[str, Any]) -> dict[str, Any]:
    """Return the new auto-stop columns; none without `auto_stop_in`."""
    text = keyword.get("auto_stop_in")
    if text is None:
        return {}
    if text.strip() == "never":
        return {"auto_stop_at": None}
    return {"auto_stop_at": to_timestamp(store.now() + _duration(text))}


def _duration(text: str) -> timedelta:
    """Parse a duration such as `1 week` or `2h 30min`."""
    words = re.sub(r",|\band\b", " ", text.lower())
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)", words)
    units = [unit if unit in _SECONDS else unit.removesuffix("s") for _, unit in parts]
    rest = re.sub(r"[0-9]+(?:\.[0-9]+)?\s*[a-z]+", "", words).strip()
    if rest or not parts or not set(units) <= set(_SECONDS):
        raise ValueError(f"auto_stop_in must be a duration such as '2 days', not {text!r}")
    return timedelta(
        seconds=sum(
            float(number) * _SECONDS[unit] for (number, _), unit in zip(parts, units, strict=True)
        )
    )
