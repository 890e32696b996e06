"""Property values, and their form on the wire.

A value is ``None``, a boolean, a number, a string, a list, a dictionary, :class:`Secret`,
:data:`UNKNOWN` or :class:`ResourceReference`. On the wire the last three are marked by signatures,
as https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/types.html describes.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from google.protobuf import struct_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (Pulumi's mark of a secret)
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_UNKNOWN_TEXTS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        UNKNOWN_STRING,
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # dictionary
    }
)
_LARGEST_EXACT: Final = 2.0**53


class Unknown(enum.Enum):
    """A value that a preview does not know yet."""

    UNKNOWN = UNKNOWN_STRING


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass
class Secret:
    """A value that is encrypted in state and never shown.

    Attributes:
        value: The secret value.
        ciphertext: How state holds it, once it does.
    """

    value: Any = field(repr=False)
    ciphertext: str | None = field(default=None, compare=False, repr=False)


@dataclass
class ResourceReference:
    """A resource as a property of another."""

    urn: str
    id: Any = None
    name: str = ""
    type: str = ""
    package_version: str = ""


Value: TypeAlias = Any
Properties: TypeAlias = dict[str, Any]


def read_struct(struct: struct_pb2.Struct, dependencies: set[str] | None = None) -> Properties:
    """Read properties from the wire.

    Args:
        struct: The message.
        dependencies: Receives the URNs of the output values' dependencies.

    Returns:
        The properties; output values as plain, secret or unknown ones.
    """
    found: set[str] = set() if dependencies is None else dependencies
    return {key: read_value(value, found) for key, value in sorted(struct.fields.items())}


def read_value(value: struct_pb2.Value, dependencies: set[str]) -> Value:
    """Read one property from the wire; see :func:`read_struct`."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_TEXTS else value.string_value
    if kind == "number_value":
        return normal_number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [read_value(item, dependencies) for item in value.list_value.values]
    if kind == "struct_value":
        return _unmark(read_struct(value.struct_value, dependencies), dependencies)
    return None


def write_struct(
    properties: Mapping[str, Value], *, secrets: bool, unknowns: bool, resources: bool = False
) -> struct_pb2.Struct:
    """Write properties for the wire.

    Args:
        properties: The properties.
        secrets: Mark secrets; otherwise they go plain.
        unknowns: Mark unknowns; otherwise they are left out.
        resources: Mark resource references; otherwise their id or URN goes.

    Returns:
        What to send.
    """
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        if value is UNKNOWN and not unknowns:
            continue
        _write(value, struct.fields[key], secrets=secrets, unknowns=unknowns, resources=resources)
    return struct


def normal_number(number: float) -> float:
    """Return a whole number as an integer, as JSON and people write it."""
    return int(number) if number.is_integer() and abs(number) <= _LARGEST_EXACT else number


def leaves(value: Value) -> Iterator[Value]:
    """Yield every secret, unknown and primitive inside a value."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, Secret):
        yield value
        yield from leaves(value.value)
    elif isinstance(value, ResourceReference):
        yield from leaves(value.id)
    else:
        yield value


def contains_secrets(value: Value) -> bool:
    """Return whether a secret is anywhere inside."""
    return any(isinstance(leaf, Secret) for leaf in leaves(value))


def contains_unknowns(value: Value) -> bool:
    """Return whether an unknown is anywhere inside."""
    return any(leaf is UNKNOWN for leaf in leaves(value))


def unwrap(value: Value) -> Value:
    """Return the value with no secret marked."""
    if isinstance(value, Secret):
        return unwrap(value.value)
    if isinstance(value, dict):
        return {key: unwrap(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unwrap(item) for item in value]
    return value


def displayed(value: Value, *, show_secrets: bool) -> Value:
    """Return a value as JSON has it.

    Args:
        value: The value.
        show_secrets: Give secrets in plain text rather than as ``[secret]``.
    """
    if isinstance(value, Secret):
        return displayed(value.value, show_secrets=True) if show_secrets else "[secret]"
    if isinstance(value, ResourceReference):
        return value.urn
    if isinstance(value, dict):
        return {key: displayed(item, show_secrets=show_secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [displayed(item, show_secrets=show_secrets) for item in value]
    return "[unknown]" if value is UNKNOWN else value


def equal(one: Value, other: Value) -> bool:
    """Compare deeply; ``True`` is not ``1``, and a missing key equals a null."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(equal(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, Secret) and isinstance(other, Secret):
        return equal(one.value, other.value)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def annotate_secrets(outputs: Properties | None, inputs: Properties | None) -> None:
    """Mark outputs as secret whose input of the same name holds a secret, as the engine does.

    Args:
        outputs: The outputs of a provider without support for secrets; changed in place.
        inputs: Its inputs.
    """
    if outputs is None or inputs is None:
        return
    for key, given in inputs.items():
        if key not in outputs:
            continue
        out = outputs[key]
        if isinstance(out, dict) and isinstance(given, dict):
            annotate_secrets(out, given)
        elif not isinstance(out, Secret) and contains_secrets(given):
            outputs[key] = Secret(out)


def _unmark(properties: Properties, dependencies: set[str]) -> Value:
    signature = properties.get(SIGNATURE)
    if signature == SECRET_SIGNATURE:
        return Secret(properties.get("value"))
    if signature == OUTPUT_SIGNATURE:
        dependencies.update(properties.get("dependencies") or ())
        value = properties.get("value", UNKNOWN)
        return Secret(value) if properties.get("secret") else value
    if signature == RESOURCE_SIGNATURE:
        return ResourceReference(
            urn=properties["urn"],
            id=properties.get("id"),
            name=properties.get("name") or "",
            type=properties.get("type") or "",
            package_version=properties.get("packageVersion") or "",
        )
    return properties


def reference_properties(reference: ResourceReference) -> Properties:
    """Return a resource reference as it is written on the wire and in state."""
    properties: Properties = {SIGNATURE: RESOURCE_SIGNATURE, "urn": reference.urn}
    optional = {
        "id": "" if reference.id is UNKNOWN else reference.id,
        "name": reference.name or None,
        "type": reference.type or None,
        "packageVersion": reference.package_version or None,
    }
    return properties | {key: value for key, value in optional.items() if value is not None}


def _write(
    value: Value, into: struct_pb2.Value, *, secrets: bool, unknowns: bool, resources: bool
) -> None:
    if isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, str):
        into.string_value = value
    elif isinstance(value, int | float):
        into.number_value = value
    elif value is UNKNOWN:
        into.string_value = UNKNOWN_STRING
    elif isinstance(value, list):
        into.list_value.SetInParent()
        for item in value:
            if item is not UNKNOWN or unknowns:
                added = into.list_value.values.add()
                _write(item, added, secrets=secrets, unknowns=unknowns, resources=resources)
    elif isinstance(value, dict):
        into.struct_value.CopyFrom(
            write_struct(value, secrets=secrets, unknowns=unknowns, resources=resources)
        )
    elif isinstance(value, Secret):
        plain: Value = value.value
        if secrets:
            plain = {SIGNATURE: SECRET_SIGNATURE, "value": plain}
        _write(plain, into, secrets=secrets, unknowns=unknowns, resources=resources)
    elif isinstance(value, ResourceReference):
        plain = (
            reference_properties(value)
            if resources
            else value.urn
            if value.id is None
            else value.id
        )
        _write(plain, into, secrets=secrets, unknowns=unknowns, resources=resources)
    else:
        into.null_value = struct_pb2.NULL_VALUE
