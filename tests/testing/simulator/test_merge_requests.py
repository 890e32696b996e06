"""Merge requests and their notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gitlab
import pytest

BLANK = '400 Bad request - Note {:note=>["can\'t be blank"]}'


@pytest.fixture
def request_path(simulator: Any, project: Any) -> str:
    """The path of an open merge request."""
    path = f"projects/{project['id']}/merge_requests"
    given = {"title": "Add Berlin", "source_branch": "berlin", "target_branch": "main"}
    return f"{path}/{simulator.api('POST', path, **given)['iid']}"


def test_numbers_start_in_each_project(simulator: Any, project: Any, request_path: str) -> None:
    """`iid` is the number in the project, and `id` that in the instance."""
    other = simulator.api("POST", "projects", name="other")
    path = f"projects/{other['id']}/merge_requests"
    given = {"title": "Draft: more", "source_branch": "a", "target_branch": "main"}
    made = simulator.api("POST", path, **given)
    assert (made["id"], made["iid"], made["draft"]) == (2, 1, True)
    assert made["references"]["full"] == "root/other!1"
    assert simulator.api("GET", request_path)["references"]["full"] == "group/app!1"
    second = {**given, "source_branch": "b"}
    assert simulator.api("POST", path, **second)["iid"] == 2
    found = simulator.api("GET", f"projects/{project['id']}/merge_requests")
    assert [each["title"] for each in found] == ["Add Berlin"]


@pytest.mark.parametrize(
    ("changes", "status", "body"),
    [
        (
            {"source_branch": "main"},
            422,
            {"error": ["You can't use same project/branch for source and target"]},
        ),
        (
            {"source_branch": "berlin"},
            409,
            {"message": ["Another open merge request already exists for this source branch: !1"]},
        ),
        ({"title": " "}, 400, {"message": {"title": ["can't be blank"]}}),
        (
            {"title": "x" * 256},
            400,
            {"message": {"title": ["is too long (maximum is 255 characters)"]}},
        ),
    ],
)
def test_invalid_merge_requests(  # noqa: PLR0917 (fixtures)
    root: Any, project: Any, request_path: str, changes: Any, status: int, body: Any
) -> None:
    """Each with GitLab's status and body."""
    assert request_path.endswith("/1")
    given = {"title": "t", "source_branch": "s", "target_branch": "main", **changes}
    response = root("POST", f"projects/{project['id']}/merge_requests", given)
    assert (response.status_code, response.json()) == (status, body)


def test_notes_have_an_order_and_pages(simulator: Any, root: Any, request_path: str) -> None:
    """The newest is first unless the request says otherwise."""
    for number in range(3):
        simulator.api("POST", f"{request_path}/notes", body=f"note {number}")
    newest = root("GET", f"{request_path}/notes?per_page=2")
    assert [each["body"] for each in newest.json()] == ["note 2", "note 1"]
    assert newest.headers["X-Total"] == "3"
    oldest = root("GET", f"{request_path}/notes?sort=asc&order_by=updated_at")
    assert [each["body"] for each in oldest.json()] == ["note 0", "note 1", "note 2"]
    assert root("GET", request_path).json()["user_notes_count"] == 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", BLANK),
        (" \n", BLANK),
        (
            "x" * 1_000_001,
            '400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}',
        ),
    ],
)
def test_invalid_notes(root: Any, request_path: str, body: str, message: str) -> None:
    """As GitLab prints a model's errors."""
    response = root("POST", f"{request_path}/notes", {"body": body})
    assert (response.status_code, response.json()) == (400, {"message": message})


def test_a_blank_change_is_rejected(simulator: Any, root: Any, request_path: str) -> None:
    """By the parameters; without a body, nothing changes."""
    note = f"{request_path}/notes/{simulator.api('POST', f'{request_path}/notes', body='n')['id']}"
    assert root("PUT", note, {"body": ""}).json() == {"error": "body is empty"}
    assert root("PUT", note, {}).json()["body"] == "n"


def test_only_authors_and_maintainers_change_notes(
    request_path: str, as_role: Callable[..., Any]
) -> None:
    """A Reporter adds and changes their own notes."""
    reporter, developer, maintainer, guest = map(as_role, (20, 30, 40, 10))
    made = reporter("POST", f"{request_path}/notes", {"body": "mine"})
    assert made.status_code == 201
    note = f"{request_path}/notes/{made.json()['id']}"
    assert reporter("PUT", note, {"body": "changed"}).json()["body"] == "changed"
    rejected = developer("PUT", note, {"body": "theirs"})
    assert (rejected.status_code, rejected.json()) == (403, {"message": "403 Forbidden"})
    assert maintainer("PUT", note, {"body": "theirs"}).status_code == 200
    assert guest("GET", note).json() == {"message": "404 Not found"}
    assert developer("DELETE", note).status_code == 403
    assert reporter("DELETE", note).status_code == 204


def test_job_tokens_only_read_notes(
    simulator: Any, project: Any, request_path: str, connect: Callable[[str | None], Any]
) -> None:
    """A job needs another token to add a note."""
    job = connect(None)
    job.session.headers["JOB-TOKEN"] = simulator.job_token(project["id"], 1)
    assert job("GET", request_path).status_code == 200
    assert job("GET", f"{request_path}/notes").json() == []
    assert job("POST", f"{request_path}/notes", {"body": "n"}).status_code == 401


@pytest.mark.parametrize(
    ("body", "text", "state"),
    [
        ("/close", None, "closed"),
        ("Done.\n/close\nThanks.", "Done.\nThanks.", "closed"),
        ("```text\n/close\n```", "```text\n/close\n```", "opened"),
        ("````\n```\n/close\n````", "````\n```\n/close\n````", "opened"),
        ("```\ncode\n```\n/close", "```\ncode\n```", "closed"),
        ("a /close", "a /close", "opened"),
    ],
)
def test_quick_actions(
    root: Any, request_path: str, body: str, text: str | None, state: str
) -> None:
    """A line of its own that is not in a code block is executed and removed."""
    response = root("POST", f"{request_path}/notes", {"body": body})
    assert response.json().get("body") == text
    assert root("GET", request_path).json()["state"] == state


def test_python_gitlab_adds_and_changes_notes(
    gl: gitlab.Gitlab, project: Any, request_path: str
) -> None:
    """As users' own scripts do."""
    assert request_path.endswith("/1")
    request = gl.projects.get(project["id"]).mergerequests.get(1)
    note = request.notes.create({"body": "one"})
    note.body = "two"
    note.save()
    assert [each.body for each in request.notes.list(iterator=True)] == ["two"]
    note.delete()
    assert request.notes.list(get_all=True) == []
