"""The note on a merge request: its text, and how it gets there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import Calls, Project

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.delivery import ci_preview_command, note
from pulumi_gitlab_kubernetes.delivery.preview import Preview
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.policy.findings import Finding
from pulumi_gitlab_kubernetes.policy.rule import Level

DONE = Preview(0, "Previewing update (dev)\n", {"create": 2, "same": 1}, ())
FOUND = (Finding("agent-token", Level.ADVISORY, "production", "The agent has no token."),)
Add = Callable[..., None]


@pytest.fixture
def environ(project: Project, users: dict[str, tuple[int, str]]) -> dict[str, str]:
    """The variables of a job in a merge request's pipeline."""
    given = {"title": "Change", "source_branch": "change", "target_branch": "main"}
    number = project.api("POST", "merge_requests", **given)["iid"]
    return {
        "PULUMI_GITLAB_BASE_URL": project.simulator.url,
        "PULUMI_GITLAB_TOKEN": users["maintainer"][1],
        "CI_SERVER_URL": project.simulator.url,
        "CI_MERGE_REQUEST_IID": str(number),
        "CI_MERGE_REQUEST_PROJECT_ID": str(project.id),
        "CI_JOB_URL": "https://gitlab.example.com/acme/shop/-/jobs/1",
    }


@pytest.fixture
def add(environ: dict[str, str]) -> Add:
    """Add a note, with other variables."""

    def run(done: Preview = DONE, stack: str = "dev", /, **changes: str) -> None:
        ci_preview_command.add_note(stack, done, FOUND, {**environ, **changes})

    return run


def _notes(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.api("GET", "merge_requests/1/notes")
    return found[::-1]


def test_a_stack_has_one_note(project: Project, add: Add, calls: Calls) -> None:
    """The first pipeline creates it, the next one updates it."""
    calls()
    add()
    add()
    add(DONE, "other")
    add()
    dev, other = _notes(project)
    assert "### Pulumi preview of `dev`" in dev["body"]
    assert "### Pulumi preview of `other`" in other["body"]
    notes = f"{project.id}/merge_requests/1/notes"
    assert [each for each in calls() if not each.startswith("GET")] == [
        *(f"POST {notes}", f"PUT {notes}/{dev['id']}"),
        *(f"POST {notes}", f"PUT {notes}/{dev['id']}"),
    ]


def test_the_text(project: Project, add: Add) -> None:
    """What changes, which policies are violated, and where the log is."""
    add()
    (found,) = _notes(project)
    assert found["body"] == (
        "<!-- gitlab-kubernetes ci-preview dev -->\n\n"
        "### Pulumi preview of `dev`\n\n"
        "**+ 2 to create, 1 unchanged**\n\n"
        "Violations of policies:\n\n"
        "```text\n"
        "LEVEL     RULE         RESOURCE    MESSAGE\n"
        "advisory  agent-token  production  The agent has no token.\n"
        "```\n\n"
        "<details><summary>Output of <code>pulumi preview</code></summary>\n\n"
        "```text\nPreviewing update (dev)\n```\n\n"
        "</details>\n\n"
        "[Job](https://gitlab.example.com/acme/shop/-/jobs/1)"
    )


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"create": 1, "same": 2}, "**+ 1 to create, 2 unchanged**"),
        (
            {"replace": 3, "delete": 1, "update": 2, "import": 4},
            "**= 4 to import, ~ 2 to update, +- 3 to replace, - 1 to delete**",
        ),
        ({"discard": 1}, "**No resources**"),
        (None, "The preview **failed**."),
    ],
)
def test_the_summary(changes: dict[str, int] | None, shown: str) -> None:
    """In the words of the Pulumi CLI."""
    assert f"\n\n{shown}\n\n" in note.text("dev", changes, (), "")


def test_a_failed_preview(project: Project, add: Add) -> None:
    """Also if all steps were planned, because of a mandatory policy."""
    add(Preview(1, "error: preview failed\n", {"create": 2}, ()))
    (found,) = _notes(project)
    assert "The preview **failed**." in found["body"]
    assert "error: preview failed" in found["body"]


