"""How GitLab's responses become messages."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.certificates import Pair
from tests.support.kinds import KINDS

from pulumi_gitlab_kubernetes.core.parameter_names import gitlab_names
from pulumi_gitlab_kubernetes.core.spelling import PYTHON
from pulumi_gitlab_kubernetes.errors import (
    ConfigurationError,
    GitLabError,
    InvalidInputError,
    NotFoundError,
    explain,
    from_status,
)
from pulumi_gitlab_kubernetes.redaction import flatten, redact, redact_whole
from pulumi_gitlab_kubernetes.registry import kind_for

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
        (None, ""),
        ({"message": None, "detail": 7}, "message; detail 7"),
        (BAD_GATEWAY, "GitLab is not responding & will be back (502)"),
        (BAD_GATEWAY.encode(), "GitLab is not responding & will be back (502)"),
        ("<HTML><body>x</body></HTML>", "a web page, not a response of the API"),
    ],
)
def test_every_form_of_an_error_becomes_one_line(body: object, line: str) -> None:
    """Fields come before their messages, and a page becomes its title."""
    assert flatten(body) == line


@given(
    st.recursive(
        st.text() | st.binary() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@pytest.mark.slow
def test_no_body_becomes_two_lines(body: object) -> None:
    """Whatever GitLab responds, the message is one line."""
    assert len(flatten(body).splitlines()) <= 1


def test_a_404_has_its_own_error() -> None:
    """Only a 404 may mean that the resource is gone."""
    assert type(from_status(404, "x")) is NotFoundError
    assert type(from_status(403, "x")) is GitLabError
    assert from_status(500, "").message == "no explanation"


_UNAVAILABLE = (
    "no (status 503); GitLab is not available, or its proxy cannot reach it: check GitLab's status "
    "or logs, then run this again"
)


def _explain(
    error: GitLabError,
    *secrets: str,
    token_setting: str = "gitlab:token or PULUMI_GITLAB_TOKEN",  # noqa: S107 (a setting's name)
) -> str:
    message = str(
        explain(
            error,
            action='create agent "prod" in project a/b',
            role="Maintainer",
            host="https://gitlab.example.com",
            token_setting=token_setting,
            secrets=secrets,
        )
    )
    assert "\n" not in message
    return message


def test_a_message_contains_the_action_and_the_response() -> None:
    """Also the status, if there is no advice for it."""
    assert _explain(GitLabError("no", 422)) == (
        'cannot create agent "prod" in project a/b: no (GitLab answered 422)'
    )
    assert _explain(GitLabError("no")) == 'cannot create agent "prod" in project a/b: no'


def test_a_401_names_both_ways_to_set_a_token() -> None:
    """`destroy` and `refresh` do not use a new token in the configuration."""
    message = _explain(GitLabError("401 Unauthorized", 401))
    for part in (
        "https://gitlab.example.com does not accept the token",
        "check gitlab:token or PULUMI_GITLAB_TOKEN",
        "configuration of the last `up` unless that variable is set or --run-program is given",
    ):
        assert part in message
    message = _explain(GitLabError("401 Unauthorized", 401), token_setting="the provider's token")
    assert message.endswith(
        "check the provider's token; `pulumi destroy` and `refresh` use the configuration of the "
        "last `up` unless --run-program is given"
    )


def test_a_403_names_scope_and_role() -> None:
    """Either may be missing."""
    message = _explain(GitLabError("403 Forbidden", 403))
    assert (
        "the token needs the scope `api`, and its user the role Maintainer in the project, which "
        "must not be archived"
    ) in message


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (409, "GitLab is already processing another request for it: run this again"),
        (
            429,
            "raise gitlab-kubernetes:retryDeadline, or ask its administrator to raise the limit",
        ),
        (500, "this is an error in GitLab: check its status or logs, then run this again"),
        (503, _UNAVAILABLE),
    ],
)
def test_each_status_has_its_own_advice(status: int, hint: str) -> None:
    """The message ends with it."""
    assert _explain(from_status(status, "no")).endswith(hint)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b[31mred\x1b[0m\x07 \x9b2J", "[31mred [0m 2J"),
        ("\u202egnp.exe\u2066 a\u200bb", "gnp.exe ab"),
        ("a\u2028b\x85c\x00d", "a b c d"),
        ("lone \ud800 half", "lone half"),
        ("größer \N{SNOWMAN}", "größer \N{SNOWMAN}"),
    ],
)
def test_control_characters_are_removed(text: str, line: str) -> None:
    """Also changes of the text's direction, and characters that cannot be encoded."""
    assert flatten(text) == flatten({"base": [text]}) == line
    assert str(ConfigurationError(text)) == line
    assert _explain(GitLabError(text, 400)).endswith(f": {line} (GitLab answered 400)")


