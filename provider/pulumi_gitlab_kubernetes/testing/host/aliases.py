"""Find the old state of a registered resource, by its URN or by an alias.

See https://www.pulumi.com/docs/iac/concepts/options/aliases/.
"""

from collections.abc import Collection, Mapping

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.goal import Alias, Goal
from pulumi_gitlab_kubernetes.testing.host.state import Resource


class Aliases:
    """Old and new URNs of resources.

    Args:
        stack: The stack's name.
        project: The project's name.
    """

    def __init__(self, stack: str, project: str) -> None:
        self._stack = stack
        self._project = project
        self._new_names: dict[str, str] = {}
        self._old_names: dict[str, str] = {}

    def old_name(self, urn: str) -> str:
        """Return the URN under which a resource was found, or an empty string if it is the same."""
        return self._old_names.get(urn, "")

    def new_name(self, urn: str) -> str:
        """Return the URN that a resource of the previous deployment has now."""
        return self._new_names.get(urn, urn)

    def find(
        self, urn: str, goal: Goal, olds: Mapping[str, Resource], registered: Collection[str]
    ) -> tuple[Resource | None, list[str]]:
        """Find a resource in the previous deployment.

        Args:
            urn: The resource's URN.
            goal: The resource.
            olds: The live resources of the previous deployment.
            registered: URNs that were registered already.

        Returns:
            The old resource, or nothing; and problems with its names.
        """
        problems: list[str] = []
        if urn in self._new_names:
            problems.append(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN"
                f" '{self._new_names[urn]}'"
            )
        for name in (urn, *self._candidates(goal)):
            if name not in olds:
                continue
            if name != urn:
                conflict = urn if name in registered else self._new_names.get(name)
                if conflict:
                    problems.append(
                        f"Duplicate resource alias '{name}' applied to resource with URN '{urn}'"
                        f" conflicting with resource with URN '{conflict}'"
                    )
                self._new_names[name] = urn
                self._old_names[urn] = name
            return olds[name], problems
        return None, problems

    def _candidates(self, goal: Goal) -> list[str]:
        found = [self._collapse(goal, alias) for alias in goal.aliases]
        old_parent = self._old_names.get(goal.parent)
        if old_parent:
            found.append(self._inherited(goal.type, goal.name, goal.parent, old_parent))
            for alias in goal.aliases:
                own = self._collapse(goal, alias)
                found.append(
                    self._inherited(urns.type_of(own), urns.name_of(own), goal.parent, old_parent)
                )
        return list(dict.fromkeys(found))

    def _collapse(self, goal: Goal, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        parent = self._old_names.get(alias.parent, alias.parent) if alias.parent else goal.parent
        return urns.make(
            alias.stack or self._stack,
            alias.project or self._project,
            "" if alias.no_parent else parent,
            alias.type or goal.type,
            alias.name or goal.name,
        )

    def _inherited(self, type_: str, name: str, parent: str, old_parent: str) -> str:
        parent_name = urns.name_of(parent)
        if name.startswith(parent_name):
            name = urns.name_of(old_parent) + name.removeprefix(parent_name)
        return urns.make(self._stack, self._project, old_parent, type_, name)
