"""Pulumi's values as they travel: structs with secrets, unknown values and references.

The core works with plain values. Which of them are secret is kept beside them, as paths, so that
what a program marks as secret stays marked.
See https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import struct_pb2

from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Values

Path = tuple[str | int, ...]
"""The keys and indices that lead to a nested value, outermost first."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (the engine's mark, no secret)
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSETS: Final = frozenset(
    {
        "c44067f5952c0a294b673a41bacd8c17",  # An asset.
        "0def7320c3a5731c473e5ecbe6d01bc7",  # An archive.
    }
)
_ANY_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        _ANY_UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # A boolean.
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # A number.
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # An array.
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # An object.
    }
)


@dataclass
class Properties:
    """Plain values, and what else the wire says of them.

    Args:
        values: The values by name. Absent and null are the same.
        secrets: The paths of the secret values.
        assets: The paths of assets and archives, which are no values of any property.
        secret_texts: The texts that are secret.
    """

    values: Values
    secrets: set[Path] = field(default_factory=set)
    assets: set[Path] = field(default_factory=set)
    secret_texts: set[str] = field(default_factory=set)

    def secret_names(self) -> set[str]:
        """Return the names of the values that are secret or contain a secret."""
        return {str(path[0]) for path in self.secrets}

    def asset_names(self) -> set[str]:
        """Return the names of the values that are or contain an asset or archive."""
        return {str(path[0]) for path in self.assets}


def decode(struct: struct_pb2.Struct) -> Properties:
    """Return the values of a struct."""
    found = Properties({})
    for name, value in struct.fields.items():
        plain = _decode(value, (name,), found)
        if plain is not None:
            found.values[name] = plain
    return found


def encode(values: Mapping[str, Any], secrets: Collection[Path] = ()) -> struct_pb2.Struct:
    """Return a struct with values.

    Args:
        values: The values by name.
        secrets: The paths of the secret values.
    """
    struct = struct_pb2.Struct()
    marked = frozenset(secrets)
    for name, value in values.items():
        if value is not None:
            _encode(value, struct.fields[name], (name,), marked)
    return struct


def _decode(value: struct_pb2.Value, path: Path, found: Properties) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if text in _UNKNOWNS else text
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return _decode_struct(value.struct_value, path, found)
        case "list_value":
            items = value.list_value.values
            return [_decode(each, (*path, i), found) for i, each in enumerate(items)]
    return None


def _decode_struct(struct: struct_pb2.Struct, path: Path, found: Properties) -> Any:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature in {_SECRET, _OUTPUT}:
        value = _decode(fields["value"], path, found) if "value" in fields else UNKNOWN
        if signature == _SECRET or ("secret" in fields and fields["secret"].bool_value):
            found.secrets.add(path)
            found.secret_texts.update(_texts(value))
        return value
    if signature == _RESOURCE:
        return _decode(fields["id"], path, found) if "id" in fields else None
    if signature in _ASSETS:
        found.assets.add(path)
    decoded = ((key, _decode(each, (*path, key), found)) for key, each in fields.items())
    return {key: each for key, each in decoded if each is not None}


def _encode(value: Any, target: struct_pb2.Value, path: Path, secrets: frozenset[Path]) -> None:
    if path in secrets:
        fields = target.struct_value.fields
        fields[_SIGNATURE].string_value = _SECRET
        target, secrets = fields["value"], secrets - {path}
    if value is UNKNOWN:
        target.string_value = _ANY_UNKNOWN
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif value is None:  # In a list, where it has a place.
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, Mapping):
        nested = target.struct_value
        nested.SetInParent()
        for key, each in value.items():
            if each is not None:  # The engine drops nulls.
                _encode(each, nested.fields[key], (*path, key), secrets)
    else:
        items = target.list_value
        items.SetInParent()
        for i, each in enumerate(value):
            _encode(each, items.values.add(), (*path, i), secrets)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
