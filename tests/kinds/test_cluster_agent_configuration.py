"""The values of an agent's configuration, and how they become a file."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ruamel.yaml import YAML

from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.spelling import PYTHON
from pulumi_gitlab_kubernetes.core.values import UNKNOWN
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.yaml_text import parse, render
from pulumi_gitlab_kubernetes.kinds.agent_settings import unknown_keys
from pulumi_gitlab_kubernetes.native.spelling import CAMEL_CASE
from pulumi_gitlab_kubernetes.registry import kind_for

SCHEMA = kind_for("ClusterAgentConfiguration").schema
GIVEN = {"project": "acme/shop", "agent_name": "production"}


def _failures(**given: Any) -> list[str]:
    _values, failures = SCHEMA.check({**GIVEN, **given})
    return [f"{each.property} {each.reason}" for each in failures]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"projects": [{}]}, "ci_access.projects[0].id is required"),
        ({"projects": ["acme"]}, "ci_access.projects[0] must be a map"),
        ({"groups": {"id": "acme"}}, "ci_access.groups must be a list"),
        ({"projekts": []}, "ci_access has projekts, which is not known: check its name"),
        (
            {"groups": [{"id": "a", "access_as": {"agent": {}, "ci_job": {}}}]},
            "ci_access.groups[0].access_as must have one key, not agent and ci_job",
        ),
        (
            {"groups": [{"id": "a", "access_as": {"impersonate": {}}}]},
            "ci_access.groups[0].access_as.impersonate.username is required",
        ),
        (
            {"groups": [{"id": "a", "environments": [{"name": "x"}]}]},
            "ci_access.groups[0].environments[0] must be text",
        ),
    ],
)
def test_a_wrong_value_is_named(given: dict[str, Any], expected: str) -> None:
    """With its path."""
    (failure,) = _failures(ci_access=given)
    assert failure.startswith(expected)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([f"acme/p{number}" for number in range(500)], []),
        (
            [f"acme/p{number}" for number in range(501)],
            ["ci_access has 501 projects: GitLab uses only the first 500"],
        ),
        (
            ["acme/shop", "acme/api", "Acme/Shop"],
            ["ci_access has the same id twice in projects: GitLab uses only the last one"],
        ),
    ],
)
def test_what_gitlab_does_not_use_is_a_warning(ids: list[str], expected: list[str]) -> None:
    """GitLab itself says nothing."""
    given = {**GIVEN, "ci_access": {"projects": [{"id": id_} for id_ in ids]}}
    values, failures = SCHEMA.check(given)
    assert failures == []
    assert list(SCHEMA.warnings(values)) == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            {"projects": [{"id": "a/b", "access_as": {"ci_job": {"x": 1}}}], "instance": {"y": 1}},
            [],
        ),
        ({"projects": [{"id": "a/b"}, {"id": "c/d", "x": None}]}, ["ci_access.projects[1].x"]),
        (
            {"projects": [{"access_as": {"x": {}}}], "y": 1},
            ["ci_access.projects[0].access_as.x", "ci_access.y"],
        ),
        (5, []),
    ],
)
def test_unknown_keys_are_found_by_their_path(section: Any, expected: list[str]) -> None:
    """What is in an empty map of the type can have any name."""
    names = SCHEMA.names_in("ci_access")
    assert list(unknown_keys(section, names, "ci_access")) == expected


@pytest.mark.parametrize(
    "section",
    [
        {"groups": [{"id": "a", "a_new_setting": True}]},
        {"groups": [{"id": 42}]},
        {"groups": [{}]},
        {},
        "text",
    ],
)
def test_an_imported_section_that_is_not_known_is_additional(section: Any) -> None:
    """So that a program can have it as it is in the file. Known ones stay where they are."""
    kind, known = kind_for("ClusterAgentConfiguration"), {"projects": [{"id": "a/b"}]}
    more = {"flux": {"x": 1}}
    response = {"ci_access": section, "user_access": known, "additional_settings": more}
    found = kind.as_declared(response)
    assert found == {
        "ci_access": None,
        "user_access": known,
        "additional_settings": {**more, "ci_access": section},
    }
    declared = {name: value for name, value in found.items() if value is not None}
    assert _failures(**declared) == []


def test_each_wrong_value_is_found() -> None:
    """At once, also beside values that are not known yet."""
    projects = [{"id": UNKNOWN, "default_namespace": "No"}, UNKNOWN, {"environments": [UNKNOWN, 1]}]
    found = _failures(ci_access={"projects": projects}, user_access={"access_as": {}})
    assert [each.partition(" ")[0] for each in found] == [
        "ci_access.projects[0].default_namespace",
        "ci_access.projects[2].id",
        "user_access.access_as",
    ]


def test_unknown_values_stay_where_they_are() -> None:
    """The others are known, with their types."""
    projects = [{"id": UNKNOWN, "protected_branches_only": "true"}]
    values, failures = SCHEMA.check({**GIVEN, "ci_access": {"projects": projects}})
    assert failures == []
    assert values["ci_access"] == {
        "projects": [{"id": UNKNOWN, "protected_branches_only": True}],
    }


def test_a_section_is_in_one_place() -> None:
    """In its own argument, or among the additional settings."""
    (failure,) = _failures(ci_access={"instance": {"x": 1}}, additional_settings={"ci_access": {}})
    assert failure == "additional_settings must not contain ci_access: ci_access is set too"


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800", {1: 2}])
def test_additional_settings_are_values_that_a_file_and_a_state_have(value: Any) -> None:
    """At any depth."""
    (failure,) = _failures(additional_settings={"scanning": [{"score": value}]})
    assert failure.startswith("additional_settings must have values that YAML and JSON have")


def test_the_path_has_the_spelling_of_the_program() -> None:
    """Also inside a value."""
    path = "ci_access.projects[0].default_namespace"
    assert (PYTHON[path], CAMEL_CASE[path]) == (path, "ciAccess.projects[0].defaultNamespace")


@pytest.mark.parametrize("settings", ["agent", "ci_job"])
def test_an_empty_map_is_a_value(settings: str) -> None:
    """It is how GitLab names an identity."""
    given = {"projects": [{"id": "a/b", "access_as": {settings: {}}}]}
    values, failures = SCHEMA.check({**GIVEN, "ci_access": given})
    assert (values["ci_access"], failures) == (given, [])


@pytest.mark.parametrize(
    "branch",
    [
        *("HEAD", "refs/heads/main", "-x", "/a", "a/", "a//b", "a..b", "a.lock", "a.lock/b", "a."),
        *(
            ".a",
            "a/.b",
            "@",
            "a@{1}",
            "a b",
            "a\x07b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
        ),
    ],
)
def test_a_name_that_no_branch_can_have(branch: str) -> None:
    """Git or GitLab would refuse it, after the preview."""
    _values, (failure,) = SCHEMA.check({**GIVEN, "branch": branch})
    assert failure == Failure("branch", "must be the name of a branch, such as main")


@pytest.mark.parametrize(
    "branch", ["main", "a/b", "a.b", "HEAD-1", "refs/x", "@a", "a@b", "v1", "ä"]
)
def test_a_name_of_a_branch(branch: str) -> None:
    """As Git accepts it."""
    assert SCHEMA.check({**GIVEN, "branch": branch})[1] == []


# Files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# Only a comment.\n", {}),
        ("a: {b: [1, 2.5, true, null, ~, x]}", {"a": {"b": [1, 2.5, True, None, None, "x"]}}),
        ("a: ~\nb: {c: null}", {"b": {}}),
        (
            "a: &x {b: c}\nd: *x\ne: {<<: *x, f: 1}",
            {"a": {"b": "c"}, "d": {"b": "c"}, "e": {"b": "c", "f": 1}},
        ),
        (
            "day: 2026-01-02\ntime: 2026-01-02T03:04:05Z",
            {"day": "2026-01-02", "time": "2026-01-02T03:04:05Z"},
        ),
        ("at: 10:30\nfor: 1:30:00.5\nin: 1", {"at": "10:30", "for": "1:30:00.5", "in": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ('{"a": "\\u00e9"}', {"a": "é"}),
    ],
)
def test_content_is_read_as_plain_values(text: str, expected: dict[str, Any]) -> None:
    """Without nulls in maps, and with times as text."""
    assert parse(text.encode()) == expected


_BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: [", "is not valid YAML (line 1)"),
        (b"a: 1\n b: 2", "is not valid YAML (line 2)"),
        (b"- a", "does not contain a map"),
        (b"text", "does not contain a map"),
        (b"a: 1\n---\nb: 2", "is not valid YAML (line 2)"),
        (b"1: a", "is not YAML that agents can read"),
        (b"a: .nan", "is not YAML that agents can read"),
        (b"a: .inf", "is not YAML that agents can read"),
        (b"a: !!binary YQ==", "is not YAML that agents can read"),
        (b"a: !!set {b, c}", "is not YAML that agents can read"),
        (b"a: !!python/object/apply:os.getcwd []", "is not valid YAML (line 1)"),
        (b"a: &a [*a]", "is not YAML that agents can read"),
        (b"a: " + b"[" * 5000, "is not"),
        (b"a: " + b"{b: " * 60 + b"1" + b"}" * 60, "is not YAML that agents can read"),
        (_BOMB.encode(), "is not YAML that agents can read"),
        (b"# " + b"x" * 1024 * 1024, "has more than 1 MiB"),
        (b"\xff\xfe\x00", "is not YAML that agents can read"),
        (b'a: "\\ud800"', "is not YAML that agents can read"),
        (b"a: \x01", "is not YAML that agents can read"),
    ],
)
def test_what_no_agent_can_read_is_an_error(data: bytes, expected: str) -> None:
    """In one line, which says where it is wrong and what to do."""
    with pytest.raises(GitLabError) as raised:
        parse(data)
    assert f"the file {expected}" in str(raised.value)
    assert str(raised.value).endswith("correct it in GitLab, or delete it there")


_TEXTS = (
    *("yes", "on", "1", "1.5", "~", "null", "2026-01-02", "0 0 * * *", "a: b", "# a", "é", "a\nb"),
    *(
        "x" * 500,
        "12:30",
        "0o7",
        "<<",
        "=",
        "*a",
        "&a",
        "\t",
        " ",
        "!x",
        "@x",
        "`x",
        "%x",
        "|",
        ">",
    ),
    *("-", "?", "[", "{"),
)


@pytest.mark.parametrize("value", _TEXTS)
def test_a_text_stays_a_text(value: str) -> None:
    """What PyYAML writes means the same to agents, which read YAML 1.1 too."""
    content = {"a": {value.strip() or "k": [value]}, "n": 1, "t": True}
    assert parse(render(content).encode()) == content


_LIKE_OTHERS = """
1e3 5e10 1e-5 .5e3 +1e3 0o17 0x1F 1_000 12:30 2026-11-29 7 -1 -x .inf -.INF
y N yes Off true NULL ~
"""


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("value", _LIKE_OTHERS.split())
def test_a_text_that_looks_like_another_value_is_quoted(value: str, version: str) -> None:
    """Parsers differ in what is a number: agents' one reads `1e3` as one, PyYAML does not."""
    text = render({"id": value, value: [value]})
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    assert reader.load(text) == {"id": value, value: [value]}
    assert text == f"id: '{value}'\n'{value}':\n  - '{value}'\n"


def test_the_file_is_as_in_gitlabs_documentation() -> None:
    """Lists are indented."""
    content = {"ci_access": {"projects": [{"id": "a/b", "environments": ["x", "y/*"]}]}}
    assert render(content) == (
        "ci_access:\n  projects:\n    - id: a/b\n      environments:\n        - x\n        - y/*\n"
    )
