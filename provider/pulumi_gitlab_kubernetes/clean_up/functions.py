"""The functions for programs and scripts. They use the environment variables, as the command."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_gitlab_kubernetes.clean_up import review_apps, stale, stopping
from pulumi_gitlab_kubernetes.clean_up.plan import Log, Project
from pulumi_gitlab_kubernetes.clean_up.review_apps import ReviewAppsPlan
from pulumi_gitlab_kubernetes.clean_up.stale import StalePlan
from pulumi_gitlab_kubernetes.clean_up.stopping import StopPlan
from pulumi_gitlab_kubernetes.configuration import environment
from pulumi_gitlab_kubernetes.core.ages import When
from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.gitlab.connection import Connection


class _Argument(Spelling):
    """The spelling of the functions' arguments."""

    def before_destroy(self, name: str) -> str:
        return f"use {self.option(name)}"

    def __getitem__(self, name: str) -> str:
        return _ARGUMENTS.get(name, name)

    def option(self, name: str) -> str:
        return f"{self[name]}=True"


_ARGUMENTS = {"force_stop": "force", "stop_timeout": "timeout"}


def stop_stale(
    project: str | int,
    before: When,
    *,
    connection: Connection | None = None,
    log: Log = lambda _line: None,
) -> StalePlan:
    """Find the environments that have not changed for a long time, to stop them.

    See https://docs.gitlab.com/api/environments/#stop-stale-environments. It requires the role
    Maintainer. `run()` of the result requests the stop, which GitLab does in the background.

    Args:
        project: The project's ID or full path.
        before: The time since which they have not changed, or how long ago that is, such as `30d`
            or `4w`: at least a week, at most ten years.
        connection: The GitLab to use. Defaults to the one in the environment variables, or to that
            of the current CI job.
        log: Shows a line of progress.

    Returns:
        The plan. Nothing is changed before its `run()`.

    Raises:
        InvalidInputError: GitLab does not accept the time.
        ConfigurationError: There is no connection.
        GitLabError: GitLab rejected a request, or did not respond.
    """
    return stale.find(_project(project, connection, log), before)


def delete_review_apps(
    project: str | int,
    before: When = review_apps.AGE,
    limit: int = review_apps.LIMIT,
    *,
    connection: Connection | None = None,
    log: Log = lambda _line: None,
) -> ReviewAppsPlan:
    """Find the stopped environments in the folder `review`, to delete them.

    See https://docs.gitlab.com/api/environments/#delete-multiple-stopped-review-apps. It requires
    the role Developer. `run()` of the result schedules the deletion, which GitLab does in a week.

    Args:
        project: The project's ID or full path.
        before: The time before which they were created, or how long ago that is, such as `30d` or
            `4w`.
        limit: The maximum number of environments, from 1 to 1000. The oldest come first.
        connection: As in `stop_stale`.
        log: Shows a line of progress.

    Returns:
        The plan. Nothing is changed before its `run()`.

    Raises:
        InvalidInputError: An argument is wrong.
        ConfigurationError: There is no connection.
        GitLabError: GitLab rejected a request, or did not respond.
    """
    return review_apps.find(_project(project, connection, log), before, limit)


def stop_environments(
    project: str | int,
    names: Sequence[str],
    *,
    force: bool = False,
    timeout: float = stopping.TIMEOUT,
    connection: Connection | None = None,
    log: Log = lambda _line: None,
) -> StopPlan:
    """Find environments by name, to stop them.

    See https://docs.gitlab.com/api/environments/#stop-an-environment. It requires the role
    Developer. `run()` of the result stops them, and waits for their on-stop jobs.

    Args:
        project: The project's ID or full path.
        names: Their names.
        force: Whether to stop them without their on-stop jobs.
        timeout: How long to wait for each on-stop job, in seconds.
        connection: As in `stop_stale`.
        log: Shows a line of progress.

    Returns:
        The plan. Nothing is changed before its `run()`.

    Raises:
        InvalidInputError: There is no such environment, or an argument is wrong.
        ConfigurationError: There is no connection.
        GitLabError: GitLab rejected a request, or did not respond.
    """
    found = _project(project, connection, log)
    return stopping.find(found, names, force=force, timeout=timeout)


def _project(project: str | int, connection: Connection | None, log: Log) -> Project:
    connection = connection or environment.connection(job_token=True)
    return Project(str(project), connection, log, _Argument())
