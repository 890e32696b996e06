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
from ._tls import CHECK, Trouble, parts_of, spoke_tls, trouble, trouble_told
from .errors import BAD_REQUEST, GitLabError, LostAnswerError, from_status

_NO_CONTENT = 204
_LARGEST = 1 << 53  # Above this Pulumi's numbers are not exact.
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

    def http_request(self, verb: str, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request.

        Raises:
            GitlabParsingError: The answer is neither an object nor a list; or a deletion's has a
                content, which GitLab never gives.
            UnicodeDecodeError: It is no text in UTF-8.
        """
        kwargs["obey_rate_limit"] = False
        answer = super().http_request(verb, *args, **kwargs)
        gone = verb == "delete" and answer.status_code == _NO_CONTENT
        told = verb != "delete" and answer.content.decode().lstrip()[:1] in {"{", "["}
        if not gone and not told:
            raise GitlabParsingError
        return answer


def thing(answer: Any, *texts: str, numbered: bool = True) -> dict[str, Any]:
    """Accept GitLab's description of something.

    Args:
        answer: What was answered.
        texts: What every such description has, each with a text.
        numbered: Whether it has a number as its id.

    Returns:
        The description.

    Raises:
        GitlabParsingError: It is no such description.
    """
    if not isinstance(answer, dict) or not all(isinstance(answer.get(key), str) for key in texts):
        raise GitlabParsingError
    id_ = answer.get("id")
    if numbered and not (type(id_) is int and 0 < id_ < _LARGEST):
        raise GitlabParsingError
    # Neither text without an encoding nor a number that is none could be stored.
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    return answer


@contextmanager
def gitlab_errors(client: gitlab.Gitlab) -> Iterator[None]:
    """Turn everything that can go wrong in a request into a `GitLabError` without a secret."""
    try:
        yield
    except RedirectError as error:
        raise GitLabError(
            f"GitLab at {client.url} redirects to another address: set baseUrl to it "
            "(often https:// in place of http://)"
        ) from error
    except ImpossibleAnswerError as error:
        raise never_gitlab(client, str(error)) from error
    except NoHttpError as error:
        if told := spoke_tls(error.line):
            raise _unreachable(client, told) from error
        raise _not_gitlab(client) from error
    except _ODD as error:
        raise _not_gitlab(client) from error
    except gitlab.GitlabError as error:
        said = _said(error)
        if error.response_code == BAD_REQUEST:
            told = trouble_told(flatten(said), own=bool(client.session.cert))
            if told:
                raise _unreachable(client, told) from error
        raise from_status(error.response_code, said) from error
    except OSError as error:  # Of requests, which are OSErrors too, or of a file for TLS.
        found = trouble(error, client.url, own=bool(client.session.cert))
        unreachable = _unreachable(client, found or Trouble(_reason(error), CHECK))
        unsent = any(isinstance(each, _UNSENT) for each in parts_of(error))
        if not isinstance(error, requests.RequestException) or unsent:
            raise unreachable from error
        raise LostAnswerError(unreachable.said, again=True, late=True) from error


def _not_gitlab(client: gitlab.Gitlab) -> LostAnswerError:
    return LostAnswerError(
        f"what answers at {client.url} is not GitLab's API: check baseUrl and any proxy"
    )


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
