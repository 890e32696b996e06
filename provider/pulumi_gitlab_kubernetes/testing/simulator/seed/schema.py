"""The schema language of seeds: types of values, keys of mappings, items of lists."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator.seed.document import Location, SeedError, suggestion

_MAX_DEPTH = 100
"""Maximum nesting of a request's body."""


class Kind(Enum):
    """The type of a value, as an error describes it."""

    ANY = "anything"
    SCALAR = "one value"
    TEXT = "a text"
    LIST = "a list"
    MAPPING = "a mapping"
    NAMES = "a mapping with names of your own"


@dataclass(frozen=True)
class Schema:
    """The schema of a value.

    Args:
        kind: The value's type.
        keys: The keys of a mapping with their schemas.
        items: The schema of the values in a list or in a mapping with free names.
        named_by: The required key of a mapping.
    """

    kind: Kind = Kind.SCALAR
    keys: Mapping[str, Schema] = field(default_factory=dict)
    items: Schema | None = None
    named_by: str = ""

    def check(self, value: Any, location: Location = ()) -> None:
        """Validate a value.

        Raises:
            SeedError: The value is invalid.
        """
        valid = {
            Kind.ANY: True,
            Kind.SCALAR: not isinstance(value, (Mapping, list)),
            Kind.TEXT: isinstance(value, str) and value != "",
            Kind.LIST: isinstance(value, list),
            Kind.MAPPING: isinstance(value, Mapping),
            Kind.NAMES: isinstance(value, Mapping),
        }
        if not valid[self.kind]:
            raise SeedError(location, f"must be {self.kind.value}")
        if self.kind is Kind.MAPPING:
            self._check_keys(value, location)
        elif self.items is not None:
            for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
                self.items.check(inner, (*location, key))

    def _check_keys(self, value: Mapping[str, Any], location: Location) -> None:
        for key, inner in value.items():
            if key not in self.keys:
                raise SeedError((*location, key), f"is unknown; {suggestion(str(key), self.keys)}")
            self.keys[key].check(inner, (*location, key))
        if self.named_by and value.get(self.named_by) is None:
            raise SeedError(location, f"{self.named_by} is missing")


def check_types(value: Any, location: Location = ()) -> None:
    """Reject YAML values that cannot be sent as JSON.

    Args:
        value: A value in a seed.
        location: Its location.

    Raises:
        SeedError: The value is not a text, number, date, list or mapping.
    """
    if len(location) > _MAX_DEPTH:
        raise SeedError(location[:1], f"is nested more than {_MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise SeedError((*location, key), "a key must be a text: put it in quotes")
            check_types(key, (*location, key))
            check_types(inner, (*location, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check_types(inner, (*location, index))
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise SeedError(location, "has an incomplete surrogate pair") from None
    elif isinstance(value, float) and not math.isfinite(value):
        raise SeedError(location, f"must be a number, not {value}")
    elif not isinstance(value, (int, float, date, type(None))):
        raise SeedError(location, "must be a text, a number, a date, a list or a mapping")
