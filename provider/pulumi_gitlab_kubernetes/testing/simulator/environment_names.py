"""An environment's slug and default tier, which GitLab derives from its name."""

from __future__ import annotations

import hashlib
import re

TIERS = ("production", "staging", "testing", "development", "other")
_GUESSES = (
    ("development", r"dev|review|trunk"),
    ("testing", r"tst|test|int|acpt|accept|qa|qc|control|quality"),
    ("staging", r"stg|stag|model|modl|pre|demo|non"),
    ("production", r"prd|prod|live"),
)
_MAX_SLUG = 24
_PREFIX = 17
_SUFFIX = 6
_BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def slug_for(name: str) -> str:
    """Return the slug: at most 24 of `a-z0-9-`, with a digest if it differs from the name.

    Follows https://docs.gitlab.com/ci/environments/#environment-slug.
    """
    slug = re.sub(r"[^a-z0-9]", "-", name.lower())
    if not re.match(r"[a-z]", slug):
        slug = f"env-{slug}"
    slug = re.sub(r"-+", "-", slug)
    if len(slug) > _MAX_SLUG or slug != name:
        return _shortened(slug, name)
    return slug.removesuffix("-")


def _shortened(slug: str, name: str) -> str:
    slug = slug[:_PREFIX]
    separator = "" if slug.endswith("-") else "-"
    number, digits = int(hashlib.sha256(name.encode()).hexdigest(), 16), ""
    for _ in range(_SUFFIX):
        number, digit = divmod(number, 36)
        digits = _BASE_36[digit] + digits
    return f"{slug}{separator}{digits}"


def guess_tier(name: str) -> str:
    """Return the tier that GitLab derives from a name.

    Follows https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments.
    """
    for tier, pattern in _GUESSES:
        if re.search(pattern, name, re.IGNORECASE):
            return tier
    return "other"


def folder(name: str) -> str | None:
    """Return the part before the first slash, or None."""
    before, slash, _ = name.partition("/")
    return before if slash else None
