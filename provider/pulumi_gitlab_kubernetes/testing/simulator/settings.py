"""Settings of projects and groups as data: default, visibility, and when they can be set.

Most of them have no effect in the simulator. They exist because clients that manage projects and
groups read all of them back, and report an unexpected value as drift. The column `settings` keeps
the values that were set, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import instance
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

PREMIUM = ("premium", "ultimate")
ULTIMATE = ("ultimate",)


class Visibility(Enum):
    """Who can see a setting."""

    EVERYONE = Role.NONE
    CODE_READERS = Role.REPORTER
    MAINTAINERS = Role.MAINTAINER


@dataclass(frozen=True)
class Setting:
    """One setting.

    Args:
        name: Name of the parameter and of the key in responses.
        default: Value in a new project or group; if None, null can be set.
        type: Type of the value; None for the default's type.
        values: The allowed values.
        visibility: Who can see it.
        edit_only: Whether creation ignores it, as in GitLab.
        plans: The plans that have it; empty for all.
        fields: The parameters inside a `dict`.
    """

    name: str
    default: Any
    type: type | None = None
    values: tuple[Any, ...] | None = None
    visibility: Visibility = Visibility.EVERYONE
    edit_only: bool = False
    plans: tuple[str, ...] = ()
    fields: tuple[Param, ...] = ()

    @property
    def param(self) -> Param:
        """The parameter that sets it."""
        return Param(
            self.name, self.type or type(self.default), values=self.values, fields=self.fields
        )

    def is_available(self, plan: str) -> bool:
        """Return whether a plan has the setting."""
        return not self.plans or plan in self.plans


def params(settings: Iterable[Setting], *, creation: bool) -> tuple[Param, ...]:
    """Return the settings' parameters of a create or an edit."""
    return tuple(each.param for each in settings if not (creation and each.edit_only))


def stored(row: Row) -> dict[str, Any]:
    """Return the values that were set in a project or group."""
    found: dict[str, Any] = json.loads(row["settings"])
    return found


def to_store(store: Store, settings: Iterable[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings to store: those of the plan, and null only if it is the default."""
    plan = instance.licensed_plan(store)
    return {
        setting.name: given[setting.name]
        for setting in settings
        if setting.name in given
        and setting.is_available(plan)
        and (given[setting.name] is not None or setting.default is None)
    }


def visible(
    store: Store,
    settings: Iterable[Setting],
    values: Mapping[str, Any],
    level: int,
    *,
    reads_code: bool = False,
) -> dict[str, Any]:
    """Return the settings that a user can see.

    Args:
        store: The database with the license.
        settings: The settings of a project or group.
        values: The values that were set.
        level: The user's role.
        reads_code: Whether the user can read the code.
    """
    plan = instance.licensed_plan(store)
    return {
        setting.name: values.get(setting.name, setting.default)
        for setting in settings
        if setting.is_available(plan)
        and (
            reads_code
            if setting.visibility is Visibility.CODE_READERS
            else level >= setting.visibility.value
        )
    }
