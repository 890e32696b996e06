"""The reports of `gitlab-kubernetes clean-up`: tables and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pulumi_gitlab_kubernetes.clean_up.plan import Environment, Plan
from pulumi_gitlab_kubernetes.core.ages import iso
from pulumi_gitlab_kubernetes.text import counted, printable
from pulumi_gitlab_kubernetes.text import table as aligned

_HEADS = {"external_url": "URL", "deployed_at": "LAST DEPLOYMENT"}
_NONE = "-"


def table(plan: Plan) -> str:
    """Return what a plan would do, for people."""
    project = printable(plan.project)
    count = counted(len(plan.environments), "environment")
    lines = [f"{project}: {count} to {plan.verb}" + (":" if plan.environments else ".")]
    if plan.environments:
        heads = [_HEADS.get(name, name.removesuffix("_at").upper()) for name in plan.columns]
        rows = [[_cell(each, name) for name in plan.columns] for each in plan.environments]
        lines.append(aligned(heads, rows))
    lines += failures(plan.verb, plan.failures)
    lines += [printable(plan.note)] if plan.note else []
    return "\n".join(lines)


def failures(verb: str, found: Mapping[str, str]) -> list[str]:
    """Return a line for each environment that a clean-up failed for."""
    return [printable(f"cannot {verb} {name}: {why}") for name, why in found.items()]


def as_values(plan: Plan) -> dict[str, Any]:
    """Return what a plan would do, for JSON."""
    return {
        "project": plan.project,
        "environments": [environment_values(each) for each in plan.environments],
        "failures": dict(plan.failures),
        "note": plan.note,
    }


def environment_values(environment: Environment) -> dict[str, Any]:
    """Return an environment for JSON. Times are as in GitLab's API."""
    values = asdict(environment)
    return {
        name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()
    }


def _cell(environment: Environment, name: str) -> str:
    value = getattr(environment, name)
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else str(value or _NONE)
