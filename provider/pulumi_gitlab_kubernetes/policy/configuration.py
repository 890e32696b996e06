"""The level and parameters of each rule: the file that `--policy-pack-config` takes.

See https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/#configuring-policy-packs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.policy.rule import Level, Rule
from pulumi_gitlab_kubernetes.policy.rules import RULES

_ALL = "all"
_LEVEL = "enforcementLevel"
_LEVEL_SCHEMA = {"enum": [level.value for level in Level]}


class Configuration:
    """The level and parameters of each rule.

    Args:
        given: What differs from the defaults, as in the file: for each rule's name a level, or an
            object of `enforcementLevel` and parameters. `all` sets the level of all rules.

    Raises:
        ConfigurationError: A rule or parameter is unknown, or a value is invalid.
    """

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        given = {} if given is None else given
        if not isinstance(given, Mapping):
            raise ConfigurationError("the policy configuration must be an object of rules")
        settings = {name: _expanded(each) for name, each in given.items()}
        if settings and (problems := list(_problems(settings))):
            raise ConfigurationError("; ".join(problems))
        self._settings = {
            rule.name: {**settings.get(_ALL, {}), **settings.get(rule.name, {})} for rule in RULES
        }

    def level(self, rule: Rule) -> Level:
        """Return the enforcement level of a rule."""
        return Level(self._settings[rule.name].get(_LEVEL, rule.level))

    def parameters(self, rule: Rule) -> dict[str, Any]:
        """Return the arguments of a rule's check."""
        return rule.arguments(self._settings[rule.name])


def load(file: Path) -> Configuration:
    """Read a configuration from a file.

    Args:
        file: A JSON file.

    Raises:
        ConfigurationError: The file cannot be read or is invalid.
    """
    try:
        return Configuration(json.loads(file.read_text(encoding="utf-8") or "{}"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigurationError(f"{file} is not JSON: {error}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from None


def schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Policy configuration of pulumi-gitlab-kubernetes",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"description": each["description"], "anyOf": [_LEVEL_SCHEMA, each]}
            for name, each in _schemas().items()
        },
    }


def _schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schema of the settings of `all` and of each rule."""
    schemas = {_ALL: _object("The level of all rules.", {_LEVEL: _LEVEL_SCHEMA})}
    for rule in RULES:
        level = {**_LEVEL_SCHEMA, "default": rule.level.value}
        parameters = {each.key: each.schema for each in rule.parameters}
        schemas[rule.name] = _object(rule.description, {_LEVEL: level, **parameters})
    return schemas


def _object(description: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }


def _expanded(setting: Any) -> Any:
    """Return an object in place of a level alone, which Pulumi accepts too."""
    return {_LEVEL: setting} if isinstance(setting, str) else setting


def _problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Return what is wrong, by rule and key."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 (slow to import)

    schemas, formats = _schemas(), FormatChecker(["regex"])
    for name, each in settings.items():
        if name not in schemas:
            yield f"unknown rule {name}: `gitlab-kubernetes policy-pack --rules` lists all rules"
            continue
        for error in Draft202012Validator(schemas[name], format_checker=formats).iter_errors(each):
            known = ", ".join(schemas[name]["properties"])
            hint = f" (it has {known})" if error.validator == "additionalProperties" else ""
            yield f"{'.'.join(map(str, [name, *error.path]))}: {error.message}{hint}"
