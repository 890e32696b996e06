"""What follows from fields as data: check, diff, request bodies, reading responses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.schema import Difference, Failure, Schema
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Type, Values, contains_unknown


def _needs_number(values: Values) -> Iterator[Failure]:
    if "text" in values and "number" not in values:
        yield Failure("text", "needs number")


SCHEMA = Schema(
    fields=(
        Field(
            name="name",
            doc="",
            required=True,
            request_key="name",
            response_key="name",
            check=lambda value: "must not be bad" if value == "bad" else None,
        ),
        Field(
            name="text",
            doc="",
            change=Change.UPDATE,
            request_key="a.b.text",
            response_key="a.b.text",
        ),
        Field(
            name="number",
            doc="",
            type=Type.INTEGER,
            change=Change.UPDATE,
            request_key="a.number",
            response_key="number.id",
        ),
        Field(
            name="password",
            doc="",
            change=Change.UPDATE,
            secret=True,
            request_key="password",
            check=lambda value: "is too short" if len(value) < 4 else None,
        ),
        Field(
            name="mode",
            doc="",
            change=Change.UPDATE,
            default="fast",
            request_key="mode",
            response_key="mode",
            normalize=str.lower,
        ),
        Field(name="size", doc="", choices=("a", "b")),
        Field(name="triggers", doc="", type=Type.MAP),
        Field(name="limit", doc="", type=Type.NUMBER, change=Change.STATE_ONLY, default=60),
        Field(name="control_fields", doc="", type=Type.BOOLEAN, change=Change.CONTROL),
    ),
    outputs=(
        Output(name="token", doc="", response_key="token", secret=True),
        Output(name="made", doc="", response_key="made"),
    ),
    cross_checks=(_needs_number,),
)


@pytest.mark.parametrize(
    ("type_", "given", "value"),
    [
        (Type.TEXT, "x", "x"),
        (Type.TEXT, 42, "42"),
        (Type.INTEGER, 42, 42),
        (Type.INTEGER, "42", 42),
        (Type.INTEGER, " 42 ", 42),
        (Type.NUMBER, 1, 1),
        (Type.NUMBER, 1.5, 1.5),
        (Type.NUMBER, "1.5", 1.5),
        (Type.NUMBER, "90", 90),
        (Type.BOOLEAN, True, True),
        (Type.BOOLEAN, "true", True),
        (Type.BOOLEAN, "false", False),
        (Type.MAP, {"a": 1}, {"a": 1}),
        (Type.MAP, {}, {}),
    ],
)
def test_values_are_converted_to_their_type(type_: Type, given: Any, value: Any) -> None:
    """Configuration only has texts, and GitLab's IDs are used as texts and numbers."""
    found = type_.coerce(given)
    assert found == value
    assert type(found) is type(value) or (type_ is Type.NUMBER and found == value)


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        *itertools.product([Type.TEXT], [True, 1.5, [], {}, ["x"], {"a": "x"}]),
        *itertools.product([Type.INTEGER], [True, 1.5, "1.5", "x", "", "-", [], {}]),
        *itertools.product([Type.NUMBER], [True, "x", "1e3", "-1", "inf", [], {}]),
        *itertools.product([Type.BOOLEAN], ["True", "yes", "1", 1, 0, [], {}]),
        *itertools.product([Type.MAP], ["x", 1, [], [1], True]),
    ],
)
def test_values_of_another_type_are_rejected(type_: Type, given: Any) -> None:
    """The message does not show the value."""
    with pytest.raises(ValueError, match=f"^must be {type_.value}$"):
        type_.coerce(given)


def test_check_fills_in_only_defaults() -> None:
    """An input without a value and a default stays absent."""
    assert SCHEMA.check({"name": "x"}) == ({"name": "x", "mode": "fast", "limit": 60}, [])


@pytest.mark.parametrize("empty", ["", "  ", "\n", None, {}])
def test_empty_is_not_set(empty: Any) -> None:
    """An empty text, an empty map and null mean that the input is not set."""
    for name in ("text", "triggers"):
        assert SCHEMA.check({"name": "x", name: empty}) == SCHEMA.check({"name": "x"})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "is required: set it; with --target, also target the resource that it comes from"),
        (
            {"name": None},
            "is required: set it; with --target, also target the resource that it comes from",
        ),
        ({"name": ""}, "must be set: it is empty"),
        ({"name": " \n"}, "must be set: it is empty"),
        ({"name": {}}, "must be set: it is empty"),
    ],
)
def test_required_inputs_must_be_set(given: Values, reason: str) -> None:
    """If the program sets an empty text, `--target` is not the cause."""
    assert SCHEMA.check(given)[1] == [Failure("name", reason)]


