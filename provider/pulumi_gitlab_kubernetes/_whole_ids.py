"""Agents' whole ids, `<project-id>:<agent-id>`, given where the number of an agent is wanted.

`check` keeps the number, which is what GitLab takes and what state has always held. That the agent
is of another project shows there only where `project` is a number too: for a path it is remembered
until the project's id is known, which costs no request then.
"""

from __future__ import annotations

from collections.abc import Mapping

from ._fields import Failure, Values
from .errors import InvalidInputError

_GIVEN: dict[str, dict[str, tuple[object, int]]] = {}


def check(resource: str, projects: Mapping[str, int], values: Values) -> list[Failure]:
    """Find whole ids of another project, where `project` is a number; remember them all.

    Args:
        resource: The resource's URN.
        projects: The projects' ids, by the field that was given a whole id.
        values: The checked inputs.
    """
    if projects:
        _GIVEN[resource] = {name: (values.get(name), id_) for name, id_ in projects.items()}
    else:
        _GIVEN.pop(resource, None)
    project = values.get("project")
    if not isinstance(project, str) or not project.isdecimal():
        return []
    here = int(project)
    return [Failure(name, _reason(id_, here)) for name, id_ in projects.items() if id_ != here]


def require_project(resource: str, values: Values, project_id: int) -> None:
    """Refuse whole ids of another project than the one that a resource is in.

    Args:
        resource: The resource's URN.
        values: The checked inputs.
        project_id: The project's id.

    Raises:
        InvalidInputError: One is of another project.
    """
    for name, (number, id_) in _GIVEN.get(resource, {}).items():
        if values.get(name) == number and id_ != project_id:
            raise InvalidInputError(name, _reason(id_, project_id))


def _reason(named: int, here: int) -> str:
    return (
        f"is the id of an agent in project {named}, but this resource is in project {here}: give "
        "an agent of the same project"
    )
