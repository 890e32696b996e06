"""CI jobs that deploy to an environment, as a control call; the simulator runs no pipelines.

`POST /-/simulator/deployments` takes the project, what the job's `environment` keyword says in
`.gitlab-ci.yml`, and what is known of the job.

Follows https://docs.gitlab.com/ci/yaml/#environment and what GitLab does with it: the environment
is made with its first job, and a successful one renews what the keyword names.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.deployments import FINISHED, STATUSES
from pulumi_gitlab_kubernetes.testing.simulator.environment_names import TIERS
from pulumi_gitlab_kubernetes.testing.simulator.environment_states import (
    settle,
    start,
    watch_auto_stop,
)
from pulumi_gitlab_kubernetes.testing.simulator.environments import add_environment, complaints
from pulumi_gitlab_kubernetes.testing.simulator.lookups import project_by_path
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.protected_environments import may_deploy
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, digest, to_timestamp
from pulumi_gitlab_kubernetes.testing.simulator.switches import Switches

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

switches = Switches()


@switches.post(
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
    """Have a job deploy to an environment.

    Args:
        store: the state.
        project_id: the job's project.
        environment: the job's keyword of that name.
        job: the job's name.
        status: of the deployment.
        user_id: who runs the pipeline; None is the administrator.
        ref: branch or tag; None is the default branch.
        sha: commit; None is one made up.

    Returns:
        Ids of the environment and the deployment, the environment's state, and what GitLab found
        wrong with the new values: it keeps all the old ones then.

    Raises:
        LookupError: there is no such project, user or agent.
        ValueError: the user may not deploy there.
        ApiError: 400 for a name that is no environment's.
    """
    settle(store)
    project = store.fetch("projects", project_id)
    user = store.fetch("users", user_id or store.scalar("SELECT min(id) FROM users WHERE admin"))
    name = environment["name"]
    if auth.access_level(store, user, project) < Role.DEVELOPER or not may_deploy(
        store, user, project, name
    ):
        raise ValueError(f"{user['username']} may not deploy to {name}")
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
        # What stops an environment is said by the deployment that finished last.
        on_stop = environment.get("on_stop") is not None
        row = store.update("environments", row["id"], on_stop_job=on_stop)
    errors: dict[str, list[str]] = {}
    if status == "success":
        row, errors = _renew(store, row, user, environment)
    watch_auto_stop(store, row)
    return {
        "environment": {"id": row["id"], "name": row["name"], "state": row["state"]},
        "deployment": {"id": deployment["id"], "iid": iid, "status": status},
        "errors": errors,
    }


def _environment(store: Store, project: Row, keyword: dict[str, Any]) -> Row:
    """Return the environment of a name, made when absent; its URL comes with the deployment."""
    row = store.one(
        "SELECT * FROM environments WHERE project_id = ? AND name = ?",
        project["id"],
        keyword["name"],
    )
    if row is not None:
        return row
    given = {"tier": keyword.get("deployment_tier"), **_auto_stop_at(store, keyword)}
    return add_environment(store, project, keyword["name"], given)


def _renew(
    store: Store, row: Row, user: Row, keyword: dict[str, Any]
) -> tuple[Row, dict[str, list[str]]]:
    """Take over what the keyword names, and make the environment available, or leave all as is."""
    changes = _auto_stop_at(store, keyword)
    if keyword.get("url") is not None:
        changes["external_url"] = keyword["url"] or None
    if keyword.get("deployment_tier"):
        changes["tier"] = keyword["deployment_tier"]
    if keyword.get("kubernetes"):
        changes |= _kubernetes(store, user, keyword["kubernetes"])
    changes = {name: value for name, value in changes.items() if row[name] != value}
    if found := complaints({**dict(row), **changes}, changes):
        return row, found
    if changes:
        changes["updated_at"] = store.timestamp()
    return start(store, store.update("environments", row["id"], **changes)), {}


def _kubernetes(store: Store, user: Row, keyword: dict[str, Any]) -> dict[str, Any]:
    """Return what becomes of the agent's keys: nothing when the user may not use the agent.

    GitLab asks the agent's own configuration (`user_access`); here a Developer of its project may.
    """
    path, _, name = keyword["agent"].partition(":")
    project = project_by_path(store, path)
    agent = project and store.one(
        "SELECT * FROM cluster_agents WHERE project_id = ? AND name = ?", project["id"], name
    )
    if project is None or agent is None:
        raise LookupError(f"agent {keyword['agent']!r}; it is written path/of/project:name")
    if auth.access_level(store, user, project) < Role.DEVELOPER:
        return {}
    changes = {"cluster_agent_id": agent["id"]}
    if keyword.get("namespace"):
        changes["kubernetes_namespace"] = keyword["namespace"]
        if keyword.get("flux_resource_path"):
            changes["flux_resource_path"] = keyword["flux_resource_path"]
    return changes


def _auto_stop_at(store: Store, keyword: dict[str, Any]) -> dict[str, Any]:
    """Return what `auto_stop_in` says, nothing when it is absent."""
    text = keyword.get("auto_stop_in")
    if text is None:
        return {}
    if text.strip() == "never":
        return {"auto_stop_at": None}
    return {"auto_stop_at": to_timestamp(store.now() + _duration(text))}


def _duration(text: str) -> timedelta:
    """Return the length of time that words such as `1 week`, `2h 30min` name."""
    words = re.sub(r",|\band\b", " ", text.lower())
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)", words)
    units = [unit if unit in _SECONDS else unit.removesuffix("s") for _, unit in parts]
    rest = re.sub(r"[0-9]+(?:\.[0-9]+)?\s*[a-z]+", "", words).strip()
    if rest or not parts or not set(units) <= set(_SECONDS):
        raise ValueError(f"auto_stop_in is a length of time such as '2 days', not {text!r}")
    return timedelta(
        seconds=sum(
            float(number) * _SECONDS[unit] for (number, _), unit in zip(parts, units, strict=True)
        )
    )
