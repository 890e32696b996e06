"""All errors of this package, and how GitLab's responses become messages.

```
ProviderError                 one line for the user, without secrets
├── ConfigurationError        a setting is missing or wrong: names it and its environment variable
├── InvalidInputError         an argument is wrong: names the property
├── GitLabError               GitLab rejected a request, or could not be reached
│   ├── NotFoundError         404: the resource, its parent or the feature is missing or not visible
│   ├── LostResponseError     there was no response, but GitLab may have done what was requested
│   └── CancelledError        the user cancelled the run while the operation was waiting
└── PartialFailureError       the resource is in GitLab, but differs from its inputs: keep it
```
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pulumi_gitlab_kubernetes.hidden_modules import explanation
from pulumi_gitlab_kubernetes.redaction import flatten, one_line, redact_response, rename_arguments

BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
CONFLICT = 409
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
GATEWAY_TIMEOUT = 504
LATE = frozenset({GATEWAY_TIMEOUT, 524})
"""The statuses of a gateway that stopped waiting for GitLab. 524 is Cloudflare's."""
PASSING = frozenset({502, 503, GATEWAY_TIMEOUT})
"""The statuses of temporary failures: the same request may succeed later."""
GATEWAY = PASSING | frozenset(range(520, 531))
"""The statuses of a gateway that does not reach GitLab. Those from 520 are Cloudflare's."""

WRITING = "api"
"""The scope of a token that can change resources."""
READING = "read_api"
"""The minimum scope of a token that can read resources."""


class ProviderError(Exception):
    """An error that is shown to the user as one line, without a traceback.

    Args:
        message: What is wrong and what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class ConfigurationError(ProviderError):
    """A setting of the connection to GitLab is missing or wrong."""


class InvalidInputError(ProviderError):
    """An argument of a resource is invalid. This is known without asking GitLab.

    Args:
        property_: The argument's name.
        reason: What is wrong with it and what to do.
    """

    def __init__(self, property_: str, reason: str) -> None:
        super().__init__(f"{property_} {reason}")
        self.property = property_
        self.reason = reason


class GitLabError(ProviderError):
    """GitLab rejected a request, or did not respond.

    Args:
        message: GitLab's message as one line, or why there was no response.
        status: The HTTP status, or `None` if there was no response.
        advice: What to do, which follows the message. It is never shortened, so it must not
            contain text from GitLab.
    """

    def __init__(self, message: str, status: int | None = None, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = str(self)
        self.status = status
        self.advice = advice


class NotFoundError(GitLabError):
    """GitLab returned 404: the resource is gone or not visible, or the feature is off."""


class LostResponseError(GitLabError):
    """There was no response, or a server error. GitLab may have done what was requested.

    Args:
        message: GitLab's message, or why there was no response.
        status: The HTTP status, or `None` if there was no response.
        retryable: Whether the same request may succeed later.
        late: Whether GitLab may still be processing the request, or not have started.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        *,
        retryable: bool = False,
        late: bool = False,
    ) -> None:
        super().__init__(message, status)
        self.retryable = retryable
        self.late = late


class CancelledError(GitLabError):
    """The user cancelled the run while the operation was waiting."""

    def __init__(self) -> None:
        super().__init__("the run was cancelled: run it again to go on")


class PartialFailureError(ProviderError):
    """A change was only partly done in GitLab. The state must contain the current outputs.

    Args:
        message: What is missing and what to do.
        outputs: The resource's current outputs.
    """

    def __init__(self, message: str, outputs: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.outputs = outputs


def from_status(status: int | None, body: object) -> GitLabError:
    """Return the error for an HTTP response.

    Args:
        status: The HTTP status.
        body: GitLab's `message` or `error` value: a string, a list, or an object of lists.

    Returns:
        A `NotFoundError` for a 404, a `LostResponseError` for a server error, else a `GitLabError`.
    """
    message = flatten(body) or "no explanation"
    if status == NOT_FOUND:
        return NotFoundError(message, status)
    if status is not None and status >= SERVER_ERROR:
        retryable, late = status in PASSING, status in LATE
        return LostResponseError(message, status, retryable=retryable, late=late)
    return GitLabError(message, status)


def explain(
    error: GitLabError,
    *,
    action: str,
    role: str,
    scope: str = WRITING,
    host: str,
    also: str = "",
    recorded: bool = True,
    token_setting: str = "gitlab:token or PULUMI_GITLAB_TOKEN",  # noqa: S107 (a setting's name)
    secrets: Iterable[str] = (),
    values: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> GitLabError:
    """Return an error that says in one line what was requested, GitLab's message and what to do.

    Args:
        error: The original error.
        action: The requested action, such as `create agent "prod" in project a/b`.
        role: The required GitLab role, such as `Maintainer`.
        scope: The required scope of the token, `WRITING` or `READING`.
        host: GitLab's base URL.
        also: Another possible reason, which ends the message.
        recorded: Whether the token may be from the configuration that a state records.
        token_setting: Where the token can be set.
        secrets: The secrets, which GitLab may repeat from its input.
        values: Other values by name, which are replaced by that name.
        names: The arguments' names by GitLab's names.

    Returns:
        The error to raise instead.
    """
    message = redact_response(rename_arguments(error.message, names or {}), secrets, values or {})
    repeated = not error.status or str(error.status) in message
    who = "status" if error.status in GATEWAY else "GitLab answered"
    answered = "" if repeated else f" ({who} {error.status})"
    hint = ""
    if error.status == UNAUTHORIZED:
        variable = "that variable is set or " if "PULUMI_" in token_setting else ""
        hint = f"; {host} does not accept the token: check {token_setting}"
        if recorded:
            hint += (
                "; `pulumi destroy` and `refresh` use the configuration of the last `up` unless "
                f"{variable}--run-program is given"
            )
    elif error.status == FORBIDDEN:
        hint = (
            f"; the token needs the scope `{scope}`, and its user the role {role} in the project"
            f"{', which must not be archived' if scope == WRITING else ''}"
        )
    elif error.status == CONFLICT and not error.advice:
        hint = "; GitLab is already processing another request for it: run this again"
    elif error.status == TOO_MANY_REQUESTS:
        hint = (
            "; GitLab limits the rate of requests: raise gitlab-kubernetes:retryDeadline, or ask "
            "its administrator to raise the limit"
        )
    elif error.status in GATEWAY:
        hint = (
            "; GitLab is not available, or its proxy cannot reach it: check GitLab's status or "
            "logs, then run this again"
        )
    elif error.status and error.status >= SERVER_ERROR:
        hint = "; this is an error in GitLab: check its status or logs, then run this again"
    reason = f"{message}{error.advice}{answered}{hint}{also}"
    return GitLabError(f"cannot {action}: {reason}", error.status)


def unexpected(error: Exception) -> str:
    """Return one line with the place of a defect.

    The exception's text is left out, since it may contain a secret. If a module of the program
    hides another one, the line explains that instead.
    """
    if hidden := explanation(error):
        return hidden
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"unexpected {type(error).__name__} in {Path(where.filename).name}:{where.lineno}; "
        "please report this to pulumi-gitlab-kubernetes"
    )