@pytest.mark.parametrize(
    "body",
    [
        "<!doctype html><title>Sign in</title>",
        "\n<head><TITLE lang='en'>Sign\n in</TITLE></head>",
        b"<?xml version='1.0'?><title>Sign in</title>",
    ],
)
def test_a_page_may_be_incomplete(body: object) -> None:
    """The outer elements are optional in HTML."""
    assert flatten(body) == "Sign in"
    assert flatten("<h1>Bad</h1>") == "a web page, not a response of the API"
    assert flatten("1 < 2 and a<b") == "1 < 2 and a<b"


@pytest.mark.slow
def test_a_body_of_any_depth_and_size_is_read() -> None:
    """The message is short."""
    deep: object = "x"
    for _level in range(2000):
        deep = [deep]
    assert flatten(deep) == "…"
    assert len(_explain(from_status(400, {"base": ["x" * 10_000_000] * 600}))) < 700


def test_secrets_are_redacted() -> None:
    """GitLab may repeat a value that it rejects."""
    message = _explain(GitLabError("token k8s-hidden-token is no token", 400), "k8s-hidden-token")
    assert "token [secret] is no token" in message
    assert "k8s-hidden-token" not in message


def test_keys_are_redacted_in_every_form(pair: Pair) -> None:
    """Unchanged, on one line, with escaped line breaks, cut off, and in base64."""
    encoded = base64.b64encode(pair.key.encode()).decode()
    body = pair.key.splitlines()[1:-1]
    escaped = pair.key.replace("\n", "\\n")
    for quoted in (pair.key, flatten(pair.key), escaped, pair.key[:120], encoded):
        message = _explain(from_status(400, f"bad key {quoted}"), pair.key, encoded)
        assert "[secret]" in message
        assert not any(line in message for line in (*body, encoded[:40]))


@pytest.mark.parametrize(
    "quote",
    [
        lambda secret: secret[:12],
        lambda secret: f"{secret[:9]}...",
        lambda secret: f"...{secret[-9:]}",
        lambda secret: urllib.parse.quote(secret, safe=""),
        lambda secret: urllib.parse.quote(secret).replace("%2B", "%2b"),
        lambda secret: re.sub(
            "%..", lambda found: found[0].lower(), urllib.parse.quote(secret, safe="")
        ),
        json.dumps,
        html.escape,
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.b64encode(f"oauth2:{secret}".encode()).decode(),
        lambda secret: base64.b64encode(f"me:{secret}".encode()).decode(),
        lambda secret: base64.encodebytes(b"x" * 50 + secret.encode()).decode(),
        lambda secret: secret.replace("-", "-\x1b[0m"),
    ],
)
@pytest.mark.parametrize(
    "secret",
    ['glpat-QUICK+brown/"fox"&LAZY<dog>0123456789', '/"+&<\\>/"+<&\\>/"+&>\\</"+&<\\>'],
)
def test_parts_and_encodings_of_a_secret_are_redacted(
    quote: Callable[[str], str], secret: str
) -> None:
    """In whatever form a gateway repeats it, no eight characters are shown."""
    message = _explain(GitLabError(f"no {quote(secret)} here", 400), secret)
    shown = message.partition(": no ")[2]
    assert "[secret]" in shown
    assert not {secret[at : at + 8] for at in range(len(secret) - 7)} & {
        part[at : at + 8] for part in _decoded(shown) for at in range(len(part))
    }


def _decoded(text: str) -> list[str]:
    """Return a text, and its decoded forms."""
    unescaped = text.replace('\\"', '"').replace("\\\\", "\\")
    plain = urllib.parse.unquote(html.unescape(unescaped))
    coded = [
        base64.b64decode(word[at:] + "==", validate=False).decode(errors="replace")
        for word in re.findall(r"[\w+/]{8,}", text)
        for at in range(4)
        if len(word[at:]) % 4 != 1
    ]
    return [text, plain, *coded]


def test_tiny_secrets_are_ignored() -> None:
    """An empty or tiny secret does not change a message."""
    assert redact("bad request", ["", " ", "a", "\n"]) == "bad request"


