"""Responses from GitLab, or from another server that responds instead.

A proxy, a sign-in page or a server at a wrong address may respond in any form. Only responses that
GitLab's API can send are returned. Everything else becomes a `GitLabError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gitlab
import requests
from gitlab.exceptions import GitlabParsingError, RedirectError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from pulumi_gitlab_kubernetes.errors import BAD_REQUEST, GitLabError, LostResponseError, from_status
from pulumi_gitlab_kubernetes.gitlab.pools import NoHttpError
from pulumi_gitlab_kubernetes.gitlab.recognition import (
    META_HEADER,
    UNDONE,
    ForeignResponseError,
    is_gitlab_error,
)
from pulumi_gitlab_kubernetes.gitlab.response_limits import ImpossibleResponseError
from pulumi_gitlab_kubernetes.gitlab.tls import (
    CHECK,
    Problem,
    find_problem,
    parts_of,
    problem_in_first_line,
    problem_in_page,
)
from pulumi_gitlab_kubernetes.redaction import flatten

_NO_CONTENT = 204
_ODD = (
    GitlabParsingError,
    requests.TooManyRedirects,
    HTTPError,  # A body that is not encoded as its header says.
    ValueError,
    LookupError,
    TypeError,
    RecursionError,
)
"""What python-gitlab and requests raise for responses of an unexpected form."""

_UNSENT = (NewConnectionError, ConnectTimeoutError, SSLError, ProxyError)
"""The errors of urllib3 that mean that the request was not sent."""
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")]+)")


class GitLab(gitlab.Gitlab):
    """python-gitlab with a check of each response.

    Its own retries are off, since they repeat POST requests and have no deadline.
    """

    known = False
    """Whether any response had the header that only GitLab sends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._marked = False
        self.session.hooks["response"].append(self._note)

    def _note(self, response: requests.Response, **_options: Any) -> None:
        self._marked = META_HEADER in response.headers
        self.known = self.known or self._marked

    def http_request(
        self, verb: str, *args: Any, content: bool | None = None, **kwargs: Any
    ) -> requests.Response:
        """Send a request.

        Args:
            verb: The HTTP method.
            args: As in python-gitlab.
            content: Whether the response has content. By default, all but those to a delete have.
            kwargs: As in python-gitlab.

        Raises:
            GitlabParsingError: The response is neither an object nor a list. Or it has no content
                in GitLab and has some here.
            UnicodeDecodeError: The response is not UTF-8.
            ForeignResponseError: The response is an error, but not from GitLab's API.
        """
        kwargs["obey_rate_limit"] = False
        try:
            response = super().http_request(verb, *args, **kwargs)
        except (gitlab.GitlabHttpError, gitlab.GitlabAuthenticationError) as error:
            status, body = error.response_code or 0, error.response_body
            if is_gitlab_error(status, body, marked=self._marked):
                raise
            raise ForeignResponseError(status, body) from None
        if content is False or (content is None and verb == "delete"):
            expected = response.status_code == _NO_CONTENT
        else:
            expected = response.content.decode().lstrip()[:1] in {"{", "["}
        if not expected:
            raise GitlabParsingError
        return response


@contextmanager
def gitlab_errors(client: gitlab.Gitlab) -> Iterator[None]:
    """Raise every error of a request as a `GitLabError` without secrets."""
    try:
        yield
    except RedirectError as error:
        raise GitLabError(
            f"GitLab at {client.url} redirects to another address: set baseUrl to it "
            "(often https:// instead of http://)"
        ) from error
    except ImpossibleResponseError as error:
        raise never_gitlab(client, str(error)) from error
    except NoHttpError as error:
        if problem := problem_in_first_line(error.line):
            raise _unreachable(client, problem) from error
        raise LostResponseError(not_gitlab(client.url)) from error
    except _ODD as error:
        raise LostResponseError(not_gitlab(client.url)) from error
    except ForeignResponseError as error:
        text = flatten(error.body)
        problem = problem_in_page(text, own=bool(client.session.cert))
        if problem and error.status == BAD_REQUEST:
            raise _unreachable(client, problem) from error
        shown = ": ".join(filter(None, (str(error.status), text)))
        kind = GitLabError if error.status in UNDONE else LostResponseError
        raise kind(f"{not_gitlab(client.url)} (it answered {shown})") from error
    except gitlab.GitlabError as error:
        raise from_status(error.response_code, _message(error)) from error
    except OSError as error:  # From requests, or from a certificate file.
        problem = find_problem(error, client.url, own=bool(client.session.cert))
        unreachable = _unreachable(client, problem or Problem(_reason(error), CHECK))
        unsent = any(isinstance(each, _UNSENT) for each in parts_of(error))
        if not isinstance(error, requests.RequestException) or unsent:
            raise unreachable from error
        raise LostResponseError(unreachable.message, retryable=True, late=True) from error


def never_gitlab(client: gitlab.Gitlab, what: str) -> LostResponseError:
    """Return the error for a response that GitLab never sends.

    Args:
        client: The client that received it.
        what: What the response was.
    """
    return LostResponseError(
        f"{client.url} sent {what}, which GitLab never does: check baseUrl and any proxy"
    )


def _unreachable(client: gitlab.Gitlab, problem: Problem) -> GitLabError:
    return GitLabError(
        f"GitLab at {client.url} cannot be reached ({problem.reason}): {problem.advice}"
    )


def not_gitlab(url: str) -> str:
    """Return the message for a server that is not GitLab."""
    return f"{url} is not GitLab's API: check baseUrl and any proxy"


def _message(error: gitlab.GitlabError) -> object:
    """Return the description of an OAuth error, else the message."""
    try:
        return json.loads(error.response_body or b"")["error_description"]
    except (ValueError, KeyError, TypeError):
        return error.error_message


def _reason(error: OSError) -> str:
    """Return the short reason from an exception whose text contains the whole request."""
    text = str(error)
    if found := _ERRNO.search(text):
        return found[1].strip()
    late = isinstance(error, requests.Timeout) or "timed out" in text
    return "no answer in time" if late else "connection lost"
