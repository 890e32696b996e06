"""Answers that are no GitLab's, or not of what was asked for, through a whole run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.foreign import file_server
from tests.gateway import Gateway
from tests.web import Answer

from .engines import Stack
from .gitlab import Lab
from .resources import NAMES, agent, all_kinds


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The address of a plain file server."""
    folder = tmp_path / "files"
    folder.mkdir()
    with file_server(folder) as url:
        yield url


def test_a_file_server_is_no_gitlab(stack: Stack, lab: Lab, elsewhere: str) -> None:
    """Each run says so, nothing is advised that would lose a thing, and the state is kept."""
    declared = all_kinds(lab.project.path)
    assert stack.up(*declared).ok
    kept = _held(stack)
    stack.environ["PULUMI_GITLAB_BASE_URL"] = elsewhere
    more = agent(lab.project.path, "second")
    for outcome in (stack.refresh(), stack.destroy(), stack.up(*declared, more)):
        assert not outcome.ok
        assert outcome.errors()
        for error in outcome.errors():
            assert f"what answers at {elsewhere} is not GitLab's API: check baseUrl" in error
            for believed in (
                "state delete",
                "an error in GitLab",
                "does not exist",
                "does not accept",
            ):
                assert believed not in error
    assert _held(stack) == kept
    del stack.environ["PULUMI_GITLAB_BASE_URL"]
    assert {step.op for step in stack.refresh().steps} == {"same"}
    assert stack.destroy().ok
    assert lab.things() == set()


def test_a_description_without_a_name_drops_nothing(stack: Stack, lab: Lab) -> None:
    """A refresh that meets one fails; the next one, and `up`, find all as it was."""
    declared = all_kinds(lab.project.path)
    assert stack.up(*declared).ok
    kept = _held(stack)
    with Gateway(lab.url) as gateway:
        stack.environ["PULUMI_GITLAB_BASE_URL"] = gateway.url
        gateway.distort = _without_names
        outcome = stack.refresh()
        gateway.distort = lambda _method, answer: answer
        assert not outcome.ok
        assert all("is not GitLab's API" in error for error in outcome.errors())
        assert _held(stack) == kept
        refreshed = stack.refresh()
        assert refreshed.ok, refreshed.text
        assert {step.op for step in refreshed.steps} == {"same"}
        again = stack.up(*declared)
        assert [again.ops(name) for name in NAMES] == [["same"]] * len(NAMES)
        assert stack.destroy().ok
    assert lab.things() == set()


def _held(stack: Stack) -> dict[str, object]:
    """Return what the state has of each thing."""
    found = stack.resources(show_secrets=True)
    return {
        name: (found[name]["id"], found[name]["inputs"], found[name]["outputs"]) for name in NAMES
    }


def _without_names(_method: str, answer: Answer) -> Answer:
    def empty(thing: dict[str, object]) -> dict[str, object]:
        return {**thing, **{key: "" for key in ("name", "url") if key in thing}}

    said = json.loads(answer.content) if answer.content else None
    if said is None:
        return answer
    found = [empty(each) for each in said] if isinstance(said, list) else empty(said)
    return replace(answer, content=json.dumps(found).encode())
