"""The schema of a seed: the parameters of the API, and names instead of ids."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_gitlab_kubernetes.testing.simulator import (
    agent_tokens,
    agent_url_configurations,
    cluster_agents,
    environments,
    groups,
    instance,
    project_clusters,
    projects,
    users,
)
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Family
from pulumi_gitlab_kubernetes.testing.simulator.seed.schema import Kind, Schema


def _schema(param: Param) -> Schema:
    if param.fields:
        return Schema(Kind.MAPPING, {field.name: _schema(field) for field in param.fields})
    return Schema(Kind.ANY if param.type in (list, dict) else Kind.SCALAR)


def _keys(family: Family, method: str, path: str, *, without: str = "") -> dict[str, Schema]:
    """Return the parameters of a route."""
    (route,) = [each for each in family.routes if (each.method, each.path) == (method, path)]
    params = [param for param in route.params if not param.absence and param.name != without]
    return {param.name: _schema(param) for param in params}


def _list(named_by: str, keys: Mapping[str, Schema]) -> Schema:
    return Schema(Kind.LIST, items=Schema(Kind.MAPPING, keys, named_by=named_by))


_TEXT = Schema(Kind.TEXT)
_MEMBERS = Schema(Kind.NAMES, items=_TEXT)
_ONE_PROJECT = "/projects/{id}"
_ONE_AGENT = f"{_ONE_PROJECT}/cluster_agents/{{agent_id:int}}"

USER = _keys(users.routes, "POST", "/users")
USER_TOKEN = _keys(users.routes, "POST", "/users/{user_id:int}/personal_access_tokens")
GROUP = _keys(groups.routes, "POST", "/groups", without="parent_id")
PROJECT = _keys(projects.routes, "POST", "/projects", without="namespace_id")
AGENT_TOKEN = _keys(agent_tokens.routes, "POST", f"{_ONE_AGENT}/tokens")
URL = _keys(agent_url_configurations.routes, "POST", f"{_ONE_AGENT}/url_configurations")
AGENT = _keys(cluster_agents.routes, "POST", f"{_ONE_PROJECT}/cluster_agents")
CLUSTER = _keys(project_clusters.routes, "POST", f"{_ONE_PROJECT}/clusters/user")
ENVIRONMENT = _keys(environments.routes, "POST", f"{_ONE_PROJECT}/environments")

SEED = Schema(
    Kind.MAPPING,
    {
        "features": Schema(Kind.NAMES, items=Schema()),
        "license": _TEXT,
        "settings": Schema(Kind.MAPPING, _keys(instance.routes, "PUT", "/application/settings")),
        "users": _list("username", USER | {"tokens": _list("name", USER_TOKEN | {"value": _TEXT})}),
        "groups": _list("path", GROUP | {"path": _TEXT, "members": _MEMBERS}),
        "projects": _list(
            "path",
            PROJECT
            | {
                "path": _TEXT,
                "archived": Schema(),
                "members": _MEMBERS,
                "agents": _list(
                    "name",
                    AGENT
                    | {
                        "tokens": _list("name", AGENT_TOKEN),
                        "url_configuration": Schema(Kind.MAPPING, URL),
                    },
                ),
                "clusters": _list("name", CLUSTER | {"management_project": _TEXT}),
                "environments": _list(
                    "name", ENVIRONMENT | {"agent": _TEXT, "on_stop_job": Schema(Kind.ANY)}
                ),
                "files": Schema(Kind.NAMES, items=_TEXT),
            },
        ),
        "simulator": Schema(Kind.NAMES, items=Schema(Kind.ANY)),
    },
)
"""The schema of a whole seed."""
