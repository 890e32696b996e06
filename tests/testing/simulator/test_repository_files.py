"""Repository files: as JSON, as headers, raw."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import unquote

import pytest

PATH = "projects/{}/repository/files/.gitlab%2Fagents%2Fdev%2Fconfig.yaml"
TEXT = "user_access: {access_as: {agent: {}}}\n"
_BRANCHES: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "main"),
    ({"default_branch": "trunk"}, "trunk"),
)


def _add(simulator: Any, project: Any, **parameters: str) -> str:
    path = PATH.format(project["id"])
    simulator.api("POST", path, **{"branch": "main", "commit_message": "Add"} | parameters)
    return path


def test_metadata_is_in_headers(simulator: Any, root: Any, project: Any) -> None:
    """Of GET and HEAD; clients check for files with HEAD."""
    path = _add(simulator, project, content=TEXT)
    response = root("GET", f"{path}?ref=main")
    known = response.json()
    assert base64.b64decode(known.pop("content")) == TEXT.encode()
    assert known["content_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert len(known) == 10
    for head in (response, root("HEAD", f"{path}?ref=main")):
        for name, value in known.items():
            expected = "false" if value is False else str(value)
            assert head.headers[f"X-Gitlab-{name.replace('_', '-')}"] == expected
    assert head.content == b""
    assert root("HEAD", f"{path}?ref=other").status_code == 404


def test_a_raw_file_is_its_bytes(simulator: Any, root: Any, project: Any) -> None:
    """With the same headers, and from the default branch unless `ref` is given."""
    content = b"\x00\xff\n"
    path = _add(simulator, project, content=base64.b64encode(content).decode(), encoding="base64")
    response = root("GET", f"{path}/raw")
    assert (response.content, response.headers["X-Gitlab-Size"]) == (content, "3")
    assert root("GET", f"{path}/raw?ref=other").json() == {"message": "404 Commit Not Found"}


@pytest.mark.parametrize("name", ["caf%C3%A9", "two%0Alines"])
def test_a_path_that_no_header_can_hold(simulator: Any, root: Any, project: Any, name: str) -> None:
    """The header is left out; the response is complete otherwise."""
    path = f"projects/{project['id']}/repository/files/{name}"
    simulator.api("POST", path, branch="main", commit_message="Add", content="x")
    response = root("GET", f"{path}?ref=main")
    assert response.json()["file_name"] == unquote(name)
    assert "X-Gitlab-Size" in response.headers
    assert "X-Gitlab-File-Name" not in response.headers


def test_a_project_can_start_with_a_readme(simulator: Any) -> None:
    """On the requested default branch, or `main`."""
    for number, (given, branch) in enumerate(_BRANCHES):
        made = simulator.api(
            "POST", "projects", name=f"p{number}", initialize_with_readme=True, **given
        )
        assert (made["default_branch"], made["empty_repo"]) == (branch, False)
        readme = f"projects/{made['id']}/repository/files/README.md?ref={branch}"
        assert simulator.api("GET", readme)["size"] > 0
