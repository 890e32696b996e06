"""The settings of groups.

Follows https://docs.gitlab.com/api/groups/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import settings
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.settings import PREMIUM, Setting
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

CREATORS: Mapping[str, int] = {
    "noone": Role.OWNER + 1,
    "owner": Role.OWNER,
    "maintainer": Role.MAINTAINER,
    "developer": Role.DEVELOPER,
    "administrator": Role.OWNER + 1,
}
"""The minimum role to create projects; administrators always can."""

_RUNNERS = (
    "enabled",
    "disabled_and_overridable",
    "disabled_and_unoverridable",
    "disabled_with_override",
)
_ACCESS = (Param("access_level", int, required=True, values=(0, 30, 40, 60)),)
_PROTECTION = {
    "allowed_to_push": [{"access_level": 40}],
    "allow_force_push": False,
    "allowed_to_merge": [{"access_level": 40}],
}

SETTINGS: tuple[Setting, ...] = (
    Setting("share_with_group_lock", default=False),
    Setting("require_two_factor_authentication", default=False),
    Setting("two_factor_grace_period", 48),
    Setting("project_creation_level", "developer", values=tuple(CREATORS)),
    Setting("auto_devops_enabled", None, bool),
    Setting("subgroup_creation_level", "maintainer", values=("owner", "maintainer")),
    Setting("emails_enabled", default=True),
    Setting("mentions_disabled", None, bool),
    Setting("lfs_enabled", default=True),
    Setting("math_rendering_limits_enabled", default=True, edit_only=True),
    Setting("lock_math_rendering_limits_enabled", default=False, edit_only=True),
    Setting("default_branch", None, str),
    Setting("default_branch_protection", 2, values=(0, 1, 2, 3, 4)),
    Setting(
        "default_branch_protection_defaults",
        _PROTECTION,
        fields=(
            Param("allowed_to_push", list, fields=_ACCESS),
            Param("allow_force_push", bool),
            Param("allowed_to_merge", list, fields=_ACCESS),
            Param("code_owner_approval_required", bool),
            Param("developer_can_initial_push", bool),
        ),
    ),
    Setting("request_access_enabled", default=True),
    Setting("shared_runners_setting", "enabled", values=_RUNNERS),
    Setting("max_artifacts_size", None, int, edit_only=True),
    Setting("membership_lock", default=False, plans=PREMIUM),
    Setting("prevent_forking_outside_group", None, bool, edit_only=True, plans=PREMIUM),
    Setting(
        "wiki_access_level", "enabled", values=("disabled", "private", "enabled"), plans=PREMIUM
    ),
)


def params(*, creation: bool) -> tuple[Param, ...]:
    """Return the parameters of a create or an edit for these settings."""
    return (Param("emails_disabled", bool), *settings.params(SETTINGS, creation=creation))


def column(store: Store, given: Mapping[str, Any], group: Row | None = None) -> dict[str, str]:
    """Return the column with the new settings.

    Args:
        store: The database.
        given: The request's parameters; others are ignored.
        group: The group before; None for a new one.
    """
    found = dict(given)
    if found.get("emails_disabled") is not None:
        found["emails_enabled"] = not found["emails_disabled"]
    stored = {} if group is None else settings.stored(group)
    return {"settings": json.dumps(stored | settings.to_store(store, SETTINGS, found))}


def value(group: Row, name: str) -> Any:
    """Return one setting."""
    (default,) = [each.default for each in SETTINGS if each.name == name]
    return settings.stored(group).get(name, default)


def visible(store: Store, group: Row, level: int) -> dict[str, Any]:
    """Return the settings that are visible to a role, and keys derived from them."""
    found = settings.visible(store, SETTINGS, settings.stored(group), level)
    return found | {"emails_disabled": not found["emails_enabled"]}
