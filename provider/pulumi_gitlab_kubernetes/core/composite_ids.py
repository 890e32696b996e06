"""Composite IDs of agents, `<project-id>:<agent-id>`, as values of inputs such as `agent_id`.

`check` keeps only the agent's number, which GitLab accepts and the state has always contained. It
rejects an agent of another project if `project` is a number. If `project` is a path, the composite
ID is remembered until the project's ID is known, which needs no further request.
"""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import InvalidInputError


class CompositeIds:
    """The composite IDs in the inputs of the running program."""

    def __init__(self) -> None:
        self._given: dict[str, dict[str, tuple[object, int]]] = {}

    def check(self, resource: str, projects: Mapping[str, int], values: Values) -> list[Failure]:
        """Return failures for composite IDs of another project, and remember all composite IDs.

        Args:
            resource: The resource's URN.
            projects: The project in each composite ID, by the field that has it.
            values: Checked inputs. Only a number as `project` can be compared.
        """
        if projects:
            self._given[resource] = {
                name: (values.get(name), id_) for name, id_ in projects.items()
            }
        else:
            self._given.pop(resource, None)
        project = values.get("project")
        if not isinstance(project, str) or not project.isdecimal():
            return []
        here = int(project)
        return [
            Failure(name, wrong_project(id_, here)) for name, id_ in projects.items() if id_ != here
        ]

    def require_project(self, resource: str, values: Values, project_id: int) -> None:
        """Require that all composite IDs are of the resource's project.

        Args:
            resource: The resource's URN.
            values: Checked inputs.
            project_id: The project's ID.

        Raises:
            InvalidInputError: One is of another project.
        """
        for name, (number, id_) in self._given.get(resource, {}).items():
            if values.get(name) == number and id_ != project_id:
                raise InvalidInputError(name, wrong_project(id_, project_id))


def wrong_project(named: int, here: int) -> str:
    """Return what is wrong with the ID of an agent in another project.

    Args:
        named: The ID of the agent's project.
        here: The ID of the resource's project.
    """
    return (
        f"is the id of an agent in project {named}, but this resource is in project {here}: use "
        "an agent of the same project"
    )
