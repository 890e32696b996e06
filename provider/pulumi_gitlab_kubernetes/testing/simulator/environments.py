"""Environments: create, read, update, delete. `environment_stops` has the routes that stop them.

Follows https://docs.gitlab.com/api/environments/, and GitLab's source where the two differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, entities, errors
from pulumi_gitlab_kubernetes.testing.simulator.addresses import link_errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.cluster_agents import cluster_agent, reads_agents
from pulumi_gitlab_kubernetes.testing.simulator.deployments import last_deployment
from pulumi_gitlab_kubernetes.testing.simulator.environment_names import (
    TIERS,
    guess_tier,
    slug_for,
)
from pulumi_gitlab_kubernetes.testing.simulator.environment_states import (
    run_due_jobs,
    schedule_auto_stop,
)
from pulumi_gitlab_kubernetes.testing.simulator.lookups import (
    check_unmodified_since,
    find_project,
    find_record,
)
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.protected_environments import require_access
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store
from pulumi_gitlab_kubernetes.testing.simulator.validation import (
    BLANK,
    TAKEN,
    blank,
    kubernetes_namespace,
    too_long,
)

STATES = ("available", "stopping", "stopped")
AUTO_STOP_SETTINGS = ("always", "with_action")
_NAME = re.compile(r"[a-zA-Z0-9_${}. -]([a-zA-Z0-9_/${}. -]*[a-zA-Z0-9_${}. -])?")
_MAX_TEXT = 255
_MAX_DESCRIPTION = 10_000
_MIN_SEARCH = 3

NAME_CHARACTERS = (
    "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
    "but it cannot start or end with '/'"
)
NO_AGENT = "cannot be set without a cluster agent"
NO_NAMESPACE = "cannot be set without a kubernetes namespace"
WRONG_AGENT = "cluster agent doesn't exist or cannot be associated with this environment"
SEARCH_TOO_SHORT = f"Search query is less than {_MIN_SEARCH} characters"


def settled(call: Call) -> None:
    """Run the jobs that are due before the request."""
    run_due_jobs(call.store)


# Only the routes of environments accept CI/CD job tokens.
routes = Family(
    "https://docs.gitlab.com/api/environments/",
    before=(settled,),
    job_token=True,
    role=Role.DEVELOPER,
)

_COLLECTION = "/projects/{id}/environments"
MEMBER = "/projects/{id}/environments/{environment_id:int}"


def environment_basic(row: Row) -> dict[str, Any]:
    """Return `EnvironmentBasic`."""
    names = ("id", "name", "slug", "external_url", "created_at", "updated_at")
    return {name: row[name] for name in names}


def environment(call: Call, row: Row, *, single: bool = False) -> dict[str, Any]:
    """Return `Environment`.

    Args:
        call: The request.
        row: The environment.
        single: As GET by id does: with the last deployment instead of the project.
    """
    store = call.store
    project = store.fetch("projects", row["project_id"])
    entity = {**environment_basic(row), "tier": row["tier"]}
    if single:
        entity["last_deployment"] = last_deployment(call, row)
    else:
        entity["project"] = entities.basic_project_details(call, project)
    for name in ("state", "auto_stop_at", "description", "auto_stop_setting"):
        entity[name] = row[name]
    if row["cluster_agent_id"] is not None and reads_agents(call, project):
        agent = store.fetch("cluster_agents", row["cluster_agent_id"])
        entity["cluster_agent"] = cluster_agent(call, agent)
        entity["kubernetes_namespace"] = row["kubernetes_namespace"]
        entity["flux_resource_path"] = row["flux_resource_path"]
    return entity


def require_reader(call: Call, project: Row) -> None:
    """Reject users who cannot read environments: below Reporter, unless the project is public.

    Raises:
        ApiError: 403.
    """
    least = Role.REPORTER if project["visibility"] == "private" else Role.NONE
    if not auth.has_role(call, project, least, "environments", "builds", "repository"):
        raise errors.forbidden()


def require_writer(call: Call, project: Row, role: Role = Role.DEVELOPER) -> None:
    """Reject users who cannot change environments.

    Raises:
        ApiError: 403.
    """
    auth.require(call, project, role, "environments", "builds", "repository")


def find_environment(call: Call, project: Row) -> Row:
    """Return the project's environment with the id in `:environment_id`.

    Raises:
        ApiError: 404.
    """
    return find_record(
        call, "environments", call.params["environment_id"], project_id=project["id"]
    )


@routes.get(
    _COLLECTION,
    Param("name"),
    Param("search"),
    Param("states", values=STATES),
    *PAGE_PARAMS,
    exclusive=("name", "search"),
    role=Role.REPORTER,
    errors=(400, 403, 404),
)
def _list(call: Call) -> Any:
    project, given = find_project(call), call.params
    require_reader(call, project)
    search = given.get("search")
    if search and len(search) < _MIN_SEARCH:
        raise errors.bad_request(SEARCH_TOO_SHORT)
    return paginate(
        call,
        "SELECT * FROM environments WHERE project_id = ? AND (? IS NULL OR name = ?) "
        "AND instr(lower(name), lower(?)) <= 1 AND instr(lower(name), lower(?)) "
        "AND (? IS NULL OR state = ?) ORDER BY id",
        (
            project["id"],
            *(given.get("name"),) * 2,
            *(search or "",) * 2,
            *(given.get("states"),) * 2,
        ),
        lambda row: environment(call, row),
    )


@routes.get(MEMBER, role=Role.REPORTER, errors=(400, 403, 404))
def _show(call: Call) -> Any:
    project = find_project(call)
    require_reader(call, project)
    return environment(call, find_environment(call, project), single=True)


_ATTRIBUTES = (
    Param("external_url"),
    Param("slug", absence="is automatically generated and cannot be changed"),
    Param("tier", values=TIERS),
    Param("cluster_agent_id", int),
    Param("kubernetes_namespace"),
    Param("flux_resource_path"),
    Param("description"),
    Param("auto_stop_setting", values=AUTO_STOP_SETTINGS),
)


@routes.post(_COLLECTION, Param("name", required=True), *_ATTRIBUTES, errors=(400, 403, 404))
def _create(call: Call) -> Any:
    project = find_project(call)
    require_writer(call, project)
    name = call.params.get("name") or ""
    return environment(call, add_environment(call.store, project, name, _columns(call, project)))


def add_environment(store: Store, project: Row, name: str, given: Mapping[str, Any]) -> Row:
    """Create an environment.

    Args:
        store: The database.
        project: The project.
        name: The environment's name.
        given: Attributes as columns; others get GitLab's default.

    Raises:
        ApiError: 400 with the validation errors.
    """
    now = store.timestamp()
    columns = {
        **{param.name: None for param in _ATTRIBUTES},
        **given,
        "project_id": project["id"],
        "name": name,
        "slug": slug_for(name),
        "tier": given.get("tier") or guess_tier(name),
        "auto_stop_setting": given.get("auto_stop_setting") or "always",
        "created_at": now,
        "updated_at": now,
    }
    found = _name_errors(store, columns) | validation_errors(columns, columns)
    if found:
        raise errors.model_errors(found)
    return store.insert("environments", **columns)


@routes.put(MEMBER, *_ATTRIBUTES, errors=(400, 403, 404))
def _update(call: Call) -> Any:
    project, store = find_project(call), call.store
    require_writer(call, project)
    row = find_environment(call, project)
    require_access(call, row)
    changes = _columns(call, project)
    if "tier" in changes:
        # It is inferred that a cleared tier is derived again, and the auto-stop setting's default.
        changes["tier"] = changes["tier"] or guess_tier(row["name"])
    if "auto_stop_setting" in changes:
        changes["auto_stop_setting"] = changes["auto_stop_setting"] or "always"
    changes = {name: value for name, value in changes.items() if row[name] != value}
    if found := validation_errors({**dict(row), **changes}, changes):
        raise errors.model_errors(found)
    if changes:
        changes["updated_at"] = store.timestamp()
    row = store.update("environments", row["id"], **changes)
    schedule_auto_stop(store, row)  # a date that had no effect can have one with the new setting
    return environment(call, row)


@routes.delete(MEMBER, errors=(400, 403, 404, 412))
def _delete(call: Call) -> None:
    project = find_project(call)
    require_reader(call, project)
    row = find_environment(call, project)
    require_writer(call, project)
    require_access(call, row)
    # Only a stopped environment can be deleted, even by administrators.
    if row["state"] != "stopped":
        raise errors.forbidden()
    check_unmodified_since(call, row)
    call.store.delete("environments", row["id"])


def _columns(call: Call, project: Row) -> dict[str, Any]:
    """Return the attributes as columns; blank texts are null."""
    names = {param.name for param in _ATTRIBUTES} - {"slug"}
    columns = {name: value for name, value in call.params.items() if name in names}
    for name in ("external_url", "kubernetes_namespace", "flux_resource_path", "description"):
        if name in columns and blank(columns[name]):
            columns[name] = None
    agent_id = columns.get("cluster_agent_id")
    if agent_id is not None:
        agent = call.store.get("cluster_agents", agent_id)
        if agent is None or agent["project_id"] != project["id"] or not reads_agents(call, project):
            raise errors.bad_request(WRONG_AGENT)
    return columns


def _name_errors(store: Store, columns: dict[str, Any]) -> dict[str, list[str]]:
    name, found = columns["name"], {}
    texts = [BLANK] if blank(name) else []
    for column in ("name", "slug"):
        if store.one(
            f"SELECT 1 FROM environments WHERE project_id = ? AND {column} = ?",
            columns["project_id"],
            columns[column],
        ):
            found[column] = [TAKEN]
    texts += found.get("name", []) + too_long(name, _MAX_TEXT)
    if not _NAME.fullmatch(name):
        texts.append(NAME_CHARACTERS)
    return ({"name": texts} if texts else {}) | {k: v for k, v in found.items() if k == "slug"}


def validation_errors(columns: Mapping[str, Any], changed: Iterable[str]) -> dict[str, list[str]]:
    """Return the validation errors of everything but the name, by field.

    Args:
        columns: The new environment.
        changed: Names of the changed columns; an unchanged namespace may remain without its agent.
    """
    namespace, path = columns["kubernetes_namespace"], columns["flux_resource_path"]
    namespace_texts: list[str] = []
    if namespace is not None and {"cluster_agent_id", "kubernetes_namespace"} & set(changed):
        namespace_texts += kubernetes_namespace(namespace)
        namespace_texts += [NO_AGENT] if columns["cluster_agent_id"] is None else []
    path_texts: list[str] = []
    if path is not None and {"kubernetes_namespace", "flux_resource_path"} & set(changed):
        path_texts += too_long(path, _MAX_TEXT)
        path_texts += [NO_NAMESPACE] if namespace is None else []
    found = {
        "external_url": _external_url_errors(columns["external_url"]),
        "description": too_long(columns["description"], _MAX_DESCRIPTION),
        "kubernetes_namespace": namespace_texts,
        "flux_resource_path": path_texts,
    }
    return {field: texts for field, texts in found.items() if texts}


def _external_url_errors(url: str | None) -> list[str]:
    if url is None:
        return []
    return too_long(url, _MAX_TEXT) + link_errors(url)
