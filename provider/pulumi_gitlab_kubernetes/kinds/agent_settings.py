"""The settings in an agent's configuration file that this package knows.

See https://docs.gitlab.com/user/clusters/agent/work_with_agent/#available-configuration-file-fields.
The file has their names. What it has besides is in `additional_settings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_gitlab_kubernetes.core.fields import Change, Field
from pulumi_gitlab_kubernetes.core.spelling import Names
from pulumi_gitlab_kubernetes.core.validators import dns_label
from pulumi_gitlab_kubernetes.core.values import Type

ADDITIONAL = "additional_settings"
_MOST = 500
"""See https://docs.gitlab.com/user/clusters/agent/ci_cd_workflow/#authorize-agent-access."""
_PREFIX = "ClusterAgentConfiguration"
_OTHER_KEYS = (
    "check its name; if it is a setting of a newer GitLab, write the whole section in "
    f"{{{ADDITIONAL}}} instead"
)


def _one_of(value: dict[str, Any]) -> str | None:
    names = " and ".join(sorted(value))
    return None if len(value) == 1 else f"must have one key, not {names or 'none'}: choose one"


def _map(name: str, type_name: str, doc: str, *fields: Field, **more: Any) -> Field:
    return Field(
        name=name,
        type=Type.MAP,
        doc=doc,
        fields=fields,
        other_keys=_OTHER_KEYS,
        type_name=f"{_PREFIX}{type_name}",
        **more,
    )


def _maps(name: str, type_name: str, doc: str, *fields: Field) -> Field:
    return Field(
        name=name,
        type=Type.LIST,
        doc=doc,
        fields=fields,
        other_keys=_OTHER_KEYS,
        type_name=f"{_PREFIX}{type_name}",
    )


def _unused(value: Mapping[str, Any]) -> str | None:
    """Return which projects or groups GitLab does not use."""
    for name in ("projects", "groups"):
        ids = [each["id"].casefold() for each in value.get(name, [])]
        if len(ids) > _MOST:
            return f"has {len(ids)} {name}: GitLab uses only the first {_MOST}"
        if len(set(ids)) < len(ids):
            return f"has the same id twice in {name}: GitLab uses only the last one"
    return None


def _setting(name: str, type_name: str, doc: str, *fields: Field, **more: Any) -> Field:
    """Return the field of a section of the file."""
    keys = {"request_key": name, "response_key": name, "change": Change.UPDATE}
    return _map(name, type_name, doc, *fields, **keys, **more)


def _texts(name: str, doc: str) -> Field:
    return Field(name=name, type=Type.LIST, doc=doc)


_EMPTY = "an empty map"
_EXTRA = _maps(
    "extra",
    "ImpersonateExtra",
    "More fields of the identity.",
    Field(name="key", doc="The name of the field.", required=True),
    Field(name="val", type=Type.LIST, doc="The values of the field.", required=True),
)
_CI_ACCESS_AS = _map(
    "access_as",
    "CiAccessAs",
    "The identity of CI/CD jobs in the cluster, with one key. The default is the agent.",
    Field(name="agent", type=Type.MAP, doc=f"The agent: {_EMPTY}."),
    Field(name="ci_job", type=Type.MAP, doc=f"The CI/CD job: {_EMPTY}."),
    _map(
        "impersonate",
        "CiAccessImpersonate",
        "A static identity in the cluster.",
        Field(name="username", doc="The name of the user.", required=True),
        _texts("groups", "The groups of the user."),
        Field(name="uid", doc="The ID of the user."),
        _EXTRA,
    ),
    check=_one_of,
)
_USER_ACCESS_AS = _map(
    "access_as",
    "UserAccessAs",
    "The identity of users in the cluster, with one key. The default is the agent.",
    Field(name="agent", type=Type.MAP, doc=f"The agent: {_EMPTY}."),
    Field(name="user", type=Type.MAP, doc=f"The user: {_EMPTY}."),
    check=_one_of,
)
_CI_SCOPE = (
    Field(
        name="default_namespace",
        doc="The namespace of the Kubernetes context in CI/CD jobs.",
        check=dns_label,
    ),
    _CI_ACCESS_AS,
    _texts(
        "environments",
        "The environments whose jobs have access, such as `production` or `review/*`. By default "
        "all jobs have it.",
    ),
    Field(
        name="protected_branches_only",
        type=Type.BOOLEAN,
        doc="Whether only jobs on protected branches have access.",
    ),
    _map(
        "resource_management",
        "ResourceManagement",
        "The management of Kubernetes resources for environments by GitLab.",
        Field(name="enabled", type=Type.BOOLEAN, doc="Whether GitLab manages resources."),
    ),
)
_PROJECT_ID = Field(name="id", doc="The full path of the project.", required=True)
_GROUP_ID = Field(name="id", doc="The full path of the group.", required=True)
_LEVELS = ("debug", "info", "warn", "error")
_WHICH = ", ".join(f"`{level}`" for level in _LEVELS)

SETTINGS = (
    _setting(
        "ci_access",
        "CiAccess",
        "The projects and groups whose CI/CD jobs may use the agent.",
        _maps("projects", "CiAccessProject", "The projects.", _PROJECT_ID, *_CI_SCOPE),
        _maps(
            "groups",
            "CiAccessGroup",
            "The groups, with all their projects and subgroups.",
            _GROUP_ID,
            *_CI_SCOPE,
        ),
        Field(
            name="instance",
            type=Type.MAP,
            doc=(
                "Access for all projects of the instance, if its administrator allows that: an "
                "empty map is enough."
            ),
        ),
        warn=_unused,
    ),
    _setting(
        "user_access",
        "UserAccess",
        "The projects and groups whose members may use the agent, as in the dashboard.",
        _USER_ACCESS_AS,
        _maps("projects", "UserAccessProject", "The projects.", _PROJECT_ID),
        _maps("groups", "UserAccessGroup", "The groups, with all their subgroups.", _GROUP_ID),
        warn=_unused,
    ),
    _setting(
        "observability",
        "Observability",
        "What the agent reports about itself.",
        _map(
            "logging",
            "Logging",
            "The logs of the agent.",
            Field(name="level", doc=f"The level of its log: one of {_WHICH}.", choices=_LEVELS),
            Field(name="grpc_level", doc="The same for its log of gRPC.", choices=_LEVELS),
        ),
    ),
)
"""The sections of the file."""


def unknown_keys(value: Any, names: Names, path: str) -> Iterator[str]:
    """Yield the paths of the keys in a section that its type does not have.

    Args:
        value: The section, or a value inside it.
        names: The keys that it can have; any if there are none.
        path: Where it is in the file.
    """
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from unknown_keys(each, names, f"{path}[{number}]")
    elif isinstance(value, Mapping) and names:
        for key, each in value.items():
            inside = f"{path}.{key}"
            if key in names:
                yield from unknown_keys(each, names[key], inside)
            else:
                yield inside
