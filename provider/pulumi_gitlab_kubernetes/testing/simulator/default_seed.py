"""A seed that is ready for a stack."""

from __future__ import annotations

from typing import Any

PROJECT = "acme/shop"
"""The seed's project."""

MAINTAINER = "platform"
"""The username of the project's Maintainer."""


def default_seed(token: str) -> dict[str, Any]:
    """Return the seed: a project, its Maintainer, and all features enabled.

    Args:
        token: The Maintainer's personal access token.
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
