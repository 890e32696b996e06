"""How GitLab's answers become sentences."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificates import Pair

from pulumi_gitlab_kubernetes.errors import (
    GitLabError,
    InvalidInputError,
    NotFoundError,
    explain,
    flatten,
    from_status,
    scrub,
)

BAD_GATEWAY = """<!DOCTYPE html>
<html><head><title>GitLab is not responding &amp; will be back (502)</title>
<style>body { color: #666; }</style></head><body><h1>502</h1></body></html>"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("404 Project Not Found", "404 Project Not Found"),
        ("two\n lines\t ", "two lines"),
        (b"Retry later\n", "Retry later"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
        (["a", "b"], "a, b"),
        (
            {"name": ["is taken", "is too long"], "url": ["is bad"]},
            "name is taken, is too long; url is bad",
        ),
        ({"base": ["No more clusters"]}, "No more clusters"),
        ({"error": {"deep": ["x"]}}, "error deep x"),
        ({"base": []}, ""),
        (None, "None"),
        (BAD_GATEWAY, "GitLab is not responding & will be back (502)"),
        (BAD_GATEWAY.encode(), "GitLab is not responding & will be back (502)"),
        ("<HTML><body>x</body></HTML>", "a web page, not an answer of the API"),
    ],
)
def test_every_shape_becomes_one_line(body: object, line: str) -> None:
    """Fields lead their messages, model-wide ones stand alone, pages give their title."""
    assert flatten(body) == line


@given(
    st.recursive(
        st.text() | st.binary() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_body_makes_two_lines(body: object) -> None:
    """Whatever GitLab answers, the message stays on its line."""
    assert len(flatten(body).splitlines()) <= 1


def test_a_404_is_its_own_error() -> None:
    """It may mean gone, which no other status can."""
    assert type(from_status(404, "x")) is NotFoundError
    assert type(from_status(403, "x")) is GitLabError
    assert from_status(500, "").said == "no explanation"


def _explain(error: GitLabError, *secrets: str) -> str:
    message = str(
        explain(
            error,
            action='create agent "prod" in project a/b',
            role="Maintainer",
            host="https://gitlab.example.com",
            token_setting="gitlab:token or PULUMI_GITLAB_TOKEN",
            secrets=secrets,
        )
    )
    assert "\n" not in message
    return message


def test_a_message_says_what_was_asked_and_answered() -> None:
    """A status without a hint is told all the same."""
    assert _explain(GitLabError("no", 422)) == (
        'cannot create agent "prod" in project a/b: no (GitLab answered 422)'
    )
    assert _explain(GitLabError("no")) == 'cannot create agent "prod" in project a/b: no'


def test_a_401_names_both_ways_to_a_new_token() -> None:
    """`destroy` and `refresh` do not see a new one in the configuration."""
    message = _explain(GitLabError("401 Unauthorized", 401))
    for part in (
        "https://gitlab.example.com does not accept the token",
        "check gitlab:token or PULUMI_GITLAB_TOKEN",
        "configuration of the last `up` unless that variable is set or --run-program is given",
    ):
        assert part in message


def test_a_403_names_scope_and_role() -> None:
    """Either may be what is missing."""
    message = _explain(GitLabError("403 Forbidden", 403))
    assert (
        "the token needs the scope `api`, and its user the role Maintainer in the project, which "
        "must not be archived"
    ) in message


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (409, "GitLab is busy with the same thing: run it again"),
        (
            429,
            "raise gitlab-kubernetes:retryDeadline, or have its administrator raise the limit",
        ),
        (503, "that is GitLab's own trouble: see its status or logs, then run it again"),
    ],
)
def test_each_kind_of_refusal_says_what_to_do(status: int, hint: str) -> None:
    """What helps against one does not help against another."""
    assert _explain(from_status(status, "no")).endswith(hint)


def test_quoted_secrets_are_hidden() -> None:
    """GitLab may quote what it refuses."""
    message = _explain(GitLabError("token k8s-hidden-token is no token", 400), "k8s-hidden-token")
    assert "token [secret] is no token" in message
    assert "k8s-hidden-token" not in message


def test_quoted_keys_are_hidden_in_every_form(pair: Pair) -> None:
    """As it is, on one line, with escaped line ends, cut off, and in base64."""
    encoded = base64.b64encode(pair.key.encode()).decode()
    body = pair.key.splitlines()[1:-1]
    escaped = pair.key.replace("\n", "\\n")
    for quoted in (pair.key, flatten(pair.key), escaped, pair.key[:120], encoded):
        message = _explain(from_status(400, f"bad key {quoted}"), pair.key, encoded)
        assert "[secret]" in message
        assert not any(line in message for line in (*body, encoded[:40]))


def test_hiding_nothing_changes_nothing() -> None:
    """An empty or tiny secret is no reason to tear a message apart."""
    assert scrub("bad request", ["", " ", "a", "\n"]) == "bad request"


def test_longer_secrets_are_hidden_before_those_within_them() -> None:
    """Otherwise the rest of the longer one would show."""
    assert scrub("abcd-efgh", ["abcd", "abcd-efgh"]) == "[secret]"


def test_huge_answers_are_cut() -> None:
    """And only after secrets are hidden, so that no half of one stays."""
    message = _explain(
        GitLabError("x" * 490 + "hidden-secret" + "y" * 10_000, 502), "hidden-secret"
    )
    assert len(message) < 700
    assert "hidden" not in message
    assert "…" in message


def test_an_invalid_input_leads_with_its_name() -> None:
    """And keeps it for whoever wants to know."""
    error = InvalidInputError("name", "is bad")
    assert (str(error), error.property, error.reason) == ("name is bad", "name", "is bad")
