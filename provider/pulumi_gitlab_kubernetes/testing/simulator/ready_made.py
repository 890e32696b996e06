"""The seed of a GitLab that is ready for a stack."""

from __future__ import annotations

from typing import Any

PROJECT = "acme/shop"
"""The project that it has."""

MAINTAINER = "platform"
"""The name of the Maintainer that it has."""


def ready_made(token: str) -> dict[str, Any]:
    """Return the seed: a project, its Maintainer, and all that this package needs switched on.

    Args:
        token: the Maintainer's personal access token.
    """
    return {
        "features": {"certificate_based_clusters": True},
        "license": "ultimate",
        "settings": {"receptive_cluster_agents_enabled": True},
        "users": [
            {
                "username": MAINTAINER,
                "name": "Platform team",
                "tokens": [{"name": "pulumi", "value": token}],
            }
        ],
        "projects": [{"path": PROJECT, "members": {MAINTAINER: "maintainer"}}],
    }