def test_a_text_must_not_contain_a_null_character() -> None:
    """GitLab rejects a request with one."""
    _values, failures = SCHEMA.check({"name": "x", "text": "a\0b", "password": "hidden\0"})
    assert failures == [
        Failure("text", "must not contain a null character"),
        Failure("password", "must not contain a null character"),
    ]


@pytest.mark.parametrize("value", ["c", "A", "a "])
def test_only_the_choices_are_valid(value: str) -> None:
    """Exactly as GitLab writes them."""
    assert SCHEMA.check({"name": "x", "size": "b"})[1] == []
    assert SCHEMA.check({"name": "x", "size": UNKNOWN})[1] == []
    assert SCHEMA.check({"name": "x", "size": value})[1] == [Failure("size", "must be one of a, b")]


@pytest.mark.parametrize("value", [0, False])
def test_zero_and_false_are_set(value: object) -> None:
    """Only empty values are not set."""
    name = "number" if value == 0 and value is not False else "control_fields"
    values, failures = SCHEMA.check({"name": "x", name: value})
    assert failures == []
    assert values[name] is value


def test_unknown_values_are_kept() -> None:
    """Also nested ones, as a preview cannot check them."""
    news = {"name": UNKNOWN, "number": UNKNOWN, "triggers": {"a": [UNKNOWN]}, "limit": UNKNOWN}
    values, failures = SCHEMA.check(news)
    assert failures == []
    assert values == {**news, "mode": "fast"}


def test_all_failures_are_reported_at_once() -> None:
    """Each with its property, also unknown arguments."""
    _values, failures = SCHEMA.check({"name": "bad", "number": "x", "nmae": 1, "token": "x"})
    assert failures == [
        Failure("name", "must not be bad"),
        Failure("number", "must be an integer"),
        Failure("nmae", "is not an argument of this resource: remove it"),
        Failure("token", "is not an argument of this resource: remove it"),
    ]


def test_a_failure_never_shows_the_value() -> None:
    """It may be a secret, or a private key in place of a certificate."""
    for value in ("abc", ["hidden"]):
        _values, failures = SCHEMA.check({"name": "x", "password": value})
        assert [each.property for each in failures] == ["password"]
        assert "hidden" not in failures[0].reason
    _values, failures = SCHEMA.check({"name": "x", "number": "-----BEGIN\nhidden"})
    assert failures == [Failure("number", "must be an integer")]


def test_cross_checks_only_see_valid_values() -> None:
    """An unknown value counts as set."""
    assert SCHEMA.check({"name": "x", "text": "t"})[1] == [Failure("text", "needs number")]
    assert SCHEMA.check({"name": "x", "text": "t", "number": UNKNOWN})[1] == []
    assert SCHEMA.check({"name": "bad", "text": "t"})[1] == [Failure("name", "must not be bad")]


@pytest.mark.parametrize(
    ("old", "new", "changed", "replaces"),
    [
        ({}, {}, (), ()),
        ({"name": "a"}, {"name": "b"}, ("name",), ("name",)),
        ({"name": "a"}, {"name": UNKNOWN}, ("name",), ("name",)),
        ({"name": "a", "text": "t"}, {"name": "b", "text": "u"}, ("name", "text"), ("name",)),
        ({}, {"text": "t"}, ("text",), ()),
        ({"text": "t"}, {}, ("text",), ()),
        ({"text": "t"}, {"text": UNKNOWN}, ("text",), ()),
        ({"mode": "FAST"}, {"mode": "fast"}, (), ()),
        ({"triggers": {"a": {"b": 1}}}, {"triggers": {"a": {"b": 1}}}, (), ()),
        ({"triggers": {"a": 1}}, {"triggers": {"a": 2}}, ("triggers",), ("triggers",)),
        ({"triggers": {"a": 1}}, {"triggers": {"a": [UNKNOWN]}}, ("triggers",), ("triggers",)),
        ({"triggers": {"a": 1}}, {}, ("triggers",), ("triggers",)),
        ({"limit": 60}, {"limit": 90}, ("limit",), ()),
        ({"limit": 60}, {"limit": 60.0}, (), ()),
        ({"control_fields": True}, {"control_fields": False}, (), ()),
        ({"token": "a", "made": "x", "later": 1}, {}, (), ()),
    ],
)
def test_diff_follows_the_fields(
    old: Values, new: Values, changed: tuple[str, ...], replaces: tuple[str, ...]
) -> None:
    """Outputs never make a difference. An unknown value always does."""
    assert SCHEMA.diff(old, new) == Difference(changed, replaces)


