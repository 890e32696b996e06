"""The kind that a Pulumi type token stands for, and how its properties are spelled.

A native resource that was a dynamic one still has outputs in snake_case until its next update or
refresh, so properties are looked up by both names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pulumi_gitlab_kubernetes.core.spelling import camel_case, in_snake_case
from pulumi_gitlab_kubernetes.policy.kinds import KINDS
from pulumi_gitlab_kubernetes.policy.model import ProjectResource

_DYNAMIC = "pulumi-python:dynamic/gitlab:"
_NATIVE = "gitlab-kubernetes:index:"


@dataclass(frozen=True)
class TypeToken:
    """A parsed type token.

    Args:
        kind: The kind.
        native: Whether a native provider serves it, so that its properties are in camelCase.
        published: Whether the type belongs to Pulumi's published GitLab package, which has no URL
            configurations.
    """

    kind: type[ProjectResource]
    native: bool = False
    published: bool = False

    @cached_property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Each property of the kind with its spelling in resources of this type."""
        return tuple((name, self.spelled(name)) for name in self.kind.properties)

    def value(self, name: str, found: Any) -> Any:
        """Return the value of a property with the names inside it in snake_case."""
        return in_snake_case(found, self.kind.nested.get(name, {}))

    def spelled(self, name: str) -> str:
        """Return the spelling of a property in resources of this type."""
        return camel_case(name) if self.native else name


@cache
def kind_of(token: str) -> TypeToken | None:
    """Return the parsed token, or `None` for a type without rules.

    Args:
        token: A type token, such as `gitlab-kubernetes:index:ClusterAgent`.
    """
    for name, kind in KINDS.items():
        if token == _DYNAMIC + name:
            return TypeToken(kind)
        if token == _NATIVE + name:
            return TypeToken(kind, native=True)
        if token == f"gitlab:index/{name[0].lower()}{name[1:]}:{name}":
            return TypeToken(kind, native=True, published=True)
    return None
