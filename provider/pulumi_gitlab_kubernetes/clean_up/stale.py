"""Stop the environments that have not changed for a long time.

See https://docs.gitlab.com/api/environments/#stop-stale-environments.
"""

from __future__ import annotations

from datetime import datetime

from pulumi_gitlab_kubernetes.clean_up.plan import Environment, Plan, Project, Result
from pulumi_gitlab_kubernetes.core.ages import When, stale_cutoff
from pulumi_gitlab_kubernetes.errors import (
    FORBIDDEN,
    NOT_FOUND,
    READING,
    UNAUTHORIZED,
    WRITING,
    GitLabError,
    NotFoundError,
)
from pulumi_gitlab_kubernetes.gitlab.places import PROTECTED_ENVIRONMENTS
from pulumi_gitlab_kubernetes.kinds.stale_environment_cleanup import now_at, request_stop
from pulumi_gitlab_kubernetes.text import counted

_EVERY = 100
_MAINTAINER = "Maintainer"


class StalePlan(Plan):
    """Stop stale environments, all with one request.

    Args:
        project: The project.
        environments: The stale environments.
        note: What else the user must know.
        before: The time since which they have not changed.
    """

    verb = "stop"
    columns = ("name", "updated_at", "deployed_at", "external_url")

    def __init__(
        self,
        project: Project,
        environments: tuple[Environment, ...],
        note: str,
        before: datetime,
    ) -> None:
        super().__init__(project, environments, note)
        self.before = before

    def run(self) -> Result:
        """Request the stop. GitLab does it in the background."""
        if self.environments:  # GitLab would stop others that are stale by now.
            with self._project.explained("stop stale environments", _MAINTAINER, WRITING):
                project = self._project
                request_stop(project.client, project.environments, self.before)
        count = counted(len(self.environments), "environment")
        message = f"requested the stop of {count}, which GitLab stops in the background"
        return Result(self.environments, {}, message)


def find(project: Project, before: When) -> StalePlan:
    """Find the environments that are stale, as GitLab does.

    Args:
        project: The project.
        before: The time since which they have not changed, or how long ago that is. GitLab accepts
            from a week to ten years.

    Raises:
        InvalidInputError: GitLab does not accept the time.
        GitLabError: GitLab rejected a request, or did not respond.
    """
    with project.explained("list environments", project.kind.read_role, READING):
        id_ = project.id  # After this request, GitLab's time is known.
        limit = stale_cutoff(before, now_at(project.client))
        found: list[Environment] = []
        for number, row in enumerate(project.environments.list(states="available"), start=1):
            if number % _EVERY == 0:
                project.log(f"{project.name}: {number} environments read")
            found.append(Environment.of(row))
        old = [each for each in found if each.updated_at and each.updated_at < limit]
        protected, note = _protected(project, id_)
        old = [each for each in old if each.name not in protected]
        deployed = project.in_parallel(lambda each: _with_deployment(project, each), old)
        stale = tuple(
            each
            for each in deployed
            if each and (each.deployed_at is None or each.deployed_at < limit)
        )
    return StalePlan(project, stale, note if stale else "", limit)


def _with_deployment(project: Project, environment: Environment) -> Environment | None:
    """Return an environment with its last deployment, which no list has; `None` if it is gone."""
    try:
        return Environment.of(project.environments.get(environment.id))
    except NotFoundError:
        return None


def _protected(project: Project, id_: int) -> tuple[set[str], str]:
    """Return the protected environments, which are not stopped, and a note if they are unknown."""
    try:
        found = project.client.collection(PROTECTED_ENVIRONMENTS, (id_,)).list()
        return {each["name"] for each in found}, ""
    except GitLabError as error:
        # GitLab Free has none. A CI job token, or a Reporter, cannot list them.
        if error.status not in {UNAUTHORIZED, FORBIDDEN, NOT_FOUND}:
            raise
        return set(), "GitLab leaves out protected environments."
