"""Policy packs on the deployment host, as the engine has them."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import HostError, Stack
from pulumi_gitlab_kubernetes.testing.host.command import add_arguments, run
from pulumi_gitlab_kubernetes.testing.host.policy_config import Entry, Policy, load, reconcile
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local

pytestmark = pytest.mark.slow


def _found(result: Any) -> list[tuple[str, str, str]]:
    return [(item.policy, item.level, item.urn.rpartition("::")[2]) for item in result.violations]


def test_a_mandatory_violation_fails_the_preview_and_stops_the_resource(
    project: Any, stack: Stack, pack: Path
) -> None:
    """A preview continues and shows all violations; an update creates nothing."""
    project.write('a = Thing("a", label="bad"); b = Thing("b", of=a.id)')
    packs = [Local(pack)]
    preview = stack.preview(policy_packs=packs)
    assert not preview.ok
    assert _found(preview) == [("no-bad-label", "mandatory", "a")]
    assert preview.summary == {"create": 3}
    update = stack.up(policy_packs=packs)
    assert not update.ok
    assert _found(update) == [("no-bad-label", "mandatory", "a")]
    assert update.summary == {"create": 1}
    assert project.calls("create") == []
    assert (
        f"Policies:\n    ❌ tests@v1.2.3 (local: {pack})\n"
        "        - [mandatory]  no-bad-label  (pulumi-python:dynamic/things:Thing: a)\n"
        "          Labels are good.\n          Choose another label.\n\n"
    ) in update.stdout


def test_a_remediation_changes_the_inputs_before_the_diff(
    project: Any, stack: Stack, pack: Path
) -> None:
    """The remediated resource is created, once."""
    project.write('a = Thing("a", label="loud"); export("label", a.label)')
    update = stack.up(policy_packs=[Local(pack)])
    assert update.ok, update.stdout
    assert stack.outputs() == {"label": "quiet"}
    assert "- [remediate]  calm  (1 resource)" in update.stdout
    again = stack.up(policy_packs=[Local(pack)], diff=True)
    assert again.summary == {"same": 2}
    assert '~ label: "loud" => "quiet"' in again.stdout


def test_a_policy_with_unknown_values_is_evaluated_in_the_update(
    project: Any, stack: Stack, pack: Path
) -> None:
    """The preview reports it as an advisory violation."""
    project.write('a = Thing("never"); b = Thing("b", up=a.computed)')
    preview = stack.preview(policy_packs=[Local(pack)])
    assert preview.ok
    assert ("known", "advisory", "b") in _found(preview)
    assert "can't be known during preview" in preview.stdout
    update = stack.up(policy_packs=[Local(pack)])
    assert update.ok
    assert _found(update) == [("known", "advisory", "b")]
    assert "Never." in update.stdout


def test_a_stack_policy_is_evaluated_after_the_update(
    project: Any, stack: Stack, pack: Path
) -> None:
    """It undoes nothing, but the run fails."""
    project.write('a = Thing("wrong")')
    update = stack.up(policy_packs=[Local(pack)])
    assert not update.ok
    assert _found(update) == [("no-wrong", "mandatory", "wrong")]
    assert project.calls("create") == [("create", "wrong")]
    assert stack.up().ok


def test_a_configuration_sets_levels_and_parameters(
    project: Any, stack: Stack, pack: Path, tmp_path: Path
) -> None:
    """An invalid one is rejected before any step, and the error names policy and key."""
    project.write('a = Thing("a", label="worse")')
    config = tmp_path / "policies.json"
    rules = {"no-bad-label": {"enforcementLevel": "advisory", "names": ["worse"]}}
    config.write_text(json.dumps(rules))
    update = stack.up(policy_packs=[Local(pack, config)])
    assert update.ok
    assert _found(update) == [("no-bad-label", "advisory", "a")]
    config.write_text('{"no-bad-label": {"names": "x"}}')
    with pytest.raises(HostError, match=r"no-bad-label: names: Invalid type. Expected: array"):
        stack.preview(policy_packs=[Local(pack, config)])


def test_the_command_takes_packs_and_their_configurations(
    project: Any, pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the CLI's own options."""
    project.write('a = Thing("a", label="bad")')
    monkeypatch.chdir(project.directory)
    for name, value in project.environ.items():
        monkeypatch.setenv(name, value)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(["preview", "--policy-pack", str(pack)])) == 1
    assert "no-bad-label" in capsys.readouterr().out
    two = ["--policy-pack-config", "a.json", "--policy-pack-config", "b.json"]
    assert run(parser.parse_args(["preview", "--policy-pack", str(pack), *two])) == 1
    assert "must match the number of --policy-pack: 2 and 1" in capsys.readouterr().err


def test_a_pack_that_cannot_run_is_one_line(
    project: Any, stack: Stack, pack: Path, tmp_path: Path
) -> None:
    """Whether it does not exist or fails to start."""
    project.write('a = Thing("a")')
    with pytest.raises(HostError, match=r"PulumiPolicy\.yaml does not exist"):
        stack.preview(policy_packs=[Local(tmp_path)])
    (pack / "__main__.py").write_text("raise SystemExit('no luck')")
    with pytest.raises(HostError, match="did not start: no luck"):
        stack.preview(policy_packs=[Local(pack)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "must be a JSON object"),
        ("{", "is not JSON"),
        ('{"a": 1}', 'parsing "a": 1 is not a valid value; must be a string or object'),
        ('{"a": "hard"}', 'parsing enforcement level for "a": "hard" is not a valid'),
        ('{"environments": ["x"]}', "Pulumi ESC"),
    ],
)
def test_an_invalid_configuration_file_is_rejected(tmp_path: Path, text: str, message: str) -> None:
    """In one line."""
    file = tmp_path / "policies.json"
    file.write_text(text)
    with pytest.raises(HostError, match=message):
        load(file)


def test_all_sets_every_level_and_single_ones_win() -> None:
    """The file takes precedence over a pack's own configuration."""
    policies = [
        Policy("a", "advisory", {"n": {"type": "integer", "default": 1}}),
        Policy("b", "advisory"),
    ]
    initial = {"a": Entry("", {"n": 2}), "b": Entry("disabled")}
    wanted = {"all": Entry("mandatory"), "a": Entry("advisory")}
    assert reconcile(policies, initial, wanted, "p 1") == {
        "a": Entry("advisory", {"n": 2}),
        "b": Entry("mandatory", {}),
        "all": Entry("mandatory", {}),
    }


def test_parameters_of_an_unknown_policy_are_rejected() -> None:
    """The error names the policy."""
    with pytest.raises(HostError, match='"b" has no enforcement level'):
        reconcile([Policy("a", "advisory")], {}, {"b": Entry("", {"n": 1})}, "p 1")
