"""Property values on the wire and in state, and paths into them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_gitlab_kubernetes.testing.host import paths, urn
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.serialization import Serializer
from pulumi_gitlab_kubernetes.testing.host.values import (
    SIGNATURE,
    UNKNOWN,
    ResourceReference,
    Secret,
    annotate_secrets,
    contains_secrets,
    equal,
    read_struct,
    unwrap,
    write_struct,
)

_keys = st.text(max_size=8).filter(lambda key: key != SIGNATURE)
_numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_plain = st.none() | st.booleans() | _numbers | st.text(max_size=12)
_values: Any = st.recursive(
    _plain | st.just(UNKNOWN) | st.builds(ResourceReference, st.just("urn:x"), st.text(min_size=1)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_keys, inner, max_size=3)
        | st.builds(Secret, inner)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def serializer(salt: str) -> Serializer:
    """Writes and reads state."""
    return Serializer(Passphrase.from_salt("a phrase of the tests", salt))


@given(st.dictionaries(_keys, _values, max_size=4))
def test_values_survive_the_wire(properties: dict[str, Any]) -> None:
    """Secrets, unknowns and references survive, too."""
    sent = write_struct(properties, secrets=True, unknowns=True, resources=True)
    assert equal(read_struct(sent), properties)


@given(value=_values)
def test_values_survive_state_and_secrets_are_encrypted_there(
    serializer: Serializer, value: Any
) -> None:
    """Reading what was written gives the same."""
    written = json.loads(json.dumps(serializer.write({"key": value})))
    assert equal(serializer.read(written), {"key": value})
    assert ("ciphertext" in json.dumps(written)) >= contains_secrets(value)


def test_a_receiver_that_knows_no_marks_gets_plain_values() -> None:
    """Secrets are opened, unknowns left out, references are their ids."""
    sent = write_struct(
        {
            "secret": Secret([1]),
            "unknown": UNKNOWN,
            "list": [UNKNOWN, 1],
            "reference": ResourceReference("urn:x", "id"),
            "component": ResourceReference("urn:y"),
        },
        secrets=False,
        unknowns=False,
    )
    assert read_struct(sent) == {
        "secret": [1],
        "list": [1],
        "reference": "id",
        "component": "urn:y",
    }


def test_output_values_become_what_they_hold_and_tell_their_dependencies() -> None:
    """As the engine takes them from a program."""
    mark = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    sent = write_struct(
        {"a": {**mark, "value": 1, "secret": True, "dependencies": ["urn:a"]}, "b": [mark]},
        secrets=True,
        unknowns=True,
    )
    dependencies: set[str] = set()
    assert read_struct(sent, dependencies) == {"a": Secret(1), "b": [UNKNOWN]}
    assert dependencies == {"urn:a"}


def test_booleans_are_no_numbers_and_what_is_missing_is_null() -> None:
    """So `True` and `1` differ, but `None` and nothing do not."""
    assert not equal({"a": True}, {"a": 1})
    assert equal({"a": None}, {})
    assert not equal([Secret(1)], [1])
    assert equal(unwrap({"a": [Secret(Secret(1))]}), {"a": [1]})


def test_outputs_are_secret_where_inputs_are() -> None:
    """In objects each by itself, in lists all together."""
    outputs = {"plain": 1, "deep": {"x": 1, "y": 2}, "list": [1, 2]}
    annotate_secrets(outputs, {"deep": {"x": Secret(1)}, "list": [Secret(1)], "other": Secret(1)})
    assert outputs == {"plain": 1, "deep": {"x": Secret(1), "y": 2}, "list": Secret([1, 2])}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("root", ("root",)),
        ("root.nested", ("root", "nested")),
        ('root["nested"]', ("root", "nested")),
        ("root[0]", ("root", 0)),
        ("root.double[1].nest", ("root", "double", 1, "nest")),
        ('["a.b"].c', ("a.b", "c")),
        ('root["key \\" quoted"]', ("root", 'key " quoted')),
        ("root[*].x", ("root", "*", "x")),
        ("root.*", ("root", "*")),
        ("root[", None),
    ],
)
def test_property_paths_are_read(text: str, path: paths.Path | None) -> None:
    """In all the forms that Pulumi documents."""
    assert paths.parse(text) == path


@pytest.mark.parametrize(
    ("path", "old", "new", "result"),
    [
        ("a", {"a": 1}, {"a": 2}, {"a": 1}),
        ("a", {}, {"a": 2}, {}),
        ("a", {"a": 1}, {}, {"a": 1}),
        ("a.b", {"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 2}}, {"a": {"b": 1, "c": 2}}),
        ("a[1]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [3, 2]}),
        ("a[*].b", {"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {"a": [{"b": 1}]}),
        ("a", {"a": Secret(1)}, {"a": 2}, {"a": Secret(1)}),
        ("a.b", {"a": Secret({"b": 1})}, {"a": {"b": 2}}, {"a": {"b": Secret(1)}}),
        ("a.b", {}, {"a": {"b": 2}}, {"a": {}}),
        ("a.b", {"a": {"b": 2}}, {}, None),
        ("a.*", {"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1}}),
        ("a[1]", {"a": [1, 2]}, {"a": [3]}, None),
    ],
)
def test_ignored_changes_take_the_old_value(
    path: str, old: dict[str, Any], new: dict[str, Any], result: dict[str, Any] | None
) -> None:
    """A path through an added or removed value has no effect."""
    got, failed = paths.ignore_changes(old, new, [path])
    assert failed == ([path] if result is None else [])
    assert got == (new if result is None else result)


def test_urns_name_parents_types_and_resources() -> None:
    """But never the stack itself as a parent."""
    root = urn.make("dev", "shop", "", "pulumi:pulumi:Stack", "shop-dev")
    child = urn.make("dev", "shop", root, "a:b:C", "c::d")
    assert child == "urn:pulumi:dev::shop::a:b:C::c::d"
    assert urn.name_of(child) == "c::d"
    grandchild = urn.make("dev", "shop", child, "a:b/thing:Thing", "t")
    assert urn.qualified_type(grandchild) == "a:b:C$a:b/thing:Thing"
    assert urn.display_type(grandchild) == "a:b:Thing"
    assert urn.display_type("urn:pulumi:dev::shop::pulumi-python:dynamic/things:Thing::t") == (
        "pulumi-python:dynamic/things:Thing"
    )
