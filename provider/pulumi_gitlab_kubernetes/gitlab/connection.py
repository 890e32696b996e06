"""All that is needed to talk to one GitLab, as a typed value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from pulumi_gitlab_kubernetes.gitlab.settings import (
    client_certificate,
    file,
    headers,
    seconds,
    switch,
)
from pulumi_gitlab_kubernetes.gitlab.settings import token as parse_token

DEFAULT = "gitlab"
"""The name of the connection that is used if a resource names none."""

DEFAULT_TIMEOUT = 60.0
DEFAULT_DEADLINE = 300.0


class Settings(Protocol):
    """The settings of one connection, wherever they come from."""

    def get(self, key: str) -> str | None:
        """Return a setting's text, such as that of `requestTimeout`; `None` if it is not set."""

    def label(self, key: str) -> str:
        """Return how messages name a setting."""


@dataclass(frozen=True)
class Connection:
    """All that is needed to talk to one GitLab.

    Args:
        url: GitLab's base URL, without `/api/v4`.
        token: A personal, project or group access token, or the token of a CI job.
        token_setting: Where users set the token, for messages.
        timeout: How long a request may take, with its whole response, in seconds.
        deadline: How long an operation may retry after its first failure, in seconds.
        verify: Whether to verify GitLab's certificate, or the file of the authorities to trust.
        certificate: The files of a client certificate and its key.
        headers: Headers to send with each request.
        job: The path and ID of the project whose CI job the token is of; `None` for other tokens.
    """

    url: str
    token: str = field(repr=False)
    token_setting: str = "gitlab:token or PULUMI_GITLAB_TOKEN"  # noqa: S105 (a setting's name)
    timeout: float = DEFAULT_TIMEOUT
    deadline: float = DEFAULT_DEADLINE
    verify: bool | str = True
    certificate: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    job: tuple[str, str] | None = None

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        url: str,
        token: str,
        token_setting: str,
        job: tuple[str, str] | None = None,
    ) -> Connection:
        """Parse the settings of a connection.

        Args:
            settings: Its settings beside those below.
            url: GitLab's base URL, without `/api/v4`.
            token: The token.
            token_setting: Where users set the token.
            job: The project whose CI job the token is of.

        Raises:
            ConfigurationError: A setting is wrong.
        """

        def path(key: str) -> str | None:
            return file(settings.get(key), settings.label(key))

        def duration(key: str, default: float) -> float:
            return seconds(settings.get(key), settings.label(key), default)

        authorities = path("cacertFile")
        insecure = switch(settings.get("insecure"), settings.label("insecure"))
        return cls(
            url=url,
            token=parse_token(token, token_setting),
            token_setting=token_setting,
            timeout=duration("requestTimeout", DEFAULT_TIMEOUT),
            deadline=duration("retryDeadline", DEFAULT_DEADLINE),
            verify=False if insecure else authorities or True,
            certificate=client_certificate(
                path("clientCert"),
                path("clientKey"),
                (settings.label("clientCert"), settings.label("clientKey")),
            ),
            headers=headers(settings.get("headers"), settings.label("headers")),
            job=job,
        )

    def secrets(self) -> tuple[str, ...]:
        """Return the texts that no message may show."""
        return self.token, *(value for _name, value in self.headers)
