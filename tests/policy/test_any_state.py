"""Audits of states with arbitrary content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies
from tests.policy.cases import SECRET_MARKER
from tests.policy.states import OURS, export, stored

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.policy.audit.report import FORMATS, audit
from pulumi_gitlab_kubernetes.policy.audit.state import read
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.kinds import KINDS

pytestmark = pytest.mark.slow


def _violations(text: str) -> set[tuple[str, str]]:
    report = audit(read(text), Configuration())
    return {(each.rule.name, each.resource.label) for each in report.violations}


def test_a_date_without_a_time_is_a_timestamp() -> None:
    """GitLab has such dates elsewhere, and people write them."""
    token = f"{OURS}ClusterAgentToken"
    values = {"agent_id": 1, "project": "a/b", "created_at": "2020-01-01"}
    assert ("token-age", "helm") in _violations(export(stored(token, "helm", values)))


@pytest.mark.parametrize("value", ["yesterday", 20200101, True, ["2020-01-01"], {"a": 1}])
def test_an_invalid_timestamp_is_reported(
    value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its resource and property. A token of unknown age does not count as new."""
    resource = stored(f"{OURS}ClusterAgentToken", "helm", {"agent_id": 1, "created_at": value})
    file = tmp_path / "state.json"
    file.write_text(export(resource))
    assert cli.main(["audit", str(file)]) == 0
    assert "token-age: helm: `created_at` has an invalid value" in capsys.readouterr().out


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
    # The ids of resources.
    | strategies.integers(1, 2)
    | _TEXTS,
    lambda each: strategies.one_of(
        strategies.lists(each, max_size=3),
        strategies.dictionaries(_TEXTS, each, max_size=3),
        strategies.builds(lambda value: {**SECRET_MARKER, "plaintext": value}, each),
        strategies.builds(lambda value: {**SECRET_MARKER, "plaintext": json.dumps(value)}, each),
        strategies.just({**SECRET_MARKER, "ciphertext": "x"}),
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
        lambda label, more: {**stored(OURS + name, label, {}), **more},
        label,
        strategies.fixed_dictionaries(
            {}, optional={**parts, "propertyDependencies": sources, "delete": _VALUES}
        ),
    )


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(
    strategies.lists(strategies.sampled_from([*KINDS]).flatmap(_resources), min_size=1, max_size=5)
)
def test_any_value_is_a_violation_or_reported_by_name(
    resources: list[dict[str, Any]],
) -> None:
    """Rules never fail, whatever a state contains."""
    report = audit(read(export(*resources)), Configuration())
    labels = {each["urn"].rpartition("::")[2] for each in resources}
    for each in report.unevaluated:
        names = {*KINDS[type(each.reason.resource).__name__].properties, "protect"}
        assert each.reason.property in names
        assert each.reason.resource.label in labels
        assert str(each.reason).startswith(
            f"{each.reason.resource.label}: `{each.reason.property}` "
        )
    for write in FORMATS.values():
        assert write(report, "Pulumi.yaml")


def test_a_deep_state_is_read() -> None:
    """To the depth that the JSON parser supports."""
    deep: Any = f"glagent-{'x' * 50}"
    for _ in range(900):
        deep = [deep]
    stack = stored("pulumi:pulumi:Stack", "shop-prod", {"deep": deep})
    assert _violations(export(stack)) == {("token-exposed", "shop-prod")}


def test_a_state_that_is_too_deep_is_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an error in one line."""
    file = tmp_path / "state.json"
    file.write_text('{"version": 3, "deployment": {"resources": ' + "[" * 100_000)
    assert cli.main(["audit", str(file)]) == 2
    assert "is not a stack's state" in capsys.readouterr().err
