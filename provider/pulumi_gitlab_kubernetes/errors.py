"""Every error this package raises, and the one place where GitLab's answers become sentences.

```
ProviderError                 one line, meant for the user, never carries a secret
├── ConfigurationError        a setting is missing or wrong: names it and its environment variable
├── InvalidInputError         an argument is wrong: names the property
├── GitLabError               GitLab refused, or could not be reached
│   ├── NotFoundError         404: the thing, its parent or the feature is not there, or not for us
│   └── LostAnswerError       the request may have been carried out, nobody said
└── PartialFailureError       the thing exists at GitLab but is not as asked: keep it, and say why
```
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ._hidden import explanation
from ._quotes import flatten, one_line, quoted, renamed

BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
CONFLICT = 409
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
GATEWAY_TIMEOUT = 504
LATE = frozenset({GATEWAY_TIMEOUT, 524})
"""The failures of a server that has not waited for the end; the second is Cloudflare's own."""
PASSING = frozenset({502, 503, GATEWAY_TIMEOUT})
"""The failures of a server after which the same request may well succeed."""
GATEWAY = PASSING | frozenset(range(520, 531))
"""What a gateway answers that does not reach GitLab; those from 520 on are Cloudflare's own."""

WRITING = "api"
"""The scope of a token that may change things."""
READING = "read_api"
"""The least scope of a token that may read them."""


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
    """An argument of a resource cannot be right, whatever GitLab says.

    Args:
        property_: The argument's name.
        reason: What is wrong with it and what to do.
    """

    def __init__(self, property_: str, reason: str) -> None:
        super().__init__(f"{property_} {reason}")
        self.property = property_
        self.reason = reason


class GitLabError(ProviderError):
    """GitLab refused a request, or did not answer it.

    Args:
        said: What GitLab said, flattened to one line; or why it could not be asked.
        status: The HTTP status, `None` when there was no answer.
        advice: What to do, to follow at once; without a word of GitLab's, so that it is never cut.
    """

    def __init__(self, said: str, status: int | None = None, *, advice: str = "") -> None:
        super().__init__(said)
        self.said = str(self)
        self.status = status
        self.advice = advice


class NotFoundError(GitLabError):
    """GitLab answered 404, which may mean gone, not visible or switched off."""


class LostAnswerError(GitLabError):
    """GitLab may have done what was asked: its answer did not arrive, or was that it had failed.

    Args:
        said: What GitLab said, or why there is no answer.
        status: The HTTP status, `None` when there was no answer.
        again: Whether the same request may fare better.
        late: Whether GitLab may still be busy with it, or not have begun.
    """

    def __init__(
        self, said: str, status: int | None = None, *, again: bool = False, late: bool = False
    ) -> None:
        super().__init__(said, status)
        self.again = again
        self.late = late


class PartialFailureError(ProviderError):
    """A change reached GitLab only in part; the state must follow what is there now.

    Args:
        message: What is missing and what to do.
        live: GitLab's description of the thing as it is now.
    """

    def __init__(self, message: str, live: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.live = live


def from_status(status: int | None, body: object) -> GitLabError:
    """Turn an HTTP answer into an error.

    Args:
        status: The HTTP status.
        body: GitLab's `message` or `error` value: a string, a list, or an object of lists.

    Returns:
        A `NotFoundError` for a 404, a `LostAnswerError` for a failure of the server, else a
        `GitLabError`.
    """
    said = flatten(body) or "no explanation"
    if status == NOT_FOUND:
        return NotFoundError(said, status)
    if status is not None and status >= SERVER_ERROR:
        again, late = status in PASSING, status in LATE
        return LostAnswerError(said, status, again=again, late=late)
    return GitLabError(said, status)


def explain(
    error: GitLabError,
    *,
    action: str,
    role: str,
    scope: str = WRITING,
    host: str,
    also: str = "",
    token_setting: str = "gitlab:token or PULUMI_GITLAB_TOKEN",  # noqa: S107 (a setting's name)
    secrets: Iterable[str] = (),
    values: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> GitLabError:
    """Say what was asked, what GitLab said and what to do, in one line.

    Args:
        error: What GitLab answered.
        action: What was asked of which thing, such as `create agent "prod" in project a/b`.
        role: The GitLab role that this needs, such as `Maintainer`.
        scope: The token's scope that this needs, `WRITING` or `READING`.
        host: GitLab's base URL.
        also: What else may stand behind the refusal, to end the message.
        token_setting: Where the token can be set.
        secrets: Values that must not show, should GitLab quote its input.
        values: Values by name that are shown by that name alone.
        names: The arguments' names by what GitLab calls them.

    Returns:
        The error to raise in its place.
    """
    said = quoted(renamed(error.said, names or {}), secrets, values or {})
    repeated = not error.status or str(error.status) in said
    who = "status" if error.status in GATEWAY else "GitLab answered"
    answered = "" if repeated else f" ({who} {error.status})"
    hint = ""
    if error.status == UNAUTHORIZED:
        hint = (
            f"; {host} does not accept the token: check {token_setting}; `pulumi destroy` and "
            "`refresh` use the configuration of the last `up` unless that variable is set or "
            "--run-program is given"
        )
    elif error.status == FORBIDDEN:
        hint = (
            f"; the token needs the scope `{scope}`, and its user the role {role} in the project"
            f"{', which must not be archived' if scope == WRITING else ''}"
        )
    elif error.status == CONFLICT:
        hint = "; GitLab is busy with the same thing: run it again"
    elif error.status == TOO_MANY_REQUESTS:
        hint = (
            "; GitLab limits the rate of requests: raise gitlab-kubernetes:retryDeadline, or have "
            "its administrator raise the limit"
        )
    elif error.status in GATEWAY:
        hint = (
            "; GitLab is not available, or its proxy cannot reach it: check GitLab's status or "
            "logs, then run this again"
        )
    elif error.status and error.status >= SERVER_ERROR:
        hint = "; this is an error in GitLab: check its status or logs, then run this again"
    told = f"{said}{error.advice}{answered}{hint}{also}"
    return GitLabError(f"cannot {action}: {told}", error.status)


def unexpected(error: Exception) -> str:
    """Return one line for a defect: where it is, which is enough to fix it.

    The exception's own text may quote anything, a secret too. Where a module of the program hides
    another one, the line says that instead.
    """
    if hidden := explanation(error):
        return hidden
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"unexpected {type(error).__name__} in {Path(where.filename).name}:{where.lineno}; "
        "please report this to pulumi-gitlab-kubernetes"
    )
