"""The deployment tier of an environment, set or guessed by GitLab.

See https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pulumi_gitlab_kubernetes.policy.kinds import ProjectEnvironment

_GUESSES = tuple(
    (tier, re.compile(pattern, re.IGNORECASE))
    for tier, pattern in (
        ("development", r"dev|review|trunk"),
        ("testing", r"test|tst|int|acpt|accept|qa|qc|control|quality"),
        ("staging", r"stg|stag|model|modl|pre|demo|non"),
        ("production", r"prd|prod|live"),
    )
)
"""In GitLab's order: the first pattern found anywhere in the name decides."""


@lru_cache(maxsize=4096)
def guess(name: str) -> str:
    """Return the tier that GitLab guesses from an environment's name.

    Args:
        name: The environment's name.
    """
    found = (tier for tier, pattern in _GUESSES if pattern.search(name))
    return next(found, "other")


def production(environment: ProjectEnvironment) -> str | None:
    """Return why an environment counts as production, or `None` if it does not.

    Args:
        environment: The environment.

    Raises:
        HiddenValueError: The tier is hidden, or the name is and no tier is set.
    """
    if environment.tier:
        return "`tier` is production" if environment.tier == "production" else None
    if guess(environment.name) == "production":
        return "GitLab guesses the tier production from `name`"
    return None
