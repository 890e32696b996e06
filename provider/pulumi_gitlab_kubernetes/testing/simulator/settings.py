"""Settings of projects and groups as data: each one's default, who sees it, and when it is set.

Nothing in the simulator depends on most of them. They are kept because clients that manage
projects and groups read all of them back, and take one that changed by itself for drift. A row
keeps what was set as JSON in its column `settings`.
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


class Seen(Enum):
    """Who is shown a setting."""

    BY_ALL = Role.NONE
    BY_READERS = Role.REPORTER  # of the code
    BY_MAINTAINERS = Role.MAINTAINER


@dataclass(frozen=True)
class Setting:
    """One setting.

    Args:
        name: of the parameter and of the key in answers.
        default: of a new project; None can be set again.
        type: of the value; None is that of the default.
        values: what is allowed.
        seen: who is shown it.
        edit_only: a creation ignores it, as in GitLab.
        plans: with which licences it is there; empty for every GitLab.
        fields: the parameters inside a `dict`.
    """

    name: str
    default: Any
    type: type | None = None
    values: tuple[Any, ...] | None = None
    seen: Seen = Seen.BY_ALL
    edit_only: bool = False
    plans: tuple[str, ...] = ()
    fields: tuple[Param, ...] = ()

    @property
    def param(self) -> Param:
        """The parameter that sets it."""
        return Param(
            self.name, self.type or type(self.default), values=self.values, fields=self.fields
        )

    def is_there(self, plan: str) -> bool:
        """Tell whether a GitLab with this licence has it."""
        return not self.plans or plan in self.plans


def params(settings: Iterable[Setting], *, creation: bool) -> tuple[Param, ...]:
    """Return the parameters of a creation, or of an edit, that set something."""
    return tuple(each.param for each in settings if not (creation and each.edit_only))


def kept(row: Row) -> dict[str, Any]:
    """Return what was set of a project or group."""
    found: dict[str, Any] = json.loads(row["settings"])
    return found


def changed(store: Store, settings: Iterable[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what parameters set: what the licence has, and null only where that is the default."""
    plan = instance.licensed_plan(store)
    return {
        setting.name: given[setting.name]
        for setting in settings
        if setting.name in given
        and setting.is_there(plan)
        and (given[setting.name] is not None or setting.default is None)
    }


def shown(
    store: Store,
    settings: Iterable[Setting],
    values: Mapping[str, Any],
    level: int,
    *,
    reads_code: bool = False,
) -> dict[str, Any]:
    """Return the settings that somebody is shown.

    Args:
        store: the state, for the licence.
        settings: those of the kind.
        values: what was set.
        level: the caller's role.
        reads_code: the caller may read the code.
    """
    plan = instance.licensed_plan(store)
    return {
        setting.name: values.get(setting.name, setting.default)
        for setting in settings
        if setting.is_there(plan)
        and (reads_code if setting.seen is Seen.BY_READERS else level >= setting.seen.value)
    }
