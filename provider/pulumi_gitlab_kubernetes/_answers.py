"""What comes back from GitLab, or from whatever answers in its place: the one door in.

A proxy, a sign-in page or a wrong address answers as well, and in any shape. Only what GitLab's API
could have said gets past here; everything else is a `GitLabError`, and never a surprise further in.
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

from ._bodies import ImpossibleAnswerError
from ._pools import NoHttpError
from ._quotes import flatten
from ._recognition import MARK, UNDONE, ForeignAnswerError, is_gitlabs
from ._tls import CHECK, Trouble, parts_of, spoke_tls, trouble, trouble_told
from .errors import BAD_REQUEST, GitLabError, LostAnswerError, from_status

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
"""What python-gitlab and requests raise where an answer is not of the shape that they expect."""

_UNSENT = (NewConnectionError, ConnectTimeoutError, SSLError, ProxyError)
"""The errors of urllib3 by which a request has not been sent."""
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")]+)")


class GitLab(gitlab.Gitlab):
    """python-gitlab with a look at each answer.

    It has no retries of its own, which repeat a POST and know no deadline.
    """

    known = False
    """Whether an answer had the header that only GitLab sends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._marked = False
        self.session.hooks["response"].append(self._note)

    def _note(self, response: requests.Response, **_options: Any) -> None:
        self._marked = MARK in response.headers
        self.known = self.known or self._marked

    def http_request(self, verb: str, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request.

        Raises:
            GitlabParsingError: The answer is neither an object nor a list; or a deletion's has a
                content, which GitLab never gives.
            UnicodeDecodeError: It is no text in UTF-8.
            ForeignAnswerError: It is an error, and not one of GitLab's API.
        """
        kwargs["obey_rate_limit"] = False
        try:
            answer = super().http_request(verb, *args, **kwargs)
        except (gitlab.GitlabHttpError, gitlab.GitlabAuthenticationError) as error:
            status, body = error.response_code or 0, error.response_body
            if is_gitlabs(status, body, marked=self._marked):
                raise
            raise ForeignAnswerError(status, body) from None
        gone = verb == "delete" and answer.status_code == _NO_CONTENT
        told = verb != "delete" and answer.content.decode().lstrip()[:1] in {"{", "["}
        if not gone and not told:
            raise GitlabParsingError
        return answer


@contextmanager
def gitlab_errors(client: gitlab.Gitlab) -> Iterator[None]:
    """Turn everything that can go wrong in a request into a `GitLabError` without a secret."""
    try:
        yield
    except RedirectError as error:
        raise GitLabError(
            f"GitLab at {client.url} redirects to another address: set baseUrl to it "
            "(often https:// instead of http://)"
        ) from error
    except ImpossibleAnswerError as error:
        raise never_gitlab(client, str(error)) from error
    except NoHttpError as error:
        if told := spoke_tls(error.line):
            raise _unreachable(client, told) from error
        raise LostAnswerError(not_gitlab(client.url)) from error
    except _ODD as error:
        raise LostAnswerError(not_gitlab(client.url)) from error
    except ForeignAnswerError as error:
        said = flatten(error.body)
        told = trouble_told(said, own=bool(client.session.cert))
        if told and error.status == BAD_REQUEST:
            raise _unreachable(client, told) from error
        shown = ": ".join(filter(None, (str(error.status), said)))
        kind = GitLabError if error.status in UNDONE else LostAnswerError
        raise kind(f"{not_gitlab(client.url)} (it answered {shown})") from error
    except gitlab.GitlabError as error:
        raise from_status(error.response_code, _said(error)) from error
    except OSError as error:  # Of requests, which are OSErrors too, or of a file for TLS.
        found = trouble(error, client.url, own=bool(client.session.cert))
        unreachable = _unreachable(client, found or Trouble(_reason(error), CHECK))
        unsent = any(isinstance(each, _UNSENT) for each in parts_of(error))
        if not isinstance(error, requests.RequestException) or unsent:
            raise unreachable from error
        raise LostAnswerError(unreachable.said, again=True, late=True) from error


def never_gitlab(client: gitlab.Gitlab, what: str) -> LostAnswerError:
    """Return the error for an answer that GitLab never gives.

    Args:
        client: What it was given to.
        what: What it was.
    """
    return LostAnswerError(
        f"what answers at {client.url} sent {what}, which GitLab never does: check baseUrl and any "
        "proxy"
    )


def _unreachable(client: gitlab.Gitlab, why: Trouble) -> GitLabError:
    return GitLabError(f"GitLab at {client.url} cannot be reached ({why.reason}): {why.advice}")


def not_gitlab(url: str) -> str:
    """Return what there is to say where something else answers in GitLab's place."""
    return f"what answers at {url} is not GitLab's API: check baseUrl and any proxy"


def _said(error: gitlab.GitlabError) -> object:
    """Prefer the sentence that OAuth's form of an error has beside its code."""
    try:
        return json.loads(error.response_body or b"")["error_description"]
    except (ValueError, KeyError, TypeError):
        return error.error_message


def _reason(error: OSError) -> str:
    """Pick the few words that tell from an exception that quotes the whole request."""
    text = str(error)
    if found := _ERRNO.search(text):
        return found[1].strip()
    late = isinstance(error, requests.Timeout) or "timed out" in text
    return "no answer in time" if late else "connection lost"
