"""Which level and parameters each rule has: the file that `--policy-pack-config` takes.

See https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/#configuring-policy-packs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi_gitlab_kubernetes.errors import ConfigurationError

from .rule import Level, Parameter, Rule
from .rules import BY_NAME, RULES

_ALL = "all"
_LEVEL = "enforcementLevel"
_LEVEL_SCHEMA = {"enum": [level.value for level in Level]}


class Configuration:
    """The level and parameters of each rule.

    Args:
        given: What differs from the defaults, as the file has it: a level, or an object with
            `enforcementLevel` and parameters, by the rule's name; `all` for a level of all.

    Raises:
        ConfigurationError: It names a rule or parameter that there is not, or has a wrong value.
    """

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        given = {} if given is None else given
        if problems := list(_problems(given)):
            raise ConfigurationError("; ".join(problems))
        self._of = {
            rule.name: {**_object(given.get(_ALL, {})), **_object(given.get(rule.name, {}))}
            for rule in RULES
        }

    def level(self, rule: Rule) -> Level:
        """Return what a violation of a rule does."""
        given = self._of[rule.name].get(_LEVEL)
        return Level(given) if given else rule.level

    def parameters(self, rule: Rule) -> dict[str, Any]:
        """Return the arguments of a rule's check."""
        given = self._of[rule.name]
        return {each.name: given.get(each.key, each.default) for each in rule.parameters}


def load(file: Path) -> Configuration:
    """Read a configuration from a file.

    Args:
        file: The file, in JSON.

    Raises:
        ConfigurationError: It cannot be read, or does not fit.
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
        "title": "Configuration of the policies of pulumi-gitlab-kubernetes",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            _ALL: {"description": "The level of all rules.", **_either({_LEVEL: _LEVEL_SCHEMA})},
            **{rule.name: _rule_schema(rule) for rule in RULES},
        },
    }


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """Return the JSON schema of one parameter, with its default."""
    return {**parameter.schema, "default": parameter.default, "description": parameter.doc}


def _rule_schema(rule: Rule) -> dict[str, Any]:
    parameters = {each.key: parameter_schema(each) for each in rule.parameters}
    level = {**_LEVEL_SCHEMA, "default": rule.level.value}
    return {"description": rule.holds, **_either({_LEVEL: level, **parameters})}


def _either(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Allow a level alone, as Pulumi does."""
    whole = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {"anyOf": [_LEVEL_SCHEMA, whole]}


def _object(given: Any) -> dict[str, Any]:
    return {_LEVEL: given} if isinstance(given, str) else dict(given)


def _problems(given: Any) -> Iterator[str]:
    """Name the rule and the key of all that is wrong."""
    if not isinstance(given, Mapping):
        yield "the configuration of policies must be an object with the names of rules"
        return
    for name, settings in given.items():
        if name != _ALL and name not in BY_NAME:
            yield f"there is no rule {name}: `gitlab-kubernetes policy-pack --rules` lists them"
            continue
        parameters = {} if name == _ALL else {each.key: each for each in BY_NAME[name].parameters}
        if not isinstance(settings, str | Mapping):
            yield f"{name} must be a level or an object"
            continue
        for key, value in _object(settings).items():
            if key == _LEVEL:
                levels = [level.value for level in Level]
                if value not in levels:
                    yield f"{name}: {key} must be one of {', '.join(levels)}"
            elif key not in parameters:
                known = ", ".join([_LEVEL, *parameters])
                yield f"{name} has no {key}: it has {known}"
            elif reason := _unfit(value, parameters[key].schema):
                yield f"{name}: {key} {reason}"


def _unfit(value: Any, wanted: Mapping[str, Any]) -> str | None:
    """Say in the words of JSON schema why a value does not fit."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 (slow to import)

    validator = Draft202012Validator(wanted, format_checker=FormatChecker(["regex"]))
    found = next(validator.iter_errors(value), None)
    return found and f"does not fit: {found.message}"
