"""What a seed may hold: the parameters of the API's own calls, and names in place of ids."""

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
from pulumi_gitlab_kubernetes.testing.simulator.seed.shape import Kind, Shape


def _shape(param: Param) -> Shape:
    if param.fields:
        return Shape(Kind.MAPPING, {field.name: _shape(field) for field in param.fields})
    return Shape(Kind.ANY if param.type in (list, dict) else Kind.SCALAR)


def _keys(family: Family, method: str, path: str, *, without: str = "") -> dict[str, Shape]:
    """Return the parameters of a call of the API."""
    (route,) = [each for each in family.routes if (each.method, each.path) == (method, path)]
    kept = [param for param in route.params if not param.absence and param.name != without]
    return {param.name: _shape(param) for param in kept}


def _list(named_by: str, keys: Mapping[str, Shape]) -> Shape:
    return Shape(Kind.LIST, items=Shape(Kind.MAPPING, keys, named_by=named_by))


_TEXT = Shape(Kind.TEXT)
_MEMBERS = Shape(Kind.NAMES, items=_TEXT)
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

SEED = Shape(
    Kind.MAPPING,
    {
        "features": Shape(Kind.NAMES, items=Shape()),
        "license": _TEXT,
        "settings": Shape(Kind.MAPPING, _keys(instance.routes, "PUT", "/application/settings")),
        "users": _list("username", USER | {"tokens": _list("name", USER_TOKEN | {"value": _TEXT})}),
        "groups": _list("path", GROUP | {"path": _TEXT, "members": _MEMBERS}),
        "projects": _list(
            "path",
            PROJECT
            | {
                "path": _TEXT,
                "archived": Shape(),
                "members": _MEMBERS,
                "agents": _list(
                    "name",
                    AGENT
                    | {
                        "tokens": _list("name", AGENT_TOKEN),
                        "url_configuration": Shape(Kind.MAPPING, URL),
                    },
                ),
                "clusters": _list("name", CLUSTER | {"management_project": _TEXT}),
                "environments": _list(
                    "name", ENVIRONMENT | {"agent": _TEXT, "on_stop_job": Shape(Kind.ANY)}
                ),
                "files": Shape(Kind.NAMES, items=_TEXT),
            },
        ),
        "simulator": Shape(Kind.NAMES, items=Shape(Kind.ANY)),
    },
)
"""A whole seed."""
