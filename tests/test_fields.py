"""What follows from fields as data: check, diff, request bodies, reading answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_gitlab_kubernetes._fields import (
    UNKNOWN,
    Change,
    Difference,
    Failure,
    Field,
    Output,
    Schema,
    Type,
    Values,
    contains_unknown,
)


def _rule(values: Values) -> Iterator[Failure]:
    if "text" in values and "number" not in values:
        yield Failure("text", "needs number")


SCHEMA = Schema(
    fields=(
        Field(
            name="name",
            doc="",
            required=True,
            sent="name",
            shown="name",
            check=lambda value: "must not be bad" if value == "bad" else None,
        ),
        Field(name="text", doc="", change=Change.UPDATE, sent="a.b.text", shown="a.b.text"),
        Field(
            name="number",
            doc="",
            type=Type.INTEGER,
            change=Change.UPDATE,
            sent="a.number",
            shown="number.id",
        ),
        Field(
            name="password",
            doc="",
            change=Change.UPDATE,
            secret=True,
            sent="password",
            check=lambda value: "is too short" if len(value) < 4 else None,
        ),
        Field(
            name="mode",
            doc="",
            change=Change.UPDATE,
            default="fast",
            sent="mode",
            shown="mode",
            normal=str.lower,
        ),
        Field(name="triggers", doc="", type=Type.MAP),
        Field(name="limit", doc="", type=Type.NUMBER, change=Change.LOCAL, default=60),
        Field(name="steering", doc="", type=Type.BOOLEAN, change=Change.NONE),
    ),
    outputs=(
        Output(name="token", doc="", shown="token", secret=True),
        Output(name="made", doc="", shown="made"),
    ),
    rules=(_rule,),
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
def test_values_are_brought_to_their_type(type_: Type, given: Any, value: Any) -> None:
    """Configuration has texts only, and GitLab's ids are used as both."""
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
def test_values_of_another_type_are_told(type_: Type, given: Any) -> None:
    """Never guessed at, nor shown."""
    with pytest.raises(ValueError, match=f"^must be {type_.value}$"):
        type_.coerce(given)


def test_check_fills_in_defaults_alone() -> None:
    """What has no default and is not set stays out."""
    assert SCHEMA.check({"name": "x"}) == ({"name": "x", "mode": "fast", "limit": 60}, [])


@pytest.mark.parametrize("empty", ["", "  ", "\n", None, {}])
def test_empty_is_not_set(empty: Any) -> None:
    """An empty text, an empty map and null mean the same as leaving it out."""
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
def test_what_is_required_has_to_be_there(given: Values, reason: str) -> None:
    """Where the program gives an empty text, no `--target` is the cause."""
    assert SCHEMA.check(given)[1] == [Failure("name", reason)]


def test_no_text_holds_a_null_character() -> None:
    """GitLab refuses a request with one, whatever it is in."""
    _values, failures = SCHEMA.check({"name": "x", "text": "a\0b", "password": "hidden\0"})
    assert failures == [
        Failure("text", "must not hold a null character"),
        Failure("password", "must not hold a null character"),
    ]


@pytest.mark.parametrize("value", [0, False])
def test_zero_and_false_are_set(value: object) -> None:
    """Only what is empty is not."""
    name = "number" if value == 0 and value is not False else "steering"
    values, failures = SCHEMA.check({"name": "x", name: value})
    assert failures == []
    assert values[name] is value


def test_unknown_values_pass_and_stay() -> None:
    """Also nested ones: a preview cannot check them."""
    news = {"name": UNKNOWN, "number": UNKNOWN, "triggers": {"a": [UNKNOWN]}, "limit": UNKNOWN}
    values, failures = SCHEMA.check(news)
    assert failures == []
    assert values == {**news, "mode": "fast"}


def test_all_failures_are_told_at_once() -> None:
    """Each with its property, and unknown arguments too."""
    _values, failures = SCHEMA.check({"name": "bad", "number": "x", "nmae": 1, "token": "x"})
    assert failures == [
        Failure("name", "must not be bad"),
        Failure("number", "must be an integer"),
        Failure("nmae", "is not an argument of this resource: remove it"),
        Failure("token", "is not an argument of this resource: remove it"),
    ]


def test_a_failure_never_quotes_the_value() -> None:
    """It may be a secret, or a key that was taken for a certificate."""
    for value in ("abc", ["hidden"]):
        _values, failures = SCHEMA.check({"name": "x", "password": value})
        assert [each.property for each in failures] == ["password"]
        assert "hidden" not in failures[0].reason
    _values, failures = SCHEMA.check({"name": "x", "number": "-----BEGIN\nhidden"})
    assert failures == [Failure("number", "must be an integer")]


