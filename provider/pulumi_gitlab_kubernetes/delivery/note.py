"""The note with a preview's result on a merge request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pulumi_gitlab_kubernetes.errors import (
    FORBIDDEN,
    NOT_FOUND,
    UNAUTHORIZED,
    WRITING,
    GitLabError,
)
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.places import MERGE_REQUEST_NOTES
from pulumi_gitlab_kubernetes.policy import findings
from pulumi_gitlab_kubernetes.policy.findings import Finding

_LONGEST = 100_000  # Characters of the preview. GitLab's limit of a note is ten times that.
_OPERATIONS = {
    "create": "+ {} to create",
    "import": "= {} to import",
    "update": "~ {} to update",
    "replace": "+- {} to replace",
    "delete": "- {} to delete",
    "same": "{} unchanged",
}
_HINTS = {
    UNAUTHORIZED: ": a CI/CD job token cannot add notes; set PULUMI_GITLAB_TOKEN to another token",
    FORBIDDEN: f": the token needs the scope `{WRITING}` and the role Reporter or above",
    NOT_FOUND: ": the token needs the role Reporter or above in the project",
}


def marker(name: str) -> str:
    """Return the comment that a note starts with, by which the next pipeline finds it.

    Args:
        name: The stack's name.
    """
    return f"<!-- gitlab-kubernetes ci-preview {_plain(name)} -->"


def _plain(name: str) -> str:
    """Return a stack's name; other characters than those of stacks' names are replaced."""
    return re.sub(r"[^A-Za-z0-9._/-]", "?", name)


def text(
    name: str,
    changes: Mapping[str, int] | None,
    found: Sequence[Finding],
    preview: str,
    job: str = "",
) -> str:
    """Return a note's text.

    Text of the program is in code blocks, in which GitLab neither executes quick actions nor
    notifies users.

    Args:
        name: The stack's name.
        changes: The number of resources for each operation, or `None` if the preview failed.
        found: The violations of policies.
        preview: What `pulumi preview` printed.
        job: The URL of the CI/CD job.
    """
    if changes is None:
        result = "The preview **failed**."
    else:
        counts = [
            shown.format(changes[operation])
            for operation, shown in _OPERATIONS.items()
            if changes.get(operation)
        ]
        result = f"**{', '.join(counts) or 'No resources'}**"
    parts = [marker(name), f"### Pulumi preview of `{_plain(name)}`", result]
    if found:
        parts += ["Violations of policies:", _code(findings.table(found))]
    summary = "Output of <code>pulumi preview</code>"
    parts.append(
        f"<details><summary>{summary}</summary>\n\n{_code(_shortened(preview))}\n\n</details>"
    )
    if job:
        parts.append(f"[Job]({job})")
    return "\n\n".join(parts)


def _code(lines: str) -> str:
    """Return a code block, with a fence that does not occur in it."""
    longest = max(map(len, re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{lines.rstrip()}\n{fence}"


def _shortened(preview: str) -> str:
    if len(preview) <= _LONGEST:
        return preview
    half = _LONGEST // 2
    return f"{preview[:half]}\n… (the job's log has everything) …\n{preview[-half:]}"


def write(client: Client, project: str, merge_request: int, name: str, body: str) -> bool:
    """Create the note, or update the one of an earlier pipeline.

    Args:
        client: The client for GitLab's API.
        project: The project's ID or full path.
        merge_request: The merge request's number in the project.
        name: The stack's name. Each stack has one note.
        body: The note's text.

    Returns:
        Whether the note was created.

    Raises:
        GitLabError: GitLab rejected a request.
    """
    try:
        notes = client.collection(MERGE_REQUEST_NOTES, (client.project_id(project), merge_request))
        user = client.user_id()
        for each in notes.list(sort="asc"):
            own = each.get("author", {}).get("id") == user
            if own and str(each.get("body", "")).startswith(marker(name)):
                notes.update(each["id"], {"body": body})
                return False
        notes.create({"body": body})
    except GitLabError as error:
        hint = _HINTS.get(error.status or 0, "")
        raise GitLabError(
            f"cannot add a note to merge request !{merge_request} of project {project}: "
            f"{error.message}{hint}",
            error.status,
        ) from error
    return True
