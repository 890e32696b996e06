"""The data of the dashboard, at `GET /-/simulator/overview`; it has no secrets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import instance
from pulumi_gitlab_kubernetes.testing.simulator.lookups import full_path
from pulumi_gitlab_kubernetes.testing.simulator.request_log import RequestLog
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

_LIMIT = 100
"""Maximum number of records of a kind in a project, and of requests."""

_PARTS = {
    "agents": ("cluster_agents", ("id", "name", "is_receptive", "created_at")),
    "clusters": (
        "clusters",
        ("id", "name", "environment_scope", "api_url", "namespace", "enabled", "managed"),
    ),
    "environments": (
        "environments",
        (
            *("id", "name", "state", "tier", "external_url", "cluster_agent_id"),
            *("kubernetes_namespace", "flux_resource_path", "on_stop_job"),
        ),
    ),
}
_AGENT_PARTS = {
    "tokens": ("cluster_agent_tokens", ("id", "name", "status", "created_at", "last_used_at")),
    "url_configurations": ("cluster_agent_url_configurations", ("id", "url", "tls_host")),
}


def dashboard_data(store: Store, log: RequestLog) -> dict[str, Any]:
    """Return everything that the page shows.

    Args:
        store: The database.
        log: The request log.
    """
    return {
        "version": instance.VERSION["version"],
        "time": store.timestamp(),
        "settings": {
            "license": instance.licensed_plan(store) or "none",
            "certificate-based clusters": instance.feature_enabled(
                store, "certificate_based_clusters"
            ),
            "receptive agents": instance.setting(store, "receptive_cluster_agents_enabled"),
        },
        "projects": [
            _project(store, row) for row in store.all("SELECT * FROM projects ORDER BY id")
        ],
        "requests": log.latest(_LIMIT),
    }


def _project(store: Store, project: Row) -> dict[str, Any]:
    found: dict[str, Any] = {
        **_columns(project, ("id", "visibility", "archived")),
        "path": full_path(store, project),
        "count": {},
    }
    for part, (table, columns) in _PARTS.items():
        rows = store.all(
            f"SELECT * FROM {table} WHERE project_id = ? ORDER BY id LIMIT ?", project["id"], _LIMIT
        )
        found[part] = [_columns(row, columns) for row in rows]
        found["count"][part] = store.scalar(
            f"SELECT count(*) FROM {table} WHERE project_id = ?", project["id"]
        )
    ids = [agent["id"] for agent in found["agents"]]
    for part, (table, columns) in _AGENT_PARTS.items():
        below = defaultdict(list)
        marks = ", ".join("?" * len(ids))
        for row in store.all(
            f"SELECT * FROM {table} WHERE agent_id IN ({marks}) ORDER BY id", *ids
        ):
            below[row["agent_id"]].append(_columns(row, columns))
        for agent in found["agents"]:
            agent[part] = below[agent["id"]]
    return found


def _columns(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
