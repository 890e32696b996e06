"""Checks and normal forms of single values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pulumi_gitlab_kubernetes import _rules as rules

GOOD: list[tuple[Callable[[str], str | None], list[str]]] = [
    (rules.project, ["1", "42", "group/app", "group/sub.group/app_1", "1/2"]),
    (rules.dns_label, ["a", "1", "a--b", "prod-eu", "x" * 63]),
    (rules.namespace, ["gitlab", "my-gitlab", "a1-b"]),
    (rules.at_most(3), ["", "abc", "äöü"]),
    (rules.one_of("a", "b"), ["a", "b"]),
    (
        rules.url("http", "https"),
        ["https://k8s.example.com", "HTTPS://k8s.example.com:6443/x", " http://[::1]:80 "],
    ),
    (rules.url("grpc", "grpcs"), ["grpc://agent", "grpcs://10.0.0.1:8082"]),
]
BAD: list[tuple[Callable[[str], str | None], list[str], str]] = [
    (
        rules.project,
        ["0", "042", "-1", "app", "/group/app", "group/app/", "group//app", " group/app", "a/b c"],
        "must be a project's numeric id or its full path, such as group/app",
    ),
    (rules.dns_label, ["A", "a_b", "-a", "a-", "a.b", "ä", "a\n"], "must hold only a-z, 0-9 and -"),
    (rules.dns_label, ["x" * 64], "must have at most 63 characters, and has 64"),
    (rules.namespace, ["1x", "a:b", "a_b", "A", "ä", "-a"], "must hold only a-z"),
    (rules.at_most(3), ["abcd"], "must have at most 3 characters, and has 4"),
    (rules.one_of("a", "b"), ["c", "A", "a "], "must be one of a, b"),
    (
        rules.url("http", "https"),
        ["k8s.example.com", "grpc://x", "https://", "https://:6443", "https://x:a", "https://x:0"],
        "must be a URL that starts with http:// or https:// and names a host",
    ),
    (rules.url("grpc"), ["http://x", "grpc://[::1"], "must be a URL that starts with grpc://"),
]


@pytest.mark.parametrize(
    ("rule", "value"), [(rule, value) for rule, values in GOOD for value in values]
)
def test_what_gitlab_takes_passes(rule: Callable[[str], str | None], value: str) -> None:
    """A check has nothing to say of it."""
    assert rule(value) is None


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [(rule, value, reason) for rule, values, reason in BAD for value in values],
)
def test_what_gitlab_refuses_is_told_before(
    rule: Callable[[str], str | None], value: str, reason: str
) -> None:
    """The reason says what would be right, in one line."""
    assert (rule(value) or "").startswith(reason)


def test_pem_is_compared_without_white_space_and_line_ends() -> None:
    """Windows line ends, indentation and outer blank lines are no difference."""
    assert rules.pem("\n  -----BEGIN X-----\r\n  abc\r\n-----END X-----\r\n\n") == (
        "-----BEGIN X-----\nabc\n-----END X-----"
    )


def test_texts_are_trimmed() -> None:
    """Only outer white space goes."""
    assert rules.trimmed(" a b\n") == "a b"


@pytest.mark.parametrize("value", ["agent", "agent.example.com", "A-1.example", "10.0.0.1"])
def test_host_names_pass(value: str) -> None:
    """Names and addresses are fine."""
    assert rules.host_name(value) is None


@pytest.mark.parametrize(
    "value", ["grpcs://a.example", "a.example:443", "a..b", "-a", "a b", "a/b", "a" * 254, "a."]
)
def test_what_is_no_host_name_alone_is_refused(value: str) -> None:
    """GitLab would refuse it only after the old configuration was deleted."""
    assert rules.host_name(value) == "must be a host name alone, such as agent.example.com"
