"""The kind that a Pulumi type token stands for, and how its properties are spelled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.policy.kinds import KINDS
from pulumi_gitlab_kubernetes.policy.model import ProjectResource

_OURS = "pulumi-python:dynamic/gitlab:"


@dataclass(frozen=True)
class TypeToken:
    """A parsed type token.

    Args:
        kind: The kind.
        published: Whether the type belongs to Pulumi's published GitLab package, which spells
            properties in camelCase and has no URL configurations.
    """

    kind: type[ProjectResource]
    published: bool

    @cached_property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Each property of the kind with its spelling in resources of this type."""
        return tuple((name, self.spelled(name)) for name in self.kind.properties)

    def spelled(self, name: str) -> str:
        """Return the spelling of a property in resources of this type."""
        return camel_case(name) if self.published else name


@cache
def kind_of(token: str) -> TypeToken | None:
    """Return the parsed token, or `None` for a type without rules.

    Args:
        token: A type token, such as `pulumi-python:dynamic/gitlab:ClusterAgent`.
    """
    for name, kind in KINDS.items():
        if token == _OURS + name:
            return TypeToken(kind, published=False)
        if token == f"gitlab:index/{name[0].lower()}{name[1:]}:{name}":
            return TypeToken(kind, published=True)
    return None
