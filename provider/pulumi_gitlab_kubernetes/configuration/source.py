"""From the settings of one connection, wherever they are, to the `Connection`.

The adapters' sources differ in where the settings are and in which environment variables count.
Precedence, the CI job and the rules for addresses are the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_gitlab_kubernetes.configuration.ci_job import Job
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.connection import Connection, Settings
from pulumi_gitlab_kubernetes.gitlab.settings import DEFAULT_URL, api_url

VARIABLES = {"token": "TOKEN", "baseUrl": "BASE_URL"}
"""The settings that environment variables can hold, and how the variables' names end."""


@dataclass(frozen=True)
class Source:
    """Where the settings of one connection come from.

    Args:
        settings: The settings themselves.
        missing_token: What to do if there is no token, for the error.
        environ: The environment's variables.
        prefix: The start of the variables that override the settings, such as `PULUMI_GITLAB`;
            empty if none does.
        shared: Whether `GITLAB_TOKEN`, `GITLAB_BASE_URL` and the current CI job are used for what
            is not set.
        has_default_url: Whether the address defaults to gitlab.com.
    """

    settings: Settings
    missing_token: str
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    prefix: str = ""
    shared: bool = False
    has_default_url: bool = True

    def overridden(self, key: str) -> str | None:
        """Return the value of the variable that overrides `token` or `baseUrl`."""
        return self.environ.get(self._variable(key)) if self.prefix else None

    def label(self, key: str) -> str:
        """Return how messages name `token` or `baseUrl`: the setting and its variable."""
        variable = f" or {self._variable(key)}" if self.prefix else ""
        return f"{self.settings.label(key)}{variable}"

    def token(self) -> str:
        """Return the token, or an empty string if there is none. A CI job's is not one of them."""
        return self._find("token")[0].strip()

    def job(self) -> Job | None:
        """Return the CI job whose token can be used: the address must not be another GitLab's.

        Raises:
            ConfigurationError: The address is invalid.
        """
        job = Job.of(self.environ) if self.shared else None
        if job and self._given_url() not in (None, job.url):
            return None
        return job

    def url(self) -> str:
        """Return the base URL for a token that is not a CI job's.

        Raises:
            ConfigurationError: There is none, or it is invalid.
        """
        if url := self._given_url():
            self._require_own_gitlab(url)
            return url
        if not self.has_default_url:  # A token must not go to gitlab.com by mistake.
            raise ConfigurationError(f"no address: set {self.label('baseUrl')}")
        job = Job.of(self.environ) if self.shared else None
        if job and job.url != DEFAULT_URL:
            raise ConfigurationError(
                f"no address: this is a CI job of {job.url}, but the token would go to "
                f"{DEFAULT_URL}, the default: set {self.label('baseUrl')} to the token's GitLab"
            )
        return DEFAULT_URL

    def address(self) -> str:
        """Return the base URL that is used, whether or not there is a token.

        Raises:
            ConfigurationError: There is none, or it is invalid.
        """
        job = None if self.token() else self.job()
        return job.url if job else self.url()

    def _require_own_gitlab(self, url: str) -> None:
        """Require that a token in `GITLAB_TOKEN` goes to `GITLAB_BASE_URL`, if that is set."""
        token, own = (f"GITLAB_{VARIABLES[key]}" for key in ("token", "baseUrl"))
        if self._find("token")[1] != token or not self.environ.get(own):
            return
        if (its := api_url(self.environ[own], own)) != url:
            raise ConfigurationError(
                f"{token} is for {its}, as {own} says, but would go to {url}: set "
                f"{self.label('token')} to a token for that address"
            )

    def _find(self, key: str) -> tuple[str, str]:
        """Return the value of `token` or `baseUrl`, or an empty string, and where it is from."""
        shared = f"GITLAB_{VARIABLES[key]}"
        found = {
            self._variable(key): self.overridden(key),
            self.settings.label(key): self.settings.get(key),
            shared: self.environ.get(shared) if self.shared else None,
        }
        return next(((value, label) for label, value in found.items() if value), ("", ""))

    def _given_url(self) -> str | None:
        url, label = self._find("baseUrl")
        return api_url(url, label) if url else None

    def _variable(self, key: str) -> str:
        return f"{self.prefix}_{VARIABLES[key]}"


def connect(source: Source, *, job_token: bool = False) -> Connection:
    """Return the connection that a source describes.

    Args:
        source: Where its settings come from.
        job_token: Whether the token of the current CI job can be used.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    token, token_setting = source.token(), source.label("token")
    job = None if token else source.job()
    if job and not job_token:
        raise ConfigurationError(
            "no GitLab token: a CI job token can only manage environments; set "
            f"{token_setting} for other resources"
        )
    if not token and not job:
        raise ConfigurationError(f"no GitLab token: {source.missing_token}")
    return Connection.from_settings(
        source.settings,
        url=job.url if job else source.url(),
        token=job.token if job else token,
        token_setting=f"{token_setting} (CI_JOB_TOKEN ends with its job)" if job else token_setting,
        job=job.project if job else None,
    )
