"""What a value in a seed must look like, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator.seed.document import Place, SeedError, suggestion


class Kind(Enum):
    """What a value may be."""

    ANY = "anything"
    SCALAR = "one value"
    TEXT = "a text"
    LIST = "a list"
    MAPPING = "a mapping"
    NAMES = "a mapping with names of your own"


@dataclass(frozen=True)
class Shape:
    """What a value must look like.

    Args:
        kind: what it is.
        keys: of a mapping, its keys and their shapes.
        items: of a list or a mapping with free names, the shape of its values.
        named_by: the key without which a mapping is nothing.
    """

    kind: Kind = Kind.SCALAR
    keys: Mapping[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    named_by: str = ""

    def check(self, value: Any, place: Place = ()) -> None:
        """Refuse a value of another shape.

        Raises:
            SeedError: says where and what.
        """
        fits = {
            Kind.ANY: True,
            Kind.SCALAR: not isinstance(value, (Mapping, list)),
            Kind.TEXT: isinstance(value, str) and value != "",
            Kind.LIST: isinstance(value, list),
            Kind.MAPPING: isinstance(value, Mapping),
            Kind.NAMES: isinstance(value, Mapping),
        }
        if not fits[self.kind]:
            raise SeedError(place, f"must be {self.kind.value}")
        if self.kind is Kind.MAPPING:
            self._check_keys(value, place)
        elif self.items is not None:
            for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
                self.items.check(inner, (*place, key))

    def _check_keys(self, value: Mapping[str, Any], place: Place) -> None:
        for key, inner in value.items():
            if key not in self.keys:
                raise SeedError((*place, key), f"is unknown; {suggestion(str(key), self.keys)}")
            self.keys[key].check(inner, (*place, key))
        if self.named_by and value.get(self.named_by) is None:
            raise SeedError(place, f"{self.named_by} is missing")
