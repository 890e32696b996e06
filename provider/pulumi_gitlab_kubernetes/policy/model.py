"""Resources as rules see them: typed properties, whatever the source.

Properties have snake_case names, also for resources of Pulumi's published GitLab package. Reading
a property without an available value raises `HiddenValueError`: rules never guess.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, overload

from pulumi_gitlab_kubernetes.core.spelling import Names
from pulumi_gitlab_kubernetes.gitlab.clock import moment

V = TypeVar("V")
_DIGITS = 18
_LIMIT = 10**_DIGITS


class Hidden(enum.Enum):
    """Stands in for a value that is not available, and says why."""

    UNKNOWN = "is unknown until `up` runs"
    SECRET = "is encrypted in the state"  # noqa: S105 (not a password)
    NOT_IN_GITLAB = "is not stored in GitLab"
    INVALID = "has an invalid value"


class HiddenValueError(Exception):
    """A rule read a property without an available value.

    Args:
        resource: The resource.
        property_: The property's name.
        why: Why the value is not available.
    """

    def __init__(self, resource: Resource, property_: str, why: Hidden) -> None:
        super().__init__(f"{resource.label}: `{property_}` {why.value}")
        self.resource = resource
        self.property = property_
        self.why = why


class NotCreatedError(HiddenValueError):
    """A rule read an output that a preview does not have.

    Previews do not report it: `up` evaluates the rule again once the resource exists.
    """


def every(*conditions: Callable[[], object]) -> bool:
    """Return whether all conditions are true. One false condition decides, even if others raise.

    Args:
        conditions: Functions that may raise `HiddenValueError`.

    Raises:
        NotCreatedError: No condition is false, and one needs an output that does not exist yet.
        HiddenValueError: No condition is false, and one needs a hidden value.
    """
    errors: list[HiddenValueError] = []
    for condition in conditions:
        try:
            if not condition():
                return False
        except HiddenValueError as error:  # noqa: PERF203 (each may raise one)
            errors.append(error)
    if errors:
        raise min(errors, key=lambda each: not isinstance(each, NotCreatedError))
    return True


def number(value: object) -> float | None:
    """Return a value as a number, or `None` if it is not one or too large for GitLab.

    Args:
        value: A number, or a whole number as text: ids are written both ways.
    """
    if isinstance(value, str) and value.isdecimal() and len(value) <= _DIGITS:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LIMIT else None  # NaN compares false.


class Property(Generic[V]):
    """A typed property of a resource.

    Args:
        default: The value if the property is not set.
        type_: The type of the values; by default the type of `default`.
        output: Whether GitLab sets it, so that it is missing until the resource exists.
    """

    def __init__(self, default: V, type_: type[Any] | None = None, *, output: bool = False) -> None:
        self._default = default
        self._type = type_ or type(default)
        self._output = output
        self._name = ""

    def __set_name__(self, owner: type[Resource], name: str) -> None:
        self._name = name
        owner.properties = (*owner.properties, name)

    @overload
    def __get__(self, resource: None, owner: type[Resource]) -> Property[V]: ...
    @overload
    def __get__(self, resource: Resource, owner: type[Resource]) -> V: ...
    def __get__(self, resource: Resource | None, owner: type[Resource]) -> Property[V] | V:
        if resource is None:
            return self
        value: Any = resource.values.get(self._name)
        if value is None:
            if self._output and not resource.created:
                raise NotCreatedError(resource, self._name, Hidden.UNKNOWN)
            return self._default
        if isinstance(value, float) or not isinstance(value, self._type):
            if isinstance(value, Hidden):
                unset = self._output and value is Hidden.UNKNOWN
                raise (NotCreatedError if unset else HiddenValueError)(resource, self._name, value)
            value = self._converted(resource, value)
        known: V = value
        return known

    def _converted(self, resource: Resource, value: object) -> Any:
        """Convert an id between number and text, and parse a timestamp of GitLab."""
        if self._type is datetime and isinstance(value, str) and (timestamp := moment(value)):
            return timestamp
        found = number(value)
        if found is not None and self._type is float:
            return found
        if found is not None and self._type is str:
            return f"{value:.0f}"
        raise HiddenValueError(resource, self._name, Hidden.INVALID)


class Resource:
    """A resource of a stack or in GitLab.

    Args:
        label: The name shown to people: in a stack, the resource's name.
        values: The properties by snake_case name, without those that are not set.
        urn: The URN; empty outside of a stack.
        created: Whether it exists, and so has outputs.
        published: Whether it belongs to Pulumi's published GitLab package.
        protect: The resource option `protect`.
        sources: By property, the URNs of the resources that its value comes from.
    """

    properties: ClassVar[tuple[str, ...]] = ()
    """The names of all properties."""
    agent_references: ClassVar[tuple[str, ...]] = ()
    """The names of properties that are ids of agents."""
    nested: ClassVar[Mapping[str, Names]] = {}
    """The names inside the values of properties, by property."""

    __slots__ = ("_protect", "created", "label", "published", "sources", "urn", "values")

    def __init__(
        self,
        label: str,
        values: Mapping[str, Any],
        *,
        urn: str = "",
        created: bool = True,
        published: bool = False,
        protect: bool | Hidden = False,
        sources: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.label = label
        self.values = values
        self.urn = urn
        self.created = created
        self.published = published
        self.sources = sources or {}
        self._protect = protect

    def has(self, name: str) -> bool:
        """Return whether a property is set. A secret counts as set, and is not read.

        Args:
            name: The property's name.

        Raises:
            HiddenValueError: The value is hidden and may be empty.
        """
        value = self.values.get(name)
        if value is Hidden.SECRET or (value is Hidden.UNKNOWN and name.endswith("_id")):
            return True  # An unknown id belongs to a resource that `up` creates.
        return bool(getattr(self, name))

    def lacks(self, name: str) -> bool:
        """Return whether a property is not set.

        Args:
            name: The property's name.

        Raises:
            HiddenValueError: The value is hidden and may be empty.
        """
        return not self.has(name)

    @property
    def protect(self) -> bool:
        """Whether Pulumi protects the resource from deletion.

        Raises:
            HiddenValueError: The option is not available.
        """
        if isinstance(self._protect, Hidden):
            raise HiddenValueError(self, "protect", self._protect)
        return self._protect


class ProjectResource(Resource):
    """What belongs to a project of one GitLab."""

    __slots__ = ()

    name = Property("")
    project = Property("")
    project_id = Property[float | None](None, float)
    connection = Property("gitlab")

    @property
    def known_project_id(self) -> float | None:
        """The ID of its project, if it is known. A preview does not know it, but knows a path."""
        return number(self.values.get("project_id"))


class Stored(Resource):
    """A resource of any type in a state, with its values as stored, including secret markers."""

    __slots__ = ()
