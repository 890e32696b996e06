"""Deployments of environments; `ci_jobs` creates them.

Follows https://docs.gitlab.com/api/deployments/.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import entities
from pulumi_gitlab_kubernetes.testing.simulator.lookups import full_path
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

STATUSES = ("created", "running", "success", "failed", "canceled")
FINISHED = ("success", "failed", "canceled")


def last_deployment(call: Call, environment: Row) -> dict[str, Any] | None:
    """Return an environment's latest successful deployment, without the environment."""
    row = call.store.one(
        "SELECT * FROM deployments WHERE environment_id = ? AND status = 'success' "
        "ORDER BY id DESC LIMIT 1",
        environment["id"],
    )
    return None if row is None else _deployment(call, row)


def _deployment(call: Call, row: Row) -> dict[str, Any]:
    names = ("id", "iid", "ref", "sha", "created_at", "updated_at")
    user = row["user_id"] and entities.user_basic(call, call.store.fetch("users", row["user_id"]))
    return {
        **{name: row[name] for name in names},
        "user": user,
        "deployable": _job(call, row, user),
        "status": row["status"],
    }


def _job(call: Call, row: Row, user: dict[str, Any] | None) -> dict[str, Any]:
    """Return the job, without commit and pipeline, which are not simulated."""
    path = full_path(call.store, call.store.fetch("projects", row["project_id"]))
    finished_at = row["updated_at"] if row["status"] in FINISHED else None
    return {
        "id": row["id"],
        "status": row["status"],
        "stage": "deploy",
        "name": row["job"],
        "ref": row["ref"],
        "tag": False,
        "coverage": None,
        "allow_failure": False,
        "created_at": row["created_at"],
        "started_at": row["created_at"],
        "finished_at": finished_at,
        "user": user,
        "web_url": f"{call.base_url}/{path}/-/jobs/{row['id']}",
        "artifacts": [],
        "runner": None,
        "artifacts_expire_at": None,
    }
