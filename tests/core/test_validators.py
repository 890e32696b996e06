"""Checks and normal forms of single values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pulumi_gitlab_kubernetes.certificates import pem
from pulumi_gitlab_kubernetes.core import validators as rules
from pulumi_gitlab_kubernetes.gitlab import settings

GOOD: list[tuple[Callable[[str], str | None], list[str]]] = [
    (
        rules.project,
        [
            "1",
            "42",
            "group/app",
            "group/sub.group/app_1",
            "1/2",
            "group/X",
            "_a/.b",
            "a/b.",
            "a--b/c..d",
            "a/b.git.x",
            "a/git",
            "a/atom",
            "gitlab.com/a/b",
            f"{'g' * 255}/{'p' * 255}",
            "A.b/C",
        ],
    ),
    (rules.environment_scope, ["*", "review/*", " a b ", "\t$X-{1}_.\n", "x" * 300]),
    (rules.domain, ["apps.example.com", "x", "1.2", "a--b.C", "a." * 127 + "a", f"{'a' * 63}.b"]),
    (rules.all_of(rules.at_most(3), rules.dns_label), ["abc"]),
    (rules.not_reserved, ["gitlab", "managed-apps"]),
    (
        rules.web_address,
        [
            "https://x",
            "http://a@[::1]:80/x y?z#",
            "shop.example.com",
            "/path",
            "localhost:3000",
            "mailto:a@b",
            "//x",
            "#",
            ":",
            "HTTPS://X:",
            "ftp:x",
            "custom:",
            "javascript/x:1",
            "x#y:",
        ],
    ),
    (rules.dns_label, ["a", "1", "a--b", "prod-eu", "x" * 63]),
    (settings.connection_name, ["gitlab", "my-gitlab", "a1-b"]),
    (rules.at_most(3), ["", "abc", "äöü"]),
    (
        rules.url("http", "https"),
        [
            "https://k8s.example.com",
            "HTTPS://k8s.example.com:6443/x",
            " http://[::1]:80 ",
            "https://me:x@1.2.3.4:65535?y",
            "https://x:",
            "https://x/a b",
            "https://ä.example",
        ],
    ),
    (rules.url("grpc", "grpcs"), ["grpc://agent", "grpcs://10.0.0.1:8082"]),
]
BAD: list[tuple[Callable[[str], str | None], list[str], str]] = [
    (
        rules.project,
        [
            "0",
            "042",
            "-1",
            "app",
            "/group/app",
            "group/app/",
            "group//app",
            " group/app",
            "a/b c",
            "a/../b",
            "./a",
            "a/..",
            "a./b",
            "-a/b",
            "a/-b",
            "ä/b",
            "a/b\n",
            f"a/{'b' * 256}",
            "a.git/b",
            "a.atom/b",
            "app.git",
            "a/b:c",
        ],
        "must be a project's numeric id or its full path, such as group/app",
    ),
    (
        rules.project,
        ["acme/shop.git", "a/b/c.atom"],
        "must not end in .git or .atom: use the project's path, such as group/app",
    ),
    (
        rules.project,
        [
            "https://gitlab.com/acme/shop",
            "HTTPS://gitlab.com/acme/shop.git",
            "ssh://git@x/a/b.git",
            "git@gitlab.example.com:acme/shop.git",
        ],
        "must not be a URL: use the full path, without host and .git, such as group/app",
    ),
    (
        rules.project,
        ["42:7", "42:7:9"],
        "must be a project, not the id of a resource in it: use its `project_id`",
    ),
    (
        rules.environment_scope,
        ["review/*,staging", "review/#12", "^review", "a\nb", "\xa0a", "ä"],
        "must contain only letters, digits, spaces and - _ / $ { } . *: it is one pattern",
    ),
    (
        rules.domain,
        [
            "https://apps.example.com",
            "*.apps.example.com",
            "apps.example.com:80",
            "a_b.c",
            "-a.b",
            "a-.b",
            "a..b",
            ".a",
            "a.",
            " a",
            "a\n",
            f"{'a' * 64}.b",
            "a." * 127 + "aa",
            "ä.b",
        ],
        "must be only a domain, such as apps.example.com, without scheme, port, path or wildcard",
    ),
    (rules.all_of(rules.at_most(3), rules.dns_label), ["abcd"], "must have at most 3 characters"),
    (rules.all_of(rules.at_most(3), rules.dns_label), ["a_b"], "must contain only a-z, 0-9 and -"),
    (rules.not_reserved, ["gitlab-managed-apps"], "is reserved by GitLab: choose another"),
    (
        rules.web_address,
        ["javascript:alert(1)", "JavaScript:x", "data:text/html,x", "vbscript:x"],
        "must not have the scheme ",
    ),
    (
        rules.web_address,
        [
            "https://",
            "https:",
            "http://?x",
            "http://x:port",
            "http://x:123456",
            "10.0.0.1:80/x",
            "my host:80",
            "http://a b",
            "http://[x",
            "http://a<b>",
            "http://a@b@[c]d",
            "http://[a@b",
        ],
        "must be a URL, such as https://shop.example.com",
    ),
    (
        rules.dns_label,
        ["A", "a_b", "-a", "a-", "a.b", "ä", "a\n"],
        "must contain only a-z, 0-9 and -",
    ),
    (rules.dns_label, ["x" * 64], "must have at most 63 characters, and has 64"),
    (settings.connection_name, ["1x", "a:b", "a_b", "A", "ä", "-a"], "must hold only a-z"),
    (rules.at_most(3), ["abcd"], "must have at most 3 characters, and has 4"),
    (
        rules.url("http", "https"),
        [
            "k8s.example.com",
            "grpc://x",
            "https://",
            "https://:6443",
            "https://x:a",
            "https://x:0",
            "https://x:65536",
            "https://_x",
            "https://[x]",
            "https://[1:2:3:4:5:6:7:8:]",
            "https://a b",
            "https://x/%0a",
            "//x",
        ],
        "must be a URL that starts with http:// or https:// and has a host",
    ),
    (rules.url("grpc"), ["http://x", "grpc://[::1"], "must be a URL that starts with grpc://"),
]


@pytest.mark.parametrize(
    ("rule", "value"), [(rule, value) for rule, values in GOOD for value in values]
)
def test_valid_values_are_accepted(rule: Callable[[str], str | None], value: str) -> None:
    """As GitLab does."""
    assert rule(value) is None


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [(rule, value, reason) for rule, values, reason in BAD for value in values],
)
def test_invalid_values_are_rejected(
    rule: Callable[[str], str | None], value: str, reason: str
) -> None:
    """The reason is one line that says what is valid."""
    assert (rule(value) or "").startswith(reason)


def test_pem_is_compared_without_white_space_and_line_ends() -> None:
    """Windows line ends, indentation and outer blank lines make no difference."""
    assert pem.plain("\n  -----BEGIN X-----\r\n  abc\r\n-----END X-----\r\n\n") == (
        "-----BEGIN X-----\nabc\n-----END X-----"
    )


def test_texts_are_trimmed() -> None:
    """Only outer white space is removed."""
    assert rules.trimmed(" a b\n") == "a b"


@pytest.mark.parametrize(
    "value", ["agent", "agent.example.com", "A-1.example", "10.0.0.1", "a." * 126 + "a"]
)
def test_host_names_are_accepted(value: str) -> None:
    """Names and addresses."""
    assert rules.host_name(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "grpcs://a.example",
        "a.example:443",
        "a..b",
        "-a",
        "a b",
        "a/b",
        "a" * 64,
        "a." * 127 + "a",
        "a.",
    ],
)
def test_invalid_host_names_are_rejected(value: str) -> None:
    """GitLab would only reject them after the old configuration was deleted."""
    assert rules.host_name(value) == "must be only a host name, such as agent.example.com"


@pytest.mark.parametrize(
    "value", ["shop.example.com", "localhost:3000", "//shop.example.com", "/x"]
)
def test_a_url_without_a_scheme_is_a_warning(value: str) -> None:
    """A browser opens it as a path of GitLab."""
    assert (rules.without_scheme(value) or "").startswith("has no scheme such as https://")


@pytest.mark.parametrize(
    "value", ["https://user:password@shop.example.com", " grpcs://:p@agent:443/x", "//u:@x"]
)
def test_a_url_with_a_password_is_a_warning(value: str) -> None:
    """The state contains it in plain text."""
    warning = rules.with_password(value) or ""
    assert warning.startswith("contains a password")
    assert value.strip() not in warning


@pytest.mark.parametrize(
    "value",
    ["https://user@example.com", "https://example.com:80/a:b@c", "grpc://[::1]:80", "a:b@c"],
)
def test_a_url_without_a_password_is_no_warning(value: str) -> None:
    """A port or a path with an @ is no password."""
    assert rules.with_password(value) is None


@pytest.mark.parametrize("value", ["https://shop.example.com", "custom://x"])
def test_a_url_with_a_scheme_is_no_warning(value: str) -> None:
    """Any scheme is sufficient."""
    assert rules.without_scheme(value) is None


def test_an_id_is_a_positive_number_that_a_state_can_contain() -> None:
    """Pulumi's numbers are exact only up to 2^53."""
    assert [value for value in (1, 42, 2**53 - 1) if rules.id_number(value)] == []
    for value in (0, -1, 2**53, 2**60):
        assert rules.id_number(value) == "must be an id from GitLab, 1 or above"