def test_rules_over_several_inputs_see_only_good_ones() -> None:
    """They need not expect anything else, and an unknown one counts as set."""
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
        ({"steering": True}, {"steering": False}, (), ()),
        ({"token": "a", "made": "x", "later": 1}, {}, (), ()),
    ],
)
def test_diff_follows_the_fields(
    old: Values, new: Values, changed: tuple[str, ...], replaces: tuple[str, ...]
) -> None:
    """Outputs never make a difference; an unknown value always may."""
    assert SCHEMA.diff(old, new) == Difference(changed, replaces)


def test_a_request_nests_what_gitlab_nests() -> None:
    """And leaves out what is not set."""
    assert SCHEMA.payload({"name": "x", "text": "t", "number": 1, "limit": 60}) == {
        "name": "x",
        "a": {"b": {"text": "t"}, "number": 1},
    }


def test_an_update_sends_what_it_names_alone() -> None:
    """And null for what is no longer set."""
    assert SCHEMA.payload({"name": "x", "text": "t"}, ("text", "number", "limit")) == {
        "a": {"b": {"text": "t"}, "number": None}
    }


def test_what_is_no_longer_set_has_no_form_for_gitlab() -> None:
    """It is null, whatever form a value would have."""
    field = Field(
        name="f", doc="", change=Change.UPDATE, sent="f", to_gitlab=lambda value: value[0]
    )
    schema = Schema(fields=(field,), outputs=())
    assert schema.payload({"f": "ab"}, ("f",)) == {"f": "a"}
    assert schema.payload({}, ("f",)) == {"f": None}


def test_reading_leaves_out_what_is_not_managed() -> None:
    """GitLab CI may write it: it is neither state nor drift."""
    answer = {"name": "x", "a": {"b": {"text": "by CI"}}, "number": {"id": 7}, "mode": "slow"}
    assert SCHEMA.live(answer, {"name": "x"}) == {"name": "x", "mode": "slow"}
    assert SCHEMA.live(answer, {"name": "x"}, whole=True) == {
        "name": "x",
        "text": "by CI",
        "number": 7,
        "mode": "slow",
    }


def test_reading_keeps_what_gitlab_does_not_show() -> None:
    """What is write-only, not sent at all, or left out of this answer."""
    state = {"name": "x", "password": "hidden", "limit": 5, "text": "t", "token": "s", "made": "m"}
    assert SCHEMA.live({"name": "x", "mode": "fast"}, state) == {**state, "mode": "fast"}


@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_is_no_way_to_ask_for_the_default(empty: str) -> None:
    """An empty text where there is a default may be an accident: `*` would be every environment."""
    _values, failures = SCHEMA.check({"name": "x", "mode": empty})

    assert failures == [Failure("mode", "must not be empty: leave it out for 'fast', the default")]


def test_reading_drops_what_gitlab_shows_as_empty() -> None:
    """Null on the way to a nested value is null at its end."""
    state = {"name": "x", "text": "t", "number": 7, "made": "m"}
    for nothing in ({"b": None}, {"b": {"text": ""}}, None):
        assert SCHEMA.live({"name": "x", "a": nothing, "number": None, "made": None}, state) == {
            "name": "x"
        }


def test_reading_keeps_the_programs_spelling() -> None:
    """Where it means the same."""
    assert SCHEMA.live({"mode": "Fast"}, {"mode": "FAST"})["mode"] == "FAST"
    assert SCHEMA.live({"mode": "slow"}, {"mode": "FAST"})["mode"] == "slow"


def test_secrets_are_those_of_inputs_and_outputs() -> None:
    """All that must be encrypted in state."""
    assert SCHEMA.secrets() == ("password", "token")


def test_secret_texts_come_in_gitlabs_form_too() -> None:
    """An answer quotes what was sent, not what the program has."""
    field = Field(name="key", doc="", secret=True, sent="key", to_gitlab=str.upper)
    schema = Schema((field,), SCHEMA.outputs)
    assert set(schema.secret_texts({"key": "k", "token": "t", "made": "m"})) == {"k", "K", "t"}
    assert set(schema.secret_texts({"token": "t"})) == {"t"}


def test_inputs_are_the_state_without_outputs() -> None:
    """So that a refresh gives the engine both."""
    assert SCHEMA.inputs({"name": "x", "limit": 1, "made": "m", "agent_id": 1}) == {
        "name": "x",
        "limit": 1,
    }


def test_unknowns_are_found_at_any_depth() -> None:
    """In maps and lists."""
    assert contains_unknown({"a": [{"b": (UNKNOWN,)}]})
    assert not contains_unknown({"a": [{"b": ("unknown", None, 1)}]})