def test_a_secret_inside_another_one() -> None:
    """The longer secret is redacted as a whole."""
    assert redact("abcd-efgh", ["abcd", "abcd-efgh"]) == "[secret]"


def test_own_text_may_have_a_part_of_a_secret() -> None:
    """Only a whole secret is redacted there, and each line of it."""
    text = "pulumi-gitlab-kubernetes has no agent second-line nor a-kubernetes-token"
    redacted = "pulumi-gitlab-kubernetes has no agent [secret] nor [secret]"
    assert redact_whole(text, ["a-kubernetes-token", "first-line\nsecond-line\na"]) == redacted


def test_long_messages_are_shortened() -> None:
    """After the redaction, so that no part of a secret remains."""
    message = _explain(
        GitLabError("x" * 490 + "hidden-secret" + "y" * 10_000, 502), "hidden-secret"
    )
    assert len(message) < 700
    assert "hidden" not in message
    assert "…" in message


def test_an_invalid_input_starts_with_its_name() -> None:
    """The error has the name and the reason as attributes."""
    error = InvalidInputError("name", "is bad")
    assert (str(error), error.property, error.reason) == ("name is bad", "name", "is bad")


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (
            "ProjectCluster",
            "platform_kubernetes_attributes[token] is invalid, name is missing",
            "kubernetes_token is invalid, name is missing",
        ),
        (
            "ProjectCluster",
            {
                "platform_kubernetes.api_url": ["is blocked", "must be a valid URL"],
                "platform_kubernetes.base": ["Cannot modify managed Kubernetes cluster"],
                "environment_scope": ["cannot add duplicated environment scope"],
                "management_project_id": ["Project does not exist"],
            },
            (
                "kubernetes_api_url is blocked, must be a valid URL; Cannot modify managed "
                "Kubernetes cluster; environment_scope cannot add duplicated environment scope; "
                "management_project_id Project does not exist"
            ),
        ),
        (
            "ProjectCluster",
            {"platform_kubernetes": {"ca_cert": ["must be a valid PEM certificate"]}},
            "kubernetes_ca_cert must be a valid PEM certificate",
        ),
        (
            "ProjectCluster",
            'name "a; platform_kubernetes.token b, platform_kubernetes_attributes[token] c" is bad',
            'name "a; platform_kubernetes.token b, platform_kubernetes_attributes[token] c" is bad',
        ),
        (
            "ProjectCluster",
            "can't be 'x, platform_kubernetes.token y', platform_kubernetes.token can't be blank",
            "can't be 'x, platform_kubernetes.token y', kubernetes_token can't be blank",
        ),
        (
            "ProjectCluster",
            "the text platform_kubernetes.token is in the middle",
            "the text platform_kubernetes.token is in the middle",
        ),
        (
            "ClusterAgentUrlConfiguration",
            '400 - ["Tls host must be a valid host!", "Client cert is \\", \\"Url x"]',
            '400 - ["tls_host must be a valid host!", "client_cert is \\", \\"Url x"]',
        ),
        (
            "ClusterAgentToken",
            '400 Bad request - ["Name is too long", "Description is too long"]; Name Name',
            '400 Bad request - ["name is too long", "description is too long"]; Name Name',
        ),
        (
            "ProjectEnvironment",
            "cluster_agent_id is invalid, tier does not have a valid value",
            "cluster_agent_id is invalid, tier does not have a valid value",
        ),
    ],
)
def test_errors_name_arguments_as_the_program_does(kind: str, body: object, message: str) -> None:
    """GitLab uses the names of its own parameters. Quoted text does not change."""
    names = gitlab_names(kind_for(kind).schema.fields, PYTHON)
    error = explain(
        from_status(400, body), action="create it", role="Maintainer", host="", names=names
    )
    answered = "" if "400" in message else " (GitLab answered 400)"
    assert str(error) == f"cannot create it: {message}{answered}"


@pytest.mark.parametrize("kind", KINDS)
def test_all_fields_have_gitlabs_names(kind: str) -> None:
    """Each field that is sent has the names of its parameter and of GitLab's model."""
    fields = kind_for(kind).schema.fields
    names = gitlab_names(fields, PYTHON)
    for field in fields:
        if field.request_key:
            outer, *inner = field.request_key.split(".")
            assert names[outer + "".join(f"[{each}]" for each in inner)] == field.name
            assert field.name in {value for name, value in names.items() if name[0].isupper()}
