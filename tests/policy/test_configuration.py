"""Policy configurations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.policy.configuration import Configuration, load, schema
from pulumi_gitlab_kubernetes.policy.rule import Level
from pulumi_gitlab_kubernetes.policy.rules import BY_NAME, RULES

_GOOD: list[dict[str, Any]] = [
    {},
    {"all": "disabled", "agent-count": "mandatory"},
    {"all": {"enforcementLevel": "advisory"}},
    {
        "agent-count": {"maximum": 3},
        "agent-name": {"pattern": "^a", "enforcementLevel": "disabled"},
    },
    {"cluster-api-url-public": {"allowedHosts": ["10.0.0.0/8"]}},
]
_BAD: list[tuple[Any, str]] = [
    ([], "must be an object"),
    ({"agent-cuont": "mandatory"}, "unknown rule agent-cuont"),
    ({"agent-count": 3}, "agent-count: 3 is not of type 'object'"),
    ({"agent-count": "loud"}, "agent-count.enforcementLevel: 'loud' is not one of ['advisory', "),
    ({"agent-count": {"enforcementLevel": 1}}, "agent-count.enforcementLevel: 1 is not one of"),
    ({"agent-count": {"max": 3}}, "('max' was unexpected) (it has enforcementLevel, maximum)"),
    ({"agent-count": {"maximum": -1}}, "agent-count.maximum: -1 is less than the minimum of 0"),
    ({"agent-name": {"pattern": "("}}, "agent-name.pattern: '(' is not a 'regex'"),
    ({"all": {"maximum": 3}}, "all: Additional properties are not allowed ('maximum' was"),
]


@pytest.mark.parametrize("given", _GOOD)
def test_a_valid_configuration_is_accepted(given: dict[str, Any]) -> None:
    """By the code and by its schema."""
    Configuration(given)
    Draft202012Validator(schema()).validate(given)


@pytest.mark.parametrize(("given", "said"), _BAD)
def test_an_invalid_configuration_is_rejected_by_name(given: Any, said: str) -> None:
    """By the code; the schema rejects it too."""
    with pytest.raises(ConfigurationError) as error:
        Configuration(given)
    assert said in str(error.value)
    if "regex" not in said:  # Formats are not enforced by default.
        assert not Draft202012Validator(schema()).is_valid(given)


def test_all_problems_are_reported_at_once() -> None:
    """Each with its rule."""
    with pytest.raises(ConfigurationError) as error:
        Configuration({"a": "mandatory", "agent-count": {"x": 1, "maximum": "y"}})
    assert len(str(error.value).split("; ")) == 3


def test_levels_and_parameters_have_defaults() -> None:
    """Those of the rules; `all` and single rules override them."""
    configuration = Configuration()
    assert {configuration.level(rule) for rule in RULES} == {Level.ADVISORY, Level.MANDATORY}
    assert configuration.parameters(BY_NAME["agent-count"]) == {"maximum": 10}

    configuration = Configuration({"all": "disabled", "agent-count": {"maximum": 3}})
    assert {configuration.level(rule) for rule in RULES} == {Level.DISABLED}
    assert configuration.parameters(BY_NAME["agent-count"]) == {"maximum": 3}


def test_the_schema_is_valid() -> None:
    """It has the default level and parameters of each rule."""
    Draft202012Validator.check_schema(schema())
    for rule in RULES:
        found = schema()["properties"][rule.name]["anyOf"][1]["properties"]
        assert found.pop("enforcementLevel")["default"] == rule.level.value
        assert {key: each["default"] for key, each in found.items()} == {
            each.key: each.default for each in rule.parameters
        }


def test_an_invalid_file_is_rejected(tmp_path: Path) -> None:
    """With its name and the reason."""
    file = tmp_path / "policies.json"
    with pytest.raises(ConfigurationError, match=r"policies.json cannot be read \(No such file"):
        load(file)
    file.write_text("{")
    with pytest.raises(ConfigurationError, match=r"policies.json is not JSON"):
        load(file)
    file.write_text('{"x": "mandatory"}')
    with pytest.raises(ConfigurationError, match=r"policies.json: unknown rule x"):
        load(file)
    file.write_text("")
    load(file)


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "policy-pack", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_rules_and_schema() -> None:
    """For people and for editors."""
    listed = _command("--rules").stdout
    for rule in RULES:
        assert f"{rule.name} ({rule.level.value})\n" in listed
        assert all(f"  {each.key}: {each.doc}" in listed for each in rule.parameters)
    assert json.loads(_command("--schema").stdout) == json.loads(json.dumps(schema()))


def test_the_command_checks_a_configuration_first(tmp_path: Path) -> None:
    """Pulumi itself does not name an unknown rule."""
    file = tmp_path / "policies.json"
    file.write_text('{"agent-cuont": {"maximum": 3}}')
    done = _command("--config", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {file}: unknown rule agent-cuont")
