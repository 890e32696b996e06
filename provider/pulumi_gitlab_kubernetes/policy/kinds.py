"""From a type token to a kind, and from a property's name to how that package spells it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

from .things import KINDS, OfProject

_OURS = "pulumi-python:dynamic/gitlab:"


@dataclass(frozen=True)
class TypeToken:
    """What a type token says.

    Args:
        kind: The kind.
        published: Whether it is of Pulumi's published GitLab package, which spells its properties
            in camelCase and has no URL configurations.
    """

    kind: type[OfProject]
    published: bool

    @cached_property
    def names(self) -> tuple[tuple[str, str], ...]:
        """The kind's properties, each with how resources of this type spell it."""
        return tuple((name, self.spelled(name)) for name in self.kind.properties)

    def spelled(self, name: str) -> str:
        """Return a property's name as resources of this type have it."""
        return _camel(name) if self.published else name


@cache
def kind_of(token: str) -> TypeToken | None:
    """Return what a type token says; `None` for a type that no rule is about.

    Args:
        token: Such as `pulumi-python:dynamic/gitlab:ClusterAgent`.
    """
    for name, kind in KINDS.items():
        if token == _OURS + name:
            return TypeToken(kind, published=False)
        if token == f"gitlab:index/{name[0].lower()}{name[1:]}:{name}":
            return TypeToken(kind, published=True)
    return None


@cache
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
