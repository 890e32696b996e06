"""The environment variables of what talks to a simulator."""

from __future__ import annotations

import os

_FOREIGN = ("PULUMI_GITLAB_", "GITLAB_", "CI_JOB_TOKEN", "PULUMI_STACK", "PULUMI_CONFIG")
"""Variables that would lead a stack away from its simulator, to someone's real GitLab."""

_BEFORE_CONFIGURATION = ("PULUMI_GITLAB_", "PULUMI_CONFIG")
"""Those of them that win over what a stack's configuration and its passphrase's file say."""


def foreign() -> list[str]:
    """Return the names of this process's variables that must not reach a stack."""
    return [name for name in os.environ if name.startswith(_FOREIGN)]


def overriding() -> list[str]:
    """Return the names of those that win over a stack's own configuration."""
    return [name for name in os.environ if name.startswith(_BEFORE_CONFIGURATION)]


def without_foreign() -> dict[str, str]:
    """Return this process's variables without those."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def connection(url: str, token: str) -> dict[str, str]:
    """Return the variables that lead a stack to a GitLab, whatever its configuration says."""
    return {"PULUMI_GITLAB_BASE_URL": url, "PULUMI_GITLAB_TOKEN": token}
