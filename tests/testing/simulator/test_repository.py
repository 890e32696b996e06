"""Commits to branches: who may push where, and what each commit changes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

FILE = "repository/files/{}"


class Repository:
    """The repository of a project, for one user.

    Args:
        call: The client of the user.
        project: The project.
    """

    def __init__(self, call: Any, project: Any) -> None:
        self._call = call
        self._base = f"projects/{project['id']}"

    def send(self, method: str, name: str = "a.md", **given: Any) -> Any:
        """Commit a file and return the response."""
        body = {"branch": "main", "commit_message": f"{method} {name}", "content": "x", **given}
        return self._call(method, f"{self._base}/{FILE.format(name)}", body)

    def error(self, method: str, name: str = "a.md", **given: Any) -> str:
        """Commit a file, which must be rejected with 400, and return the message."""
        response = self.send(method, name, **given)
        assert response.status_code == 400, response.text
        return str(response.json()["message"])

    def get(self, path: str) -> Any:
        """Return what a request below the repository returns."""
        return self._call("GET", f"{self._base}/repository/{path}").json()

    def text(self, name: str = "a.md", ref: str = "main") -> str:
        """Return a file's text."""
        found = self.get(f"files/{name}?ref={ref}")
        return base64.b64decode(found["content"]).decode()

    def messages(self, ref: str = "main") -> list[str]:
        """Return the messages of a branch's commits."""
        return [each["message"] for each in self.get(f"commits?ref_name={ref}")]


@pytest.fixture
def repository(root: Any, project: Any) -> Repository:
    """The administrator's view of a repository."""
    return Repository(root, project)


def test_each_change_is_a_commit(repository: Repository) -> None:
    """With its author, on top of the one before it. The file knows the last one that changed it."""
    repository.send("POST")
    first = repository.get("files/a.md?ref=main")["last_commit_id"]
    repository.send("POST", "b.md", author_name="Ann", author_email="ann@example.com")
    latest, before = repository.get("commits")
    assert (latest["author_name"], latest["author_email"]) == ("Ann", "ann@example.com")
    assert latest["committer_name"] == "Administrator"
    assert latest["parent_ids"] == [before["id"]] == [first]
    found = repository.get("files/a.md?ref=HEAD")
    assert (found["last_commit_id"], found["commit_id"]) == (first, latest["id"])
    assert repository.send("DELETE", "a.md").status_code == 204
    assert repository.messages() == ["DELETE a.md", "POST b.md", "POST a.md"]
    assert repository.get("branches/main")["commit"]["title"] == "DELETE a.md"


def test_an_update_can_require_that_nothing_has_changed(repository: Repository) -> None:
    """The file's last commit, not the branch's."""
    repository.send("POST")
    last = repository.get("files/a.md?ref=main")["last_commit_id"]
    repository.send("POST", "b.md")
    assert repository.send("PUT", content="y", last_commit_id=last).status_code == 200
    changed = "You are attempting to update a file that has changed since you started editing it."
    assert repository.error("PUT", content="z", last_commit_id=last) == changed
    assert repository.text() == "y"


def test_files_exist_once(repository: Repository) -> None:
    """GitLab answers 400, not 404 or 409."""
    repository.send("POST")
    assert repository.error("POST") == "A file with this name already exists"
    for method in ("PUT", "DELETE"):
        missing = repository.error(method, "other.md")
        assert missing == "A file with this name doesn't exist"
    wrong = repository.send("POST", "..%2Fa.md")
    assert (wrong.status_code, wrong.json()) == (
        400,
        {"error": "file_path should be a valid file path"},
    )


def test_a_branch_starts_from_another_one(repository: Repository) -> None:
    """With its files and commits. Only the first branch comes from nothing."""
    no_branch = "You can only create or edit files when you are on a branch"
    repository.send("POST")
    assert repository.error("POST", "b.md", branch="work") == no_branch
    assert repository.error("PUT", branch="work", start_branch="nowhere") == no_branch
    assert (
        repository.send("PUT", branch="work", start_branch="main", content="y").status_code == 200
    )
    assert (repository.text(), repository.text(ref="work")) == ("x", "y")
    assert repository.messages("work") == ["PUT a.md", "POST a.md"]
    exists = repository.error("PUT", branch="work", start_branch="main")
    assert exists.startswith("A branch called 'work' already exists.")


def test_an_empty_repository_has_neither_files_nor_branches(
    repository: Repository, root: Any, project: Any
) -> None:
    """The first commit creates its branch, which becomes the default branch."""
    assert repository.get("branches") == []
    assert repository.get("commits") == []
    assert repository.get("files/a.md?ref=HEAD") == {"message": "404 Commit Not Found"}
    assert repository.get("tree") == {"message": "404 Tree Not Found"}
    repository.send("POST", branch="trunk")
    assert root("GET", f"projects/{project['id']}").json()["default_branch"] == "trunk"
    assert repository.text(ref="HEAD") == "x"


def test_the_tree_lists_files_and_directories(repository: Repository) -> None:
    """Directories come first; all levels only if that is requested."""
    for name in ("a.md", "docs%2Fb.md", "docs%2Fsub%2Fc.md", "docs2%2Fd.md"):
        repository.send("POST", name)

    def paths(query: str) -> list[str]:
        return [each["path"] for each in repository.get(f"tree?{query}")]

    assert paths("") == ["docs", "docs2", "a.md"]
    assert paths("path=docs") == ["docs/sub", "docs/b.md"]
    assert paths("path=docs&recursive=true") == ["docs/sub", "docs/b.md", "docs/sub/c.md"]
    assert paths("recursive=true&per_page=2&page=2") == ["docs2", "a.md"]
    missing = {"message": "404 invalid revision or path Not Found"}
    assert repository.get("tree?path=nowhere") == missing


@pytest.mark.parametrize("role", [30, 40])
def test_who_may_push(
    root: Any, project: Any, repository: Repository, as_role: Callable[..., Any], role: int
) -> None:
    """The default branch is for Maintainers, and a rule can allow nobody."""
    user = Repository(as_role(role), project)
    refused = "You are not allowed to push into this branch"
    if role == 30:
        assert user.error("POST") == refused  # Also while the repository is empty.
    repository.send("POST")
    assert user.get("branches/main")["can_push"] is (role == 40)
    if role == 30:
        assert user.error("PUT") == refused
    else:
        assert user.send("PUT").status_code == 200
    assert user.send("PUT", branch="work", start_branch="main").status_code == 200
    rules = f"projects/{project['id']}/protected_branches"
    rule = root("POST", rules, {"name": "w*", "push_access_level": 0}).json()
    assert rule["push_access_levels"][0]["access_level_description"] == "No one"
    assert user.error("PUT", branch="work") == refused
    branch = user.get("branches/work")
    assert (branch["protected"], branch["can_push"]) == (True, False)
    assert root("DELETE", f"{rules}/w*").status_code == 204
    assert user.send("PUT", branch="work").status_code == 200
    root("POST", f"projects/{project['id']}/archive")
    assert user.send("PUT", branch="work").status_code == 403
