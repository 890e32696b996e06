"""Responses of a server that is not GitLab, or about another resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lifecycle.engines import Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import NAMES, agent, all_kinds
from tests.support.foreign import file_server
from tests.support.gateway import Gateway
from tests.support.web import Response


@pytest.fixture
def file_server_url(tmp_path: Path) -> Iterator[str]:
    """The URL of a file server."""
    folder = tmp_path / "files"
    folder.mkdir()
    with file_server(folder) as url:
        yield url


def test_a_file_server_is_not_gitlab(stack: Stack, lab: Lab, file_server_url: str) -> None:
    """Each error says so, without advice that would lose a resource. The state is unchanged."""
    declared = all_kinds(lab.project.path)
    assert stack.up(*declared).ok
    kept = _in_state(stack)
    stack.environ["PULUMI_GITLAB_BASE_URL"] = file_server_url
    more = agent(lab.project.path, "second")
    for outcome in (stack.refresh(), stack.destroy(), stack.up(*declared, more)):
        assert not outcome.ok
        assert outcome.errors()
        for error in outcome.errors():
            assert f"{file_server_url} is not GitLab's API: check baseUrl" in error
            for believed in (
                "state delete",
                "an error in GitLab",
                "does not exist",
                "does not accept",
            ):
                assert believed not in error
    assert _in_state(stack) == kept
    del stack.environ["PULUMI_GITLAB_BASE_URL"]
    assert {step.op for step in stack.refresh().steps} == {"same"}
    assert stack.destroy().ok
    assert lab.resources() == set()


def test_a_response_without_a_name_removes_nothing(stack: Stack, lab: Lab) -> None:
    """The refresh fails. The next one, and `up`, find no change."""
    declared = all_kinds(lab.project.path)
    with Gateway(lab.url) as gateway:
        stack.environ["PULUMI_GITLAB_BASE_URL"] = gateway.url
        assert stack.up(*declared).ok
        kept = _in_state(stack)
        gateway.distort = _without_names
        outcome = stack.refresh()
        gateway.distort = lambda _method, response: response
        assert not outcome.ok
        assert all("is not GitLab's API" in error for error in outcome.errors())
        assert _in_state(stack) == kept
        refreshed = stack.refresh()
        assert refreshed.ok, refreshed.text
        assert {step.op for step in refreshed.steps} == {"same"}
        again = stack.up(*declared)
        assert [again.ops(name) for name in NAMES] == [["same"]] * len(NAMES)
        assert stack.destroy().ok
    assert lab.resources() == set()


def _in_state(stack: Stack) -> dict[str, object]:
    """Return the resources in the state."""
    found = stack.resources(show_secrets=True)
    return {
        name: (found[name]["id"], found[name]["inputs"], found[name]["outputs"]) for name in NAMES
    }


def _without_names(_method: str, response: Response) -> Response:
    def empty(resource: dict[str, object]) -> dict[str, object]:
        return {**resource, **{key: "" for key in ("name", "url") if key in resource}}

    body = json.loads(response.content) if response.content else None
    if body is None:
        return response
    found = [empty(each) for each in body] if isinstance(body, list) else empty(body)
    return replace(response, content=json.dumps(found).encode())
