"""All checks, in their order: each needs what the ones before it have found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pulumi_gitlab_kubernetes.configuration.connections import (
    default_namespaces,
    resolve,
    variable_prefix,
)
from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE, require_known
from pulumi_gitlab_kubernetes.configuration.source import VARIABLES
from pulumi_gitlab_kubernetes.doctor import instance, project, token
from pulumi_gitlab_kubernetes.doctor.findings import Finding, Status
from pulumi_gitlab_kubernetes.doctor.settings import Settings
from pulumi_gitlab_kubernetes.errors import (
    FORBIDDEN,
    UNAUTHORIZED,
    ConfigurationError,
    GitLabError,
)
from pulumi_gitlab_kubernetes.gitlab.clients import Clients
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT, Connection
from pulumi_gitlab_kubernetes.redaction import redact_response

_DEADLINE = 10.0
"""How long a request is retried, in seconds: someone is waiting for the report."""


def examine(
    settings: Settings,
    connection: str,
    projects: Sequence[str],
    *,
    log: Callable[[str], None],
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Finding]:
    """Run all checks that can run.

    Args:
        settings: The settings to check.
        connection: The name of the connection, which is its configuration namespace.
        projects: The IDs or full paths of projects.
        log: Shows a line while GitLab does not answer.
        environ: The environment's variables.

    Returns:
        What they found.
    """
    if settings.ignored:
        yield Finding(
            Status.WARNING,
            "settings",
            f"the stack's configuration is not used: {settings.ignored}",
            "select the stack with --stack, and set its passphrase",
        )
    try:
        require_known(settings.values, connection)
        found = resolve(settings.values.get, connection, environ, job_token=True)
    except ConfigurationError as error:
        yield Finding(Status.PROBLEM, "settings", str(error))
        return
    source = _source(settings, connection, environ)
    yield Finding(Status.OK, "settings", f"from {source}, for {found.url}")
    yield from _native(settings, connection)
    try:
        yield from _examine(found, projects, log)
    except GitLabError as error:
        yield _failure(error, found)


def _source(settings: Settings, connection: str, environ: Mapping[str, str]) -> str:
    """Return where the settings are from, with the variables that override those of a stack."""
    names = [f"{variable_prefix(connection)}_{end}" for end in VARIABLES.values()]
    over = [name for name in names if environ.get(name)]
    return " and ".join([settings.source, *over]) if settings.source else "the environment"


def _native(settings: Settings, connection: str) -> Iterator[Finding]:
    """Say if native resources would not find the settings of dynamic ones."""
    if connection == DEFAULT == default_namespaces(settings.values.get)[0]:
        yield Finding(
            Status.NOTE,
            "native provider",
            f"it does not read {DEFAULT}:*, only {NAMESPACE}:*",
            "run `gitlab-kubernetes migrate-config` if the program uses it",
        )


def _examine(
    connection: Connection, projects: Sequence[str], log: Callable[[str], None]
) -> Iterator[Finding]:
    if connection.job and not projects:
        projects = [connection.job[0]] if connection.job[0] else []
    hurried = replace(connection, deadline=min(connection.deadline, _DEADLINE))
    client = Clients().get(hurried, log)
    why_unread = "the token may not read it"
    try:
        metadata = {} if connection.job else instance.metadata_of(client)
        client.require_gitlab()
    except GitLabError as error:
        if error.status == UNAUTHORIZED:
            yield from instance.check(client)
        if error.status != FORBIDDEN:
            raise
        metadata = {}  # The token's scope may be too small, which its own check says.
        why_unread += f": {redact_response(error.message, connection.secrets(), {})}"
    yield from instance.check(client)
    yield from instance.check_version(connection, metadata, why_unread)
    user = token.user_of(client)
    yield from token.check(client, user)
    if user.get("is_admin"):
        yield from instance.check_license(client)
    for each in projects:
        yield from project.check(client, each)
    if not projects:
        yield Finding(
            Status.NOTE,
            "projects",
            "none was checked",
            "add --project with each project of the stack",
        )


def _failure(error: GitLabError, connection: Connection) -> Finding:
    """Return the finding for an error that ends the checks."""
    text = redact_response(error.message, connection.secrets(), {})
    if error.status == UNAUTHORIZED:
        return Finding(
            Status.PROBLEM,
            "token",
            f"{connection.url} does not accept the token",
            f"check {connection.token_setting}: the token may have expired, be revoked, or be for "
            "another GitLab",
        )
    if error.status is None:
        below = "if GitLab is below a path, as in https://example.com/gitlab, baseUrl needs it"
        return Finding(Status.PROBLEM, "address", text, below * ("is not GitLab's API" in text))
    return Finding(Status.PROBLEM, "GitLab", f"{text} (it answered {error.status})")
