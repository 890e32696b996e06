"""What a seed is made of: texts, numbers, dates, lists and mappings, and nothing else of YAML's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator.seed.document import Place, SeedError

_DEEPEST = 100
"""So many levels the simulator's calls take."""


def refuse_exotic(value: Any, place: Place = ()) -> None:
    """Refuse what no call could be made of.

    Args:
        value: what is in the seed.
        place: where.

    Raises:
        SeedError: says where and what.
    """
    if len(place) > _DEEPEST:
        raise SeedError(place[:1], f"is nested more than {_DEEPEST} levels deep")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise SeedError((*place, key), "a key must be a text: put it in quotes")
            refuse_exotic(key, (*place, key))
            refuse_exotic(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            refuse_exotic(inner, (*place, index))
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise SeedError(place, "has half of a surrogate pair") from None
    elif isinstance(value, float) and not math.isfinite(value):
        raise SeedError(place, f"must be a number, not {value}")
    elif not isinstance(value, (int, float, date, type(None))):
        raise SeedError(place, "must be a text, a number, a date, a list or a mapping")
