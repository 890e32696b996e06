"""The tier of an environment, also where GitLab guesses it.

See https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .things import ProjectEnvironment

_GUESSES = tuple(
    (tier, re.compile(pattern, re.IGNORECASE))
    for tier, pattern in (
        ("development", r"dev|review|trunk"),
        ("testing", r"test|tst|int|acpt|accept|qa|qc|control|quality"),
        ("staging", r"stg|stag|model|modl|pre|demo|non"),
        ("production", r"prd|prod|live"),
    )
)
"""In GitLab's order: the first that occurs anywhere in the name counts."""


@lru_cache(maxsize=4096)
def guess(name: str) -> str:
    """Return the tier that GitLab gives an environment of this name.

    Args:
        name: The environment's name.
    """
    found = (tier for tier, pattern in _GUESSES if pattern.search(name))
    return next(found, "other")


def production(environment: ProjectEnvironment) -> str | None:
    """Say whence it is known that an environment is of the tier production; `None` if it is not.

    Args:
        environment: The environment.

    Raises:
        NotKnown: Its tier, or the name to guess from, is not known.
    """
    if environment.tier:
        return "`tier` is production" if environment.tier == "production" else None
    if guess(environment.name) == "production":
        return "GitLab guesses from `name` that the tier is production"
    return None
