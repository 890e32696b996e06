"""What GitLab keeps unique among the resources in one collection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unique:
    """GitLab rejects a second resource with the same value of an input.

    Args:
        input: The input.
        searchable: Whether GitLab's list can be filtered by it.
        within: Other inputs. Resources with another value of one of them can have the same value.
    """

    input: str
    searchable: bool = False
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Singleton:
    """There can be only one resource."""


@dataclass(frozen=True)
class NotUnique:
    """Several resources can differ only in their ID."""


Identity = Unique | Singleton | NotUnique
