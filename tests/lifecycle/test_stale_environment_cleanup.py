"""Stopping stale environments, which GitLab does once for each resource."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.engines import Stack, resource
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.scenario import Then

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "clean-up.md").read_text()
_DAY = 86_400


@contextmanager
def _ago(lab: Lab, days: float) -> Iterator[None]:
    """Set the clock of GitLab back during the block."""
    lab.simulator.clock(advance=-days * _DAY)
    try:
        yield
    finally:
        lab.simulator.clock(advance=days * _DAY)


def _clean_up(lab: Lab, **changes: Any) -> dict[str, Any]:
    given = {"project": lab.project.path, "before": "30d", **changes}
    return resource("StaleEnvironmentCleanup", "stale", **given)


def _create(lab: Lab, *names: str) -> None:
    with _ago(lab, 40):
        for name in names:
            lab.root("POST", f"projects/{lab.project.id}/environments", name=name)


def _states(lab: Lab) -> dict[str, str]:
    """Return the state of each environment, a moment later."""
    with _ago(lab, -2 / _DAY):
        rows = lab.root("GET", f"projects/{lab.project.id}/environments")
    return {each["name"]: each["state"] for each in rows}


def _writes(lab: Lab) -> list[str]:
    """Return the methods of the user's requests that change something."""
    return [call.method for call in lab.calls() if call.method != "GET"]


def test_it_stops_environments_once_and_for_each_change_of_a_trigger(
    stack: Stack, lab: Lab
) -> None:
    """A preview, an unchanged run, a refresh and a destroy do nothing."""
    _create(lab, "old")
    assert stack.preview(_clean_up(lab)).ok
    assert _writes(lab) == []
    outcome = stack.up(_clean_up(lab))
    assert outcome.ok, outcome.text
    assert outcome.ops("stale") == ["create"]
    assert _writes(lab) == ["POST"]
    assert _states(lab) == {"old": "stopped"}
    first = stack.resources()["stale"]
    assert first["outputs"]["stopped_before"].endswith("Z")
    assert first["id"].startswith(f"{lab.project.id}:")

    _create(lab, "later")
    lab.calls()
    for same in (stack.up(_clean_up(lab)), stack.refresh()):
        assert same.ok, same.text
        assert same.ops("stale") == ["same"]
    assert lab.calls() == []

    outcome = stack.up(_clean_up(lab, triggers={"month": "2026-12"}))
    assert outcome.ok, outcome.text
    assert outcome.ops("stale") == Then.REPLACE.ops
    assert _writes(lab) == ["POST"]
    assert _states(lab) == {"old": "stopped", "later": "stopped"}
    assert stack.resources()["stale"]["id"] != first["id"]

    assert stack.destroy().ok
    assert _writes(lab) == []


@pytest.mark.parametrize("before", ["6d", "11y", "2000-01-01"])
def test_a_wrong_time_fails_the_preview(stack: Stack, lab: Lab, before: str) -> None:
    """The error says what GitLab accepts."""
    error = stack.preview(_clean_up(lab, before=before)).error("stale")
    assert "before must be a" in error
    assert lab.calls() == []


def test_it_requires_a_maintainer(stack: Stack, lab: Lab) -> None:
    """The error names the role."""
    user = lab.root("GET", f"users?username={lab.user}")[0]["id"]
    lab.root("PUT", f"groups/{lab.group['id']}/members/{user}", access_level=30)
    error = stack.up(_clean_up(lab)).error("stale")
    assert error == (
        f"cannot request clean-up of stale environments in project {lab.project.path}: 403 "
        "Forbidden; the token needs the scope `api`, and its user the role Maintainer in the "
        "project, which must not be archived"
    )


def test_it_cannot_be_read(stack: Stack, lab: Lab) -> None:
    """GitLab stores nothing of it."""
    described = resource("StaleEnvironmentCleanup", "stale", get=f"{lab.project.id}:1")
    error = stack.up(described).error("stale")
    assert error == "id cannot be read: GitLab stores no clean-up of stale environments"


def test_a_lost_response_is_no_error(stack: Stack, lab: Lab) -> None:
    """A second request does nothing more."""
    _create(lab, "old")
    fault = {"method": "POST", "path": "stop_stale", "drop": "after"}
    lab.simulator.faults(fault)
    outcome = stack.up(_clean_up(lab))
    assert outcome.ok, outcome.text
    assert lab.simulator.pending_faults() == []
    assert _states(lab) == {"old": "stopped"}


def test_the_program_of_the_guide(stack: Stack, lab: Lab) -> None:
    """Unchanged, except for the project and the package."""
    _create(lab, "old")
    program = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0]
    program = program.replace("acme/shop", lab.project.path)
    program = program.replace("from pulumi_gitlab_kubernetes ", f"from {stack.package} ")
    (stack.project / "__main__.py").write_text(program)
    outcome = stack.up()
    assert outcome.ok, outcome.text
    assert _states(lab) == {"old": "stopped"}
