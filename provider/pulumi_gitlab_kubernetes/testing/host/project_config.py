"""``config`` in Pulumi.yaml: defaults and types for the configuration of every stack.

See https://www.pulumi.com/docs/iac/concepts/config/#project-level-configuration.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_gitlab_kubernetes.testing.host.config import ConfigValue, full_key
from pulumi_gitlab_kubernetes.testing.host.errors import HostError

_SIMPLE_TYPES: Final = ("string", "integer", "boolean", "object")


@dataclass(frozen=True)
class _Declaration:
    """One key of ``config`` in Pulumi.yaml, in its long form."""

    name: str
    key: str
    type: str | None
    items: Mapping[str, Any] | None
    default: Any
    secret: bool


def with_project_config(
    values: Mapping[str, ConfigValue], config: Mapping[str, Any], project: str, stack: str
) -> dict[str, ConfigValue]:
    """Fill in the project's defaults for keys that the stack leaves out.

    Args:
        values: The stack's configuration, by full key.
        config: ``config`` of Pulumi.yaml.
        project: The project's name.
        stack: The stack's name.

    Returns:
        The stack's configuration and the project's defaults.

    Raises:
        HostError: A key has no value in either, or its declaration is wrong.
    """
    filled = dict(values)
    missing = []
    for declared in _declarations(config, project):
        if declared.key in filled:
            continue
        if declared.default is not None:
            filled[declared.key] = ConfigValue.from_yaml(declared.default)
        else:
            missing.append(declared.name)
    if missing:
        raise HostError(f"stack {stack} is missing configuration values: {', '.join(missing)}")
    return filled


def check_types(
    values: Mapping[str, ConfigValue],
    texts: Mapping[str, str],
    config: Mapping[str, Any],
    project: str,
    stack: str,
) -> None:
    """Check a stack's configuration against the types the project declares.

    Args:
        values: The configuration, by full key.
        texts: Its decrypted texts, by full key.
        config: ``config`` of Pulumi.yaml.
        project: The project's name.
        stack: The stack's name.

    Raises:
        HostError: A value is not of its type, or is to be a secret and is not.
    """
    for declared in _declarations(config, project):
        if declared.type is None:
            continue
        value = values[declared.key]
        where = f"stack {stack}: configuration value {declared.name}"
        if declared.secret and not value.secret:
            raise HostError(f"{where} must be encrypted, since the project declares it as secret")
        text = texts[declared.key]
        content = json.loads(text) if value.object else text
        if not _is_a(declared.type, declared.items, content):
            raise HostError(f"{where} must be of type {_type_name(declared.type, declared.items)}")


def _declarations(config: Mapping[str, Any], project: str) -> Iterator[_Declaration]:
    for name, raw in sorted(config.items()):
        key = full_key(name, project)
        if any(character in key for character in ".[]"):
            raise HostError(
                f"project configuration key {name}: the deployment host does not support paths"
            )
        own = key.startswith(f"{project}:")
        body = raw if isinstance(raw, dict) else {"default" if own else "value": raw}
        default, value, kind = body.get("default"), body.get("value"), body.get("type")
        if default is not None and value is not None:
            raise HostError(f"project configuration key {name} has both a default and a value")
        items = body.get("items")
        if kind is not None and not _is_type(kind, items):
            raise HostError(
                f"project configuration key {name}: its type must be string, integer, boolean,"
                " object, or array with the type of its items"
            )
        if not own and (value is None or kind is not None):
            raise HostError(
                f"project configuration key {name} is of another namespace: it takes a value alone"
            )
        given = value if default is None else default
        if kind and given is not None and not _is_a(kind, items, given):
            raise HostError(
                f"project configuration key {name}: the default is not of type"
                f" {_type_name(kind, items)}"
            )
        yield _Declaration(name, key, kind, items, given, body.get("secret") is True)


def _is_type(kind: Any, items: Any) -> bool:
    if kind == "array":
        return isinstance(items, dict) and _is_type(items.get("type"), items.get("items"))
    return kind in _SIMPLE_TYPES


def _is_a(kind: str, items: Mapping[str, Any] | None, value: Any) -> bool:
    """Return whether a value has a type; as for the CLI, numbers and booleans may be texts."""
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return _is_integer(value)
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "object":
            return isinstance(value, dict)
    return (
        isinstance(value, list)
        and items is not None
        and all(_is_a(items["type"], items.get("items"), item) for item in value)
    )


def _is_integer(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch("[-+]?[0-9]+", value) is not None
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _type_name(kind: str, items: Mapping[str, Any] | None) -> str:
    return f"array<{_type_name(items['type'], items.get('items'))}>" if items else kind
