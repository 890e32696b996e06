"""The GitLab CI job that this may run in: its token, and its own GitLab.

See https://docs.gitlab.com/ci/jobs/ci_job_token/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ._settings import DEFAULT_URL, api_url
from .errors import ConfigurationError


@dataclass(frozen=True)
class Job:
    """A CI job.

    Args:
        token: Its token, which is only ever sent to its own GitLab.
        url: The base URL of that.
        project: Path and id of its project; empty where the job does not say both.
    """

    token: str
    url: str
    project: tuple[str, str]

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Job | None:
        """Return the job that this runs in, if it does.

        Raises:
            ConfigurationError: Its GitLab's address is none.
        """
        token, address = environ.get("CI_JOB_TOKEN"), environ.get("CI_API_V4_URL")
        if not token or not address:
            return None
        project = environ.get("CI_PROJECT_PATH", ""), environ.get("CI_PROJECT_ID", "")
        known = project[1].isdecimal() and project[1].isascii()
        return cls(token, api_url(address, "CI_API_V4_URL"), project if known else ("", ""))


def require_no_other_gitlab(environ: Mapping[str, str]) -> None:
    """Refuse gitlab.com as the default address of a token in another GitLab's job.

    Raises:
        ConfigurationError: The token may well be meant for the job's own GitLab.
    """
    job = Job.of(environ)
    if job and job.url != DEFAULT_URL:
        raise ConfigurationError(
            f"no address: this is a CI job of {job.url}, but the token would go to {DEFAULT_URL}, "
            "the default: set gitlab:baseUrl or PULUMI_GITLAB_BASE_URL to the GitLab that it is of"
        )