def test_a_request_is_nested_as_in_gitlabs_api() -> None:
    """Inputs without a value are absent."""
    assert SCHEMA.payload({"name": "x", "text": "t", "number": 1, "limit": 60}) == {
        "name": "x",
        "a": {"b": {"text": "t"}, "number": 1},
    }


def test_an_update_sends_only_the_named_inputs() -> None:
    """And null for inputs without a value."""
    assert SCHEMA.payload({"name": "x", "text": "t"}, ("text", "number", "limit")) == {
        "a": {"b": {"text": "t"}, "number": None}
    }


def test_a_cleared_input_is_not_converted() -> None:
    """It is null, although `to_gitlab` cannot convert null."""
    field = Field(
        name="f", doc="", change=Change.UPDATE, request_key="f", to_gitlab=lambda value: value[0]
    )
    schema = Schema(fields=(field,), outputs=())
    assert schema.payload({"f": "ab"}, ("f",)) == {"f": "a"}
    assert schema.payload({}, ("f",)) == {"f": None}


def test_reading_excludes_unmanaged_inputs() -> None:
    """GitLab CI/CD may set them. They are neither state nor drift."""
    response = {"name": "x", "a": {"b": {"text": "by CI"}}, "number": {"id": 7}, "mode": "slow"}
    assert SCHEMA.from_response(response, {"name": "x"}) == {"name": "x", "mode": "slow"}
    assert SCHEMA.from_response(response, {"name": "x"}, include_unmanaged=True) == {
        "name": "x",
        "text": "by CI",
        "number": 7,
        "mode": "slow",
    }


def test_reading_keeps_what_gitlab_does_not_return() -> None:
    """A write-only input, one that is not sent, or one that this response lacks."""
    state = {"name": "x", "password": "hidden", "limit": 5, "text": "t", "token": "s", "made": "m"}
    assert SCHEMA.from_response({"name": "x", "mode": "fast"}, state) == {**state, "mode": "fast"}


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_text_does_not_select_the_default(empty: str) -> None:
    """It may be an accident, and `*` would mean each environment."""
    _values, failures = SCHEMA.check({"name": "x", "mode": empty})

    assert failures == [Failure("mode", "must not be empty: leave it out for 'fast', the default")]


def test_reading_removes_empty_values() -> None:
    """Null in place of an object also means null for the values in it."""
    state = {"name": "x", "text": "t", "number": 7, "made": "m"}
    for nothing in ({"b": None}, {"b": {"text": ""}}, None):
        assert SCHEMA.from_response(
            {"name": "x", "a": nothing, "number": None, "made": None}, state
        ) == {"name": "x"}


def test_reading_keeps_the_spelling_of_the_program() -> None:
    """If it means the same."""
    assert SCHEMA.from_response({"mode": "Fast"}, {"mode": "FAST"})["mode"] == "FAST"
    assert SCHEMA.from_response({"mode": "slow"}, {"mode": "FAST"})["mode"] == "slow"


def test_secrets_are_inputs_and_outputs() -> None:
    """All of them are encrypted in the state."""
    assert SCHEMA.secrets() == ("password", "token")


def test_secret_texts_include_gitlabs_form() -> None:
    """A response quotes what was sent, not the program's value."""
    field = Field(name="key", doc="", secret=True, request_key="key", to_gitlab=str.upper)
    schema = Schema((field,), SCHEMA.outputs)
    assert set(schema.secret_texts({"key": "k", "token": "t", "made": "m"})) == {"k", "K", "t"}
    assert set(schema.secret_texts({"token": "t"})) == {"t"}


def test_inputs_are_the_outputs_that_are_fields() -> None:
    """So that a refresh returns both to the engine."""
    assert SCHEMA.inputs({"name": "x", "limit": 1, "made": "m", "agent_id": 1}) == {
        "name": "x",
        "limit": 1,
    }


def test_unknowns_are_found_at_any_depth() -> None:
    """In maps and lists."""
    assert contains_unknown({"a": [{"b": (UNKNOWN,)}]})
    assert not contains_unknown({"a": [{"b": ("unknown", None, 1)}]})
