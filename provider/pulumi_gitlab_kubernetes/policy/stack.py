"""The resources of one stack and how they are related."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from pulumi_gitlab_kubernetes.policy.kinds import (
    ClusterAgent,
    ClusterAgentToken,
    ClusterAgentUrlConfiguration,
    ProjectEnvironment,
)
from pulumi_gitlab_kubernetes.policy.model import (
    HiddenValueError,
    ProjectResource,
    Resource,
    number,
)

T = TypeVar("T", bound=Resource)
HasAgent = ClusterAgentToken | ClusterAgentUrlConfiguration | ProjectEnvironment
"""A resource that refers to an agent."""


class Stack:
    """All resources that are evaluated together.

    Args:
        resources: The resources in any order. They are sorted: engines register them in parallel.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources: dict[type[Resource], list[Resource]] = {}
        for resource in sorted(resources, key=lambda resource: (resource.urn, resource.label)):
            self._resources.setdefault(type(resource), []).append(resource)
        self._agents: dict[Resource, ClusterAgent | None] = {}
        self._groups: dict[tuple[type[Resource], Callable[..., Hashable]], Any] = {}

    @property
    def count(self) -> int:
        """The number of resources."""
        return sum(len(each) for each in self._resources.values())

    def of(self, kind: type[T]) -> Sequence[T]:
        """Return the resources of one kind."""
        found: list[T] = self._resources.get(kind, [])  # type: ignore[assignment] # keyed by type
        return found

    def several(self, kind: type[Resource]) -> bool:
        """Return whether there is more than one resource of a kind."""
        return len(self.of(kind)) > 1

    def group(self, kind: type[T], key: Callable[[T], Hashable]) -> Groups[T]:
        """Return the resources of one kind grouped by a key. Groups are cached for each function.

        Args:
            kind: The kind.
            key: A method of this stack or a function of a module, so that the cache finds it again.
                Resources with the key `None` are left out.
        """
        if (kind, key) not in self._groups:
            self._groups[kind, key] = Groups(self.of(kind), key)
        found: Groups[T] = self._groups[kind, key]
        return found

    def project(self, resource: ProjectResource) -> Hashable:
        """Return a key that is equal for resources of the same project.

        Raises:
            HiddenValueError: The resource's project is hidden.
        """
        id_ = resource.known_project_id
        if id_ is None:
            id_ = number(resource.project)
        if id_ is None:
            id_ = self._project_ids.get((resource.connection, resource.project))
        return resource.connection, resource.project if id_ is None else int(id_)

    def agent(self, resource: HasAgent) -> ClusterAgent | None:
        """Return the agent that a resource refers to, or `None` if it is not in the stack.

        Raises:
            HiddenValueError: The agent's id is hidden.
        """
        if resource not in self._agents:
            self._agents[resource] = self._find_agent(resource)
        return self._agents[resource]

    def _find_agent(self, resource: HasAgent) -> ClusterAgent | None:
        (name,) = resource.agent_references
        for urn in resource.sources.get(name, ()):
            if urn in self._agents_by_urn:
                return self._agents_by_urn[urn]
        id_ = getattr(resource, name)
        if id_ is None:
            return None
        return self._agents_by_id.get((resource.connection, int(id_)))

    def agent_key(self, resource: Resource) -> Hashable:
        """Return a key that is equal for an agent and the resources that refer to it.

        Returns:
            The key; `None` if the resource refers to no agent.

        Raises:
            HiddenValueError: The agent's id is hidden.
        """
        if isinstance(resource, ClusterAgent):
            return resource
        assert isinstance(resource, HasAgent)  # noqa: S101 (for the type checker)
        if agent := self.agent(resource):
            return agent
        id_ = getattr(resource, *resource.agent_references)
        return None if id_ is None else (resource.connection, int(id_))

    def target(self, environment: ProjectEnvironment) -> Hashable:
        """Return what an environment is deployed to: agent, namespace and Flux resource.

        Returns:
            The three as a key; `None` without an agent or a namespace.

        Raises:
            HiddenValueError: One of them is hidden.
        """
        namespace = environment.kubernetes_namespace
        agent = self.agent_key(environment) if namespace else None
        if agent is None:
            return None
        return agent, namespace, environment.flux_resource_path

    @cached_property
    def _agents_by_urn(self) -> dict[str, ClusterAgent]:
        return {agent.urn: agent for agent in self.of(ClusterAgent) if agent.urn}

    @cached_property
    def _agents_by_id(self) -> dict[tuple[str, int], ClusterAgent]:
        # A new agent has no id yet: resources refer to it by its URN.
        return {
            (str(agent.values.get("connection", "gitlab")), int(id_)): agent
            for agent in self.of(ClusterAgent)
            if (id_ := number(agent.values.get("agent_id"))) is not None
        }

    @cached_property
    def _project_ids(self) -> dict[tuple[str, str], int]:
        found = {}
        for resources in self._resources.values():
            for resource in resources:
                id_ = number(resource.values.get("project_id"))
                if isinstance(resource, ProjectResource) and id_ is not None:
                    found[resource.connection, str(resource.values.get("project"))] = int(id_)
        return found


class Groups(dict[Hashable, list[T]]):
    """Resources grouped by a key.

    Args:
        resources: The resources.
        key: Returns a resource's key; `None` leaves the resource out.
    """

    def __init__(self, resources: Iterable[T], key: Callable[[T], Hashable]) -> None:
        super().__init__()
        self._hidden: HiddenValueError | None = None
        for resource in resources:
            try:
                found = key(resource)
            except HiddenValueError as error:
                self._hidden = error
                continue
            if found is not None:
                self.setdefault(found, []).append(resource)

    def known(self, key: Hashable) -> list[T]:
        """Return a group, empty only if no other resource can belong to it.

        Raises:
            HiddenValueError: The group is empty, and the key of some resource is hidden.
        """
        if key not in self and self._hidden:
            raise self._hidden
        return self.get(key, [])
