"""Values on the wire, in every form that Pulumi's protocol has."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from pulumi.runtime import rpc
from tests.support.plugin_process import secret, struct

from pulumi_gitlab_kubernetes.core.values import UNKNOWN
from pulumi_gitlab_kubernetes.native.wire import Path, decode, encode

SIGNATURE = rpc._special_sig_key
ASSET = {SIGNATURE: rpc._special_asset_sig, "text": "hello"}
ARCHIVE = {SIGNATURE: rpc._special_archive_sig, "path": "./a.zip"}
UNKNOWNS = {
    "any value": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "a boolean": "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "a number": "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "an array": "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "an object": "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
KEYS = TEXTS.filter(lambda key: key != SIGNATURE)
LEAVES = (
    TEXTS
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number % 1 != 0)
    | st.just(UNKNOWN)
)
VALUES: Any = st.recursive(
    LEAVES,
    lambda nested: (
        st.lists(nested | st.none(), max_size=3) | st.dictionaries(KEYS, nested, max_size=3)
    ),
    max_leaves=12,
)


def _typed(values: Any) -> str:
    """Return values as text, in which 1 and True differ."""
    return json.dumps(values, default=repr, sort_keys=True)


def _paths(value: Any, path: Path) -> list[Path]:
    """Return the path of a value and of all values in it."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = ((i, each) for i, each in enumerate(value) if each is not None)
    return [path, *(found for key, each in items for found in _paths(each, (*path, key)))]


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.data())
def test_values_and_their_secrets_survive(values: dict[str, Any], data: st.DataObject) -> None:
    """At any depth, with empty maps and lists, and unknown values."""
    paths = [path for name, value in values.items() for path in _paths(value, (name,))]
    marked = data.draw(st.sets(st.sampled_from(paths))) if paths else set()
    wire = encode(values, marked)
    found = decode(struct_pb2.Struct.FromString(wire.SerializeToString()))
    assert found.values == values
    assert _typed(found.values) == _typed(values)
    assert found.secrets == marked
    assert encode(found.values, found.secrets) == wire


@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_the_sdk_reads_the_same_values(values: dict[str, Any]) -> None:
    """Pulumi's own reader of the protocol."""
    sdk = rpc.deserialize_properties(encode(values), keep_unknowns=True)
    assert _known(sdk) == _known(values)


def _known(value: Any) -> Any:
    """Return values with one text for what is unknown, and without nulls in maps."""
    if isinstance(value, dict):
        found = {key: _known(each) for key, each in value.items()}
        return {key: each for key, each in found.items() if each is not None}
    if isinstance(value, list):
        return [_known(each) for each in value]
    return "unknown" if value is UNKNOWN or isinstance(value, Unknown) else value


@pytest.mark.parametrize("form", UNKNOWNS.values(), ids=UNKNOWNS)
def test_each_form_of_unknown_values_is_read(form: str) -> None:
    """At the top, in a list, in a map, and as a secret."""
    found = decode(struct({"a": form, "b": [form], "c": {"d": form}, "e": secret(form)}))
    assert found.values == {"a": UNKNOWN, "b": [UNKNOWN], "c": {"d": UNKNOWN}, "e": UNKNOWN}
    assert found.secrets == {("e",)}


def test_output_values_are_read() -> None:
    """An output value without a value is unknown."""
    output = {SIGNATURE: rpc._special_output_value_sig}
    found = decode(
        struct(
            {
                "known": {**output, "value": "x", "dependencies": ["urn"]},
                "hidden": {**output, "value": "y", "secret": True},
                "open": {**output, "value": [1], "secret": False},
                "unknown": {**output, "secret": True},
            }
        )
    )
    assert found.values == {"known": "x", "hidden": "y", "open": [1], "unknown": UNKNOWN}
    assert found.secrets == {("hidden",), ("unknown",)}


def test_a_resource_is_its_id() -> None:
    """A component has none. The ID of a resource that does not exist yet is unknown."""
    resource = {SIGNATURE: rpc._special_resource_sig, "urn": "urn:pulumi:..."}
    found = decode(
        struct(
            {"a": {**resource, "id": "42:7"}, "b": {**resource, "id": rpc.UNKNOWN}, "c": resource}
        )
    )
    assert found.values == {"a": "42:7", "b": UNKNOWN}


def test_nulls_are_absent_except_in_lists() -> None:
    """A list's items have places."""
    found = decode(struct({"a": None, "b": {"c": None}, "d": [None, 1], "e": secret(None)}))
    assert found.values == {"b": {}, "d": [None, 1]}
    assert encode(found.values) == struct({"b": {}, "d": [None, 1]})


def test_secrets_in_secrets_are_found() -> None:
    """The engine sends them so if a map and a value in it are secret."""
    found = decode(struct({"a": secret({"b": secret([secret("c")])})}))
    assert found.values == {"a": {"b": ["c"]}}
    assert found.secrets == {("a",), ("a", "b"), ("a", "b", 0)}
    assert found.secret_texts == {"c"}


def test_assets_are_found() -> None:
    """At any depth. No property takes one."""
    found = decode(struct({"a": ASSET, "b": {"c": [secret(ARCHIVE)]}, "d": "x"}))
    assert found.asset_names() == {"a", "b"}
    assert found.secret_names() == {"b"}


def test_numbers_that_are_not_finite_are_kept() -> None:
    """The check then refuses them."""
    infinite = struct_pb2.Struct()
    infinite.fields["a"].number_value = math.inf
    assert decode(infinite).values == {"a": math.inf}
    assert encode({"a": math.inf}) == infinite
