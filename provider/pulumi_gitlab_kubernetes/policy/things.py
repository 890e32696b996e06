"""What rules judge: the five kinds with typed properties, wherever they were read from.

A property is read by its snake_case name, also of a resource of Pulumi's published GitLab package.
Reading one whose value is not at hand raises `NotKnown`: no rule ever guesses.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, overload

from pulumi_gitlab_kubernetes._clock import moment

V = TypeVar("V")
_DIGITS = 18
_BEYOND = 10**_DIGITS


class Hidden(enum.Enum):
    """Why a value is not at hand; stands in its place."""

    UNKNOWN = "is only known once `up` has run"
    SECRET = "is encrypted here"  # noqa: S105 (it is not one)
    PROGRAM = "is not kept at GitLab"
    MISTYPED = "has a value that it cannot have"


class NotKnown(Exception):  # noqa: N818 (no error: a rule cannot tell yet)
    """A rule read a property whose value is not at hand.

    Args:
        thing: Whose property it is.
        property_: The property's name.
        why: Why the value is not at hand.
    """

    def __init__(self, thing: Thing, property_: str, why: Hidden) -> None:
        super().__init__(f"{thing.label}: `{property_}` {why.value}")
        self.thing = thing
        self.property = property_
        self.why = why


class NotMade(NotKnown):
    """A rule read what GitLab is still to make, or what a preview does not show of it.

    It is not for a preview to doubt: `up` judges again once it is there.
    """


def every(*conditions: Callable[[], object]) -> bool:
    """Tell whether all conditions hold; one that does not settles it, whatever is not known.

    Args:
        conditions: They may raise `NotKnown`.

    Raises:
        NotMade: None fails, and what one reads is not made yet.
        NotKnown: None fails, and what one reads is not known.
    """
    doubts: list[NotKnown] = []
    for condition in conditions:
        try:
            if not condition():
                return False
        except NotKnown as reason:  # noqa: PERF203 (each may have one)
            doubts.append(reason)
    for doubt in sorted(doubts, key=lambda each: not isinstance(each, NotMade)):
        raise doubt
    return True


def number(value: object) -> float | None:
    """Return a number; `None` for what is none, or is beyond all that GitLab can mean.

    Args:
        value: A number, or the text of a whole one, as ids are written either way.
    """
    if isinstance(value, str) and value.isdecimal() and len(value) <= _DIGITS:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _BEYOND else None  # neither is NaN smaller


class Property(Generic[V]):
    """A typed property of a thing.

    Args:
        default: Its value where it is not set.
        type_: The type of its values; that of the default when left out.
        output: Whether GitLab makes it: there is none before the thing exists.
    """

    def __init__(self, default: V, type_: type[Any] | None = None, *, output: bool = False) -> None:
        self._default = default
        self._type = type_ or type(default)
        self._output = output
        self._name = ""

    def __set_name__(self, owner: type[Thing], name: str) -> None:
        self._name = name
        owner.properties = (*owner.properties, name)

    @overload
    def __get__(self, thing: None, owner: type[Thing]) -> Property[V]: ...
    @overload
    def __get__(self, thing: Thing, owner: type[Thing]) -> V: ...
    def __get__(self, thing: Thing | None, owner: type[Thing]) -> Property[V] | V:
        if thing is None:
            return self
        value: Any = thing.values.get(self._name)
        if value is None:
            if self._output and not thing.made:
                raise NotMade(thing, self._name, Hidden.UNKNOWN)
            return self._default
        if isinstance(value, float) or not isinstance(value, self._type):
            if isinstance(value, Hidden):
                unmade = self._output and value is Hidden.UNKNOWN
                raise (NotMade if unmade else NotKnown)(thing, self._name, value)
            value = self._converted(thing, value)
        known: V = value
        return known

    def _converted(self, thing: Thing, value: object) -> Any:
        """Take an id as a number or a text, and a moment as GitLab spells it."""
        if self._type is datetime and isinstance(value, str) and (then := moment(value)):
            return then
        found = number(value)
        if found is not None and self._type is float:
            return found
        if found is not None and self._type is str:
            return f"{value:.0f}"
        raise NotKnown(thing, self._name, Hidden.MISTYPED)


class Thing:
    """A resource of a stack, or a thing at GitLab.

    Args:
        label: How people call it: the resource's name in its stack.
        values: Its properties by snake_case name; what is not set is absent.
        urn: The resource's URN; empty where no stack has it.
        made: Whether it exists, so that it has its outputs.
        published: Whether it is of Pulumi's published GitLab package.
        protect: Whether Pulumi protects it.
        sources: The URNs that each property's value comes from.
    """

    properties: ClassVar[tuple[str, ...]] = ()
    """The names of its properties."""
    pointers: ClassVar[tuple[str, ...]] = ()
    """Those that are ids of agents."""

    __slots__ = ("_protect", "label", "made", "published", "sources", "urn", "values")

    def __init__(
        self,
        label: str,
        values: Mapping[str, Any],
        *,
        urn: str = "",
        made: bool = True,
        published: bool = False,
        protect: bool | Hidden = False,
        sources: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.label = label
        self.values = values
        self.urn = urn
        self.made = made
        self.published = published
        self.sources = sources or {}
        self._protect = protect

    def has(self, name: str) -> bool:
        """Tell whether a property is set; a secret one is, without being read.

        Args:
            name: The property's name.

        Raises:
            NotKnown: It may turn out to be empty.
        """
        value = self.values.get(name)
        if value is Hidden.SECRET or (value is Hidden.UNKNOWN and name.endswith("_id")):
            return True  # An id that is not known yet is that of something still to be made.
        return bool(getattr(self, name))

    def lacks(self, name: str) -> bool:
        """Tell whether a property is not set.

        Args:
            name: The property's name.

        Raises:
            NotKnown: It may turn out to be empty.
        """
        return not self.has(name)

    @property
    def protect(self) -> bool:
        """Whether Pulumi protects it from being deleted."""
        if isinstance(self._protect, Hidden):
            raise NotKnown(self, "protect", self._protect)
        return self._protect


class OfProject(Thing):
    """What belongs to a project of one GitLab."""

    __slots__ = ()

    name = Property("")
    project = Property("")
    project_id = Property[float | None](None, float)
    connection = Property("gitlab")


class ProjectCluster(OfProject):
    """A certificate-based cluster."""

    __slots__ = ()

    kubernetes_api_url = Property("")
    kubernetes_ca_cert = Property("")
    kubernetes_authorization_type = Property("rbac")
    environment_scope = Property("*")


class ClusterAgent(OfProject):
    """An agent for Kubernetes."""

    __slots__ = ()

    agent_id = Property[float | None](None, float, output=True)


class ClusterAgentToken(OfProject):
    """A token of an agent."""

    __slots__ = ()
    pointers = ("agent_id",)

    agent_id = Property[float | None](None, float)
    description = Property("")
    rotation_triggers = Property[Mapping[str, Any] | None](None, Mapping)
    rotate_after_days = Property[float | None](None, float)
    created_at = Property[datetime | None](None, datetime, output=True)


class ClusterAgentUrlConfiguration(OfProject):
    """How GitLab reaches a receptive agent."""

    __slots__ = ()
    pointers = ("agent_id",)

    agent_id = Property[float | None](None, float)
    url = Property("")
    ca_cert = Property("")
    client_cert = Property("")


class ProjectEnvironment(OfProject):
    """An environment."""

    __slots__ = ()
    pointers = ("cluster_agent_id",)

    external_url = Property("")
    tier = Property("")
    cluster_agent_id = Property[float | None](None, float)
    kubernetes_namespace = Property("")
    flux_resource_path = Property("")
    force_stop = Property(default=False)
    auto_stop_at = Property("", output=True)


class Stored(Thing):
    """Any resource as a state has it; its values are the state's own, secrets marked."""

    __slots__ = ()


KINDS: Mapping[str, type[OfProject]] = {
    kind.__name__: kind
    for kind in (
        ProjectCluster,
        ClusterAgent,
        ClusterAgentToken,
        ClusterAgentUrlConfiguration,
        ProjectEnvironment,
    )
}
"""Each kind by the name of its resource class."""
