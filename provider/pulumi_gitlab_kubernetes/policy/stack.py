"""The things of one stack, and what of them belongs together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from .things import (
    ClusterAgent,
    ClusterAgentToken,
    ClusterAgentUrlConfiguration,
    NotKnown,
    OfProject,
    ProjectEnvironment,
    Thing,
    number,
)

T = TypeVar("T", bound=Thing)
Of = ClusterAgentToken | ClusterAgentUrlConfiguration | ProjectEnvironment
"""What points to an agent."""


class Stack:
    """All things that are judged together.

    Args:
        things: The things, in any order: engines register them in another each time.
    """

    def __init__(self, things: Iterable[Thing]) -> None:
        self._things: dict[type[Thing], list[Thing]] = {}
        for thing in sorted(things, key=lambda thing: (thing.urn, thing.label)):
            self._things.setdefault(type(thing), []).append(thing)
        self._agents: dict[Thing, ClusterAgent | None] = {}
        self._groups: dict[tuple[type[Thing], Callable[..., Hashable]], Any] = {}

    @property
    def count(self) -> int:
        """How many things there are."""
        return sum(len(each) for each in self._things.values())

    def of(self, kind: type[T]) -> Sequence[T]:
        """Return the things of one kind."""
        found: list[T] = self._things.get(kind, [])  # type: ignore[assignment] # filed by type
        return found

    def group(self, kind: type[T], key: Callable[[T], Hashable]) -> Groups[T]:
        """Return the things of one kind by a key; made once for each function.

        Args:
            kind: The kind.
            key: A function of this stack or a module; `None` is no group.
        """
        if (kind, key) not in self._groups:
            self._groups[kind, key] = Groups(self.of(kind), key)
        found: Groups[T] = self._groups[kind, key]
        return found

    def project(self, thing: OfProject) -> Hashable:
        """Return what two things have in common that are of one project.

        Raises:
            NotKnown: The thing's project is not known.
        """
        id_ = thing.project_id
        if id_ is None:
            id_ = number(thing.project)
        if id_ is None:
            id_ = self._project_ids.get((thing.connection, thing.project))
        return thing.connection, thing.project if id_ is None else int(id_)

    def agent(self, thing: Of) -> ClusterAgent | None:
        """Return the agent that a thing points to, if it is in the stack.

        Raises:
            NotKnown: Which one it is is not known.
        """
        if thing not in self._agents:
            self._agents[thing] = self._find_agent(thing)
        return self._agents[thing]

    def _find_agent(self, thing: Of) -> ClusterAgent | None:
        (name,) = thing.pointers
        for urn in thing.sources.get(name, ()):
            if urn in self._agents_by_urn:
                return self._agents_by_urn[urn]
        id_ = getattr(thing, name)
        if id_ is None:
            return None
        return self._agents_by_id.get((thing.connection, int(id_)))

    def agent_key(self, thing: Thing) -> Hashable:
        """Return what an agent has in common with all that points to it; `None` for no agent.

        Raises:
            NotKnown: Which agent it is is not known.
        """
        if isinstance(thing, ClusterAgent):
            return thing
        assert isinstance(thing, Of)  # noqa: S101 (for the type checker)
        if agent := self.agent(thing):
            return agent
        id_ = getattr(thing, *thing.pointers)
        return None if id_ is None else (thing.connection, int(id_))

    def target(self, environment: ProjectEnvironment) -> Hashable:
        """Return the place in a cluster that an environment is; `None` where it has none.

        Raises:
            NotKnown: Which one it is is not known.
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
        # One that is not made yet has no id: what points to it does so by its URN.
        return {
            (str(agent.values.get("connection", "gitlab")), int(id_)): agent
            for agent in self.of(ClusterAgent)
            if (id_ := number(agent.values.get("agent_id"))) is not None
        }

    @cached_property
    def _project_ids(self) -> dict[tuple[str, str], int]:
        found = {}
        for things in self._things.values():
            for thing in things:
                id_ = number(thing.values.get("project_id"))
                if isinstance(thing, OfProject) and id_ is not None:
                    found[thing.connection, str(thing.values.get("project"))] = int(id_)
        return found


class Groups(dict[Hashable, list[T]]):
    """Things by a key.

    Args:
        things: The things.
        key: Returns a thing's key; `None` leaves it out.
    """

    def __init__(self, things: Iterable[T], key: Callable[[T], Hashable]) -> None:
        super().__init__()
        self._not_known: NotKnown | None = None
        for thing in things:
            try:
                found = key(thing)
            except NotKnown as error:
                self._not_known = error
                continue
            if found is not None:
                self.setdefault(found, []).append(thing)

    def any(self, key: Hashable) -> list[T]:
        """Return a group that an empty answer would be a violation for.

        Raises:
            NotKnown: There is none, but some thing's key is not known.
        """
        if key not in self and self._not_known:
            raise self._not_known
        return self.get(key, [])
