"""An audit of a state that may hold anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.policy.audit.report import FORMATS, audit
from pulumi_gitlab_kubernetes.policy.audit.state import things
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.things import KINDS

_OURS = "pulumi-python:dynamic/gitlab:"
_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def _resource(type_: str, name: str, outputs: dict[str, Any]) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::shop::{type_}::{name}"
    return {"urn": urn, "type": type_, "inputs": {}, "outputs": outputs}


def _state(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 3, "deployment": {"resources": resources}})


def _violations(state: str) -> set[tuple[str, str]]:
    report = audit(things(state), Configuration())
    return {(each.rule.name, each.thing.label) for each in report.violations}


def test_a_date_without_a_time_is_a_moment() -> None:
    """As GitLab has it elsewhere, and people write it."""
    token = f"{_OURS}ClusterAgentToken"
    values = {"agent_id": 1, "project": "a/b", "created_at": "2020-01-01"}
    assert ("token-age", "helm") in _violations(_state(_resource(token, "helm", values)))


@pytest.mark.parametrize("value", ["yesterday", 20200101, True, ["2020-01-01"], {"a": 1}])
def test_a_moment_that_is_none_is_told_of(
    value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its resource and property; no token passes for young because its age is not known."""
    resource = _resource(f"{_OURS}ClusterAgentToken", "helm", {"agent_id": 1, "created_at": value})
    file = tmp_path / "state.json"
    file.write_text(_state(resource))
    assert cli.main(["audit", str(file)]) == 0
    assert (
        "token-age: helm: `created_at` has a value that it cannot have" in capsys.readouterr().out
    )


_TEXTS = strategies.one_of(
    strategies.text(max_size=12),
    strategies.sampled_from(
        [
            *("2026-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "24:00"),
            *("https://[", "https://\uff11.1", "grpcs://127.1:99999", "*" * 3000, "a*" * 3000),
            *("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "9" * 30, "prod"),
            *(f"glagent-{'x' * 30}", "\ud800", "\x1b[31m"),
        ]
    ),
)
_VALUES = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    # The numbers that name a thing.
    | strategies.integers(1, 2)
    | _TEXTS,
    lambda each: strategies.one_of(
        strategies.lists(each, max_size=3),
        strategies.dictionaries(_TEXTS, each, max_size=3),
        strategies.builds(lambda value: {**_SECRET, "plaintext": value}, each),
        strategies.builds(lambda value: {**_SECRET, "plaintext": json.dumps(value)}, each),
        strategies.just({**_SECRET, "ciphertext": "x"}),
    ),
    max_leaves=6,
)


def _resources(name: str) -> strategies.SearchStrategy[dict[str, Any]]:
    values = strategies.fixed_dictionaries(
        {}, optional=dict.fromkeys((*KINDS[name].properties, "schema_version"), _VALUES)
    )
    parts = {"inputs": values, "outputs": values, "protect": _VALUES, "external": _VALUES}
    sources = strategies.dictionaries(
        strategies.sampled_from(["agent_id", "cluster_agent_id"]), _VALUES
    )
    label = strategies.sampled_from(["a", "b"])
    return strategies.builds(
        lambda label, more: {**_resource(_OURS + name, label, {}), **more},
        label,
        strategies.fixed_dictionaries(
            {}, optional={**parts, "propertyDependencies": sources, "delete": _VALUES}
        ),
    )


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(
    strategies.lists(strategies.sampled_from([*KINDS]).flatmap(_resources), min_size=1, max_size=5)
)
def test_any_value_ends_in_a_finding_or_in_a_line_that_names_it(
    resources: list[dict[str, Any]],
) -> None:
    """All rules, over whatever anybody may have put into a state: nothing is an error of ours."""
    report = audit(things(_state(*resources)), Configuration())
    labels = {each["urn"].rpartition("::")[2] for each in resources}
    for each in report.unjudged:
        names = {*KINDS[type(each.reason.thing).__name__].properties, "protect"}
        assert each.reason.property in names
        assert each.reason.thing.label in labels
        assert str(each.reason).startswith(f"{each.reason.thing.label}: `{each.reason.property}` ")
    for write in FORMATS.values():
        assert write(report, "Pulumi.yaml")


def test_a_deep_state_is_read() -> None:
    """As deep as JSON can be; what is deeper is one line."""
    deep: Any = f"glagent-{'x' * 50}"
    for _ in range(900):
        deep = [deep]
    stack = _resource("pulumi:pulumi:Stack", "shop-prod", {"deep": deep})
    assert _violations(_state(stack)) == {("token-exposed", "shop-prod")}


def test_a_state_that_is_too_deep_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line."""
    file = tmp_path / "state.json"
    file.write_text('{"version": 3, "deployment": {"resources": ' + "[" * 100_000)
    assert cli.main(["audit", str(file)]) == 2
    assert "is no stack's state" in capsys.readouterr().err