@pytest.mark.parametrize(
    "text",
    [
        "/close\n",
        "```\n/close\n",
        "```\n/close\n````\n/title hacked\n`````\n</details>\n/close\n@all\n",
        "~~~\n/close\n~~~\n",
    ],
)
def test_text_of_the_program_has_no_effect(project: Project, add: Add, text: str) -> None:
    """Neither quick actions nor the ends of code blocks."""
    add(Preview(0, text, {"create": 1}, ()), "dev`\n/close\n")
    found = project.api("GET", "merge_requests/1")
    assert (found["state"], found["title"]) == ("opened", "Change")
    (made,) = _notes(project)
    assert text.rstrip() in made["body"]


def test_long_output_is_shortened() -> None:
    """GitLab limits a note; the start and the end are the most useful."""
    text = "a" * 200_000 + "middle" + "z" * 200_000
    found = note.text("dev", {}, (), text)
    assert len(found) < 110_000
    assert "middle" not in found
    assert "(the job's log has everything)" in found


def test_notes_of_others_are_not_changed(project: Project, add: Add) -> None:
    """Also if they start with the same comment; they may be on another page."""
    project.api("POST", "merge_requests/1/notes", body=f"{note.marker('dev')}\nmine")
    for number in range(101):
        project.api("POST", "merge_requests/1/notes", body=f"comment {number}")
    add()
    add()
    found = [
        each
        for page in (1, 2)
        for each in project.api("GET", f"merge_requests/1/notes?per_page=100&page={page}")
    ]
    assert len(found) == 103
    assert sum(each["body"].startswith(note.marker("dev")) for each in found) == 2


@pytest.mark.parametrize("role", ["reporter", "developer"])
def test_the_role_reporter_is_enough(
    project: Project, add: Add, users: dict[str, tuple[int, str]], role: str
) -> None:
    """And the scope `api`."""
    add(PULUMI_GITLAB_TOKEN=users[role][1])
    (found,) = _notes(project)
    assert found["author"]["id"] == users[role][0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"PULUMI_GITLAB_BASE_URL": ""}, "set PULUMI_GITLAB_BASE_URL to $CI_SERVER_URL if"),
        (
            {"CI_MERGE_REQUEST_IID": "x"},
            "CI_MERGE_REQUEST_IID and CI_MERGE_REQUEST_PROJECT_ID do not name a merge request",
        ),
        ({"CI_MERGE_REQUEST_PROJECT_ID": ""}, "do not name a merge request"),
        ({"CI_MERGE_REQUEST_IID": "7"}, "cannot add a note to merge request !7 of project"),
        ({"PULUMI_GITLAB_TOKEN": ""}, "no GitLab token"),
        ({"PULUMI_GITLAB_TOKEN": "glpat-wrong"}, "set PULUMI_GITLAB_TOKEN to another token"),
    ],
)
def test_what_is_wrong_is_one_line(
    project: Project, add: Add, changes: dict[str, str], error: str
) -> None:
    """And says what to set."""
    with pytest.raises(ProviderError) as caught:
        add(**changes)
    assert error in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "glpat-wrong" not in str(caught.value)
    assert _notes(project) == []


def test_the_token_is_not_sent_to_another_gitlab(
    project: Project, add: Add, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stack of another GitLab instance has no note, and its preview does not fail for that."""
    calls()
    add(CI_SERVER_URL="https://gitlab.example.com")
    assert capsys.readouterr().out == (
        f"No note: the token is for {project.simulator.url}, and the merge request is in "
        "https://gitlab.example.com.\n"
    )
    assert calls() == []
    assert _notes(project) == []


def test_a_stack_must_be_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """By the option or the variable of the Pulumi CLI."""
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    assert cli.main(["ci-preview"]) == 1
    assert capsys.readouterr().err == "error: no stack: set --stack or PULUMI_STACK to its name\n"
