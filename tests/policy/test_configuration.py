"""What a configuration of policies may say."""

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
    ({"agent-cuont": "mandatory"}, "there is no rule agent-cuont"),
    ({"agent-count": 3}, "agent-count must be a level or an object"),
    ({"agent-count": "loud"}, "agent-count: enforcementLevel must be one of advisory, mandatory"),
    ({"agent-count": {"enforcementLevel": 1}}, "agent-count: enforcementLevel must be one of"),
    ({"agent-count": {"max": 3}}, "agent-count has no max: it has enforcementLevel, maximum"),
    ({"agent-count": {"maximum": -1}}, "agent-count: maximum does not fit: -1 is less than"),
    ({"agent-name": {"pattern": "("}}, "agent-name: pattern does not fit: '(' is not a 'regex'"),
    ({"all": {"maximum": 3}}, "all has no maximum: it has enforcementLevel"),
]


@pytest.mark.parametrize("given", _GOOD)
def test_a_right_configuration_is_taken(given: dict[str, Any]) -> None:
    """By the code and by its schema."""
    Configuration(given)
    Draft202012Validator(schema()).validate(given)


@pytest.mark.parametrize(("given", "said"), _BAD)
def test_a_wrong_configuration_names_rule_and_key(given: Any, said: str) -> None:
    """By the code; the schema refuses it too."""
    with pytest.raises(ConfigurationError) as error:
        Configuration(given)
    assert said in str(error.value)
    if "regex" not in said:  # A format is not a schema's to enforce.
        assert not Draft202012Validator(schema()).is_valid(given)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Nobody likes to be told one by one."""
    with pytest.raises(ConfigurationError) as error:
        Configuration({"a": "mandatory", "agent-count": {"x": 1, "maximum": "y"}})
    assert len(str(error.value).split("; ")) == 3


def test_levels_and_parameters_have_defaults() -> None:
    """The rules' own, unless all or one of them is set otherwise."""
    configuration = Configuration()
    assert {configuration.level(rule) for rule in RULES} == {Level.ADVISORY, Level.MANDATORY}
    assert configuration.parameters(BY_NAME["agent-count"]) == {"maximum": 10}

    configuration = Configuration({"all": "disabled", "agent-count": {"maximum": 3}})
    assert {configuration.level(rule) for rule in RULES} == {Level.DISABLED}
    assert configuration.parameters(BY_NAME["agent-count"]) == {"maximum": 3}


def test_the_schema_is_one() -> None:
    """It fits the meta-schema, and holds each rule's default level and parameters."""
    Draft202012Validator.check_schema(schema())
    for rule in RULES:
        found = schema()["properties"][rule.name]["anyOf"][1]["properties"]
        assert found.pop("enforcementLevel")["default"] == rule.level.value
        assert {key: each["default"] for key, each in found.items()} == {
            each.key: each.default for each in rule.parameters
        }


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """With its name, and why."""
    file = tmp_path / "policies.json"
    with pytest.raises(ConfigurationError, match=r"policies.json cannot be read \(No such file"):
        load(file)
    file.write_text("{")
    with pytest.raises(ConfigurationError, match=r"policies.json is not JSON"):
        load(file)
    file.write_text('{"x": "mandatory"}')
    with pytest.raises(ConfigurationError, match=r"policies.json: there is no rule x"):
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


def test_the_command_tells_rules_and_schema() -> None:
    """For people, and for their editors."""
    listed = _command("--rules").stdout
    for rule in RULES:
        assert f"{rule.name} ({rule.level.value})\n" in listed
        assert all(f"  {each.key}: {each.doc}" in listed for each in rule.parameters)
    assert json.loads(_command("--schema").stdout) == json.loads(json.dumps(schema()))


def test_the_command_checks_a_configuration_first(tmp_path: Path) -> None:
    """Pulumi itself does not name a rule that there is not."""
    file = tmp_path / "policies.json"
    file.write_text('{"agent-cuont": {"maximum": 3}}')
    done = _command("--config", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {file}: there is no rule agent-cuont")
