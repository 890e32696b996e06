"""Delete the stopped environments of reviews, in the folder `review`.

See https://docs.gitlab.com/api/environments/#delete-multiple-stopped-review-apps.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from pulumi_gitlab_kubernetes.clean_up.plan import Environment, Plan, Project, Result
from pulumi_gitlab_kubernetes.core.ages import When, cutoff, iso
from pulumi_gitlab_kubernetes.errors import (
    WRITING,
    GitLabError,
    InvalidInputError,
    LostResponseError,
)
from pulumi_gitlab_kubernetes.gitlab.review_apps import ReviewApps
from pulumi_gitlab_kubernetes.text import counted

AGE = timedelta(days=30)
"""How long ago a review environment must have been created by default, as in GitLab."""
LIMIT = 100
"""How many environments are deleted by default, as in GitLab."""

_MOST = 1000
_LOST = "; GitLab may have scheduled the deletion: run this again to see what is left"
_FORBIDDEN = "the token's user may not delete it"


class ReviewAppsPlan(Plan):
    """Schedule the deletion of review environments.

    Args:
        project: The project.
        found: The environments that GitLab would delete, and those that it would not.
        before: The time before which they were created.
    """

    verb = "delete"
    columns = ("name", "created_at", "updated_at", "external_url")

    def __init__(self, project: Project, found: ReviewApps, before: datetime) -> None:
        super().__init__(project, _environments(found), failures=_failures(found))
        self.before = before

    def run(self) -> Result:
        """Schedule the deletion, of no more environments than were found."""
        if not self.environments:
            return Result((), self.failures, "deleted nothing")
        found = _request(self._project, self.before, len(self.environments), dry_run=False)
        count = counted(len(found.scheduled), "environment")
        message = f"scheduled the deletion of {count}, which GitLab deletes in a week"
        return Result(_environments(found), _failures(found), message)


def find(project: Project, before: When, limit: int) -> ReviewAppsPlan:
    """Find the environments that GitLab would delete.

    Args:
        project: The project.
        before: The time before which they were created, or how long ago that is.
        limit: The maximum number of environments, from 1 to 1000. The oldest come first.

    Raises:
        InvalidInputError: An argument is wrong.
        GitLabError: GitLab rejected a request, or did not respond.
    """
    if not 1 <= limit <= _MOST:
        raise InvalidInputError("limit", f"must be from 1 to {_MOST}")
    time = cutoff(before, datetime.now(timezone.utc))
    return ReviewAppsPlan(project, _request(project, time, limit, dry_run=True), time)


def _request(project: Project, before: datetime, limit: int, *, dry_run: bool) -> ReviewApps:
    with project.explained("delete review environments", project.kind.write_role, WRITING):
        environments = project.environments
        if dry_run:
            return environments.delete_review_apps(iso(before), limit, dry_run=True)
        try:
            # Another request would schedule the next environments.
            with project.client.not_repeated():
                return environments.delete_review_apps(iso(before), limit, dry_run=False)
        except LostResponseError as error:
            raise GitLabError(
                error.message,
                error.status,
                advice=_LOST,
            ) from error


def _failures(found: ReviewApps) -> dict[str, str]:
    return {str(each.get("name")): _FORBIDDEN for each in found.unprocessable}


def _environments(found: ReviewApps) -> tuple[Environment, ...]:
    return tuple(Environment.of(each, "stopped") for each in found.scheduled)
