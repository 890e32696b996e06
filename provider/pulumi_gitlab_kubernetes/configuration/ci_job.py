"""The current GitLab CI/CD job: its token, and its GitLab instance.

See https://docs.gitlab.com/ci/jobs/ci_job_token/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_gitlab_kubernetes.gitlab.settings import api_url


@dataclass(frozen=True)
class Job:
    """A CI/CD job.

    Args:
        token: The job token, which is only sent to the job's GitLab instance.
        url: The base URL of that instance.
        project: The path and ID of the job's project, or empty strings if one is unknown.
    """

    token: str
    url: str
    project: tuple[str, str]

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Job | None:
        """Return the current job, or `None` outside of CI/CD.

        Raises:
            ConfigurationError: The address of its GitLab instance is invalid.
        """
        token, address = environ.get("CI_JOB_TOKEN"), environ.get("CI_API_V4_URL")
        if not token or not address:
            return None
        project = environ.get("CI_PROJECT_PATH", ""), environ.get("CI_PROJECT_ID", "")
        known = project[1].isdecimal() and project[1].isascii()
        return cls(token, api_url(address, "CI_API_V4_URL"), project if known else ("", ""))
