"""The configuration of a policy pack: levels and parameters, by policy.

Follows ``pkg/resource/analyzer/config.go`` of Pulumi's engine; see
https://www.pulumi.com/docs/iac/packages-and-automation/crossguard/configuration/.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pulumi_gitlab_kubernetes.testing.host.errors import HostError

if TYPE_CHECKING:
    from jsonschema import ValidationError

_LEVELS: Final = ("advisory", "mandatory", "remediate", "disabled")
_TYPES: Final = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_ALL: Final = "all"
"""In place of a policy's name: the level of every one."""


@dataclass(frozen=True)
class Policy:
    """One policy of a pack.

    Attributes:
        name: Its name.
        level: Its enforcement level.
        properties: The JSON schema of each parameter.
        required: The parameters that must be given.
    """

    name: str
    level: str
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """The configuration of a policy; an empty level leaves the level as it is."""

    level: str = ""
    properties: dict[str, Any] = field(default_factory=dict)


def load(file: Path) -> dict[str, Entry]:
    """Read a configuration file.

    Args:
        file: A JSON file: by policy either a level, or an object of parameters that may have
            ``enforcementLevel``.

    Returns:
        The configuration, by policy.

    Raises:
        HostError: It cannot be read or is not valid.
    """
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if text.strip() else {}
    except OSError as error:
        raise HostError(f"policy configuration {file}: {error.strerror}") from None
    except ValueError as error:
        raise HostError(f"policy configuration {file} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise HostError(f"policy configuration {file} must be a JSON object")
    if "environments" in content:
        raise HostError(
            f"policy configuration {file}: the deployment host does not support Pulumi ESC"
        )
    return {name: _entry(name, value) for name, value in content.items()}


def reconcile(
    policies: Iterable[Policy], initial: Mapping[str, Entry], wanted: Mapping[str, Entry], pack: str
) -> dict[str, Entry]:
    """Return the effective configuration of a pack.

    Args:
        policies: The pack's policies.
        initial: The pack's own configuration.
        wanted: The configuration file, which takes precedence.
        pack: The pack's name and version, for messages.

    Returns:
        The level and the parameters of each policy.

    Raises:
        HostError: They break the policies' schemas; the message names policy and parameter.
    """
    policies = list(policies)
    result = {
        policy.name: Entry(
            policy.level,
            {key: item["default"] for key, item in policy.properties.items() if "default" in item},
        )
        for policy in policies
    }
    for given in (initial, wanted):
        if _ALL in given and given[_ALL].level:
            result = {
                name: Entry(given[_ALL].level, entry.properties) for name, entry in result.items()
            }
        for name, entry in given.items():
            before = result.get(name, Entry())
            result[name] = Entry(
                entry.level or before.level, {**before.properties, **entry.properties}
            )
    problems = sorted(
        f"{policy.name}: {problem}"
        for policy in policies
        for problem in _problems(policy, result[policy.name].properties)
    )
    if problems:
        listed = "\n".join(f"validating policy config: {pack}  {item}" for item in problems)
        raise HostError(listed)
    for name, entry in result.items():
        if not entry.level:  # of a policy that the pack does not have
            raise HostError(f'configuring policy pack {pack}: "{name}" has no enforcement level')
    return result


def _entry(name: str, value: object) -> Entry:
    if isinstance(value, str):
        return Entry(_level(name, value))
    if isinstance(value, dict):
        rest = dict(value)
        level = rest.pop("enforcementLevel", "")
        return Entry(_level(name, level) if level != "" else "", rest)
    raise HostError(f'parsing "{name}": {value} is not a valid value; must be a string or object')


def _level(name: str, value: object) -> str:
    if value not in _LEVELS:
        raise HostError(
            f'parsing enforcement level for "{name}": "{value}" is not a valid enforcement level'
        )
    return str(value)


def _problems(policy: Policy, properties: dict[str, Any]) -> list[str]:
    if not (policy.properties or policy.required):
        return []
    from jsonschema import Draft7Validator  # noqa: PLC0415 (slow to import)

    schema = {"type": "object", "properties": policy.properties, "required": policy.required}
    return [_problem(error) for error in Draft7Validator(schema).iter_errors(properties)]


def _problem(error: "ValidationError") -> str:
    where = ".".join(map(str, error.absolute_path))
    text = error.message
    if error.validator == "type":  # as the engine words it: without the value
        given = _TYPES.get(type(error.instance), "null")
        text = f"Invalid type. Expected: {error.validator_value}, given: {given}"
    return f"{where}: {text}" if where else text
