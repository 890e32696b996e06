"""Policy packs on the deployment host, as the engine has them."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import HostError, Stack
from pulumi_gitlab_kubernetes.testing.host.command import add_arguments, run
from pulumi_gitlab_kubernetes.testing.host.policy_config import Entry, Policy, load, reconcile
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local

_PACK = """
from pulumi_policy import *

NAMES = {"type": "array", "items": {"type": "string"}, "default": ["bad"]}
SCHEMA = PolicyConfigSchema({"names": NAMES})

MUST, MEND = EnforcementLevel.MANDATORY, EnforcementLevel.REMEDIATE

def fine(args, report):
    pass

def no_bad(args, report):
    if args.props.get("label") in args.get_config()["names"]:
        report("Choose another label.")

def mend(args):
    if args.props.get("label") == "loud":
        return {**args.props, "label": "quiet"}

def stack(args, report):
    for found in args.resources:
        if found.props.get("computed") == "WRONG":
            report("It says so.", found.urn)

def up_only(args, report):
    if args.props.get("up") == "NEVER":
        report("Never.")

PolicyPack("tests", [
    ResourceValidationPolicy("no-bad-label", "Labels are good.", no_bad, MUST, SCHEMA),
    ResourceValidationPolicy("calm", "Labels are calm.", fine, MEND, remediate=mend),
    ResourceValidationPolicy("known", "Not never.", up_only, EnforcementLevel.ADVISORY),
    StackValidationPolicy("no-wrong", "Nothing is wrong.", stack, MUST),
])
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A policy pack that names this interpreter."""
    folder = tmp_path / "pack"
    folder.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "PulumiPolicy.yaml").write_text(json.dumps({"version": "1.2.3", "runtime": runtime}))
    (folder / "__main__.py").write_text(_PACK)
    return folder


def _found(result: Any) -> list[tuple[str, str, str]]:
    return [(item.policy, item.level, item.urn.rpartition("::")[2]) for item in result.violations]


def test_a_mandatory_violation_fails_the_preview_and_stops_the_resource(
    project: Any, stack: Stack, pack: Path
) -> None:
    """A preview goes on to show all there is; an update makes nothing of it."""
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
    shown = update.stdout.partition("Policies:")[2]
    assert shown == (
        f"\n    ❌ tests@v1.2.3 (local: {_short(pack)})\n"
        "        - [mandatory]  no-bad-label  (pulumi-python:dynamic/things:Thing: a)\n"
        "          Labels are good.\n          Choose another label.\n\n"
    )


def test_a_remediation_changes_the_inputs_before_the_diff(
    project: Any, stack: Stack, pack: Path
) -> None:
    """So the mended thing is made, and made once."""
    project.write('a = Thing("a", label="loud"); export("label", a.label)')
    update = stack.up(policy_packs=[Local(pack)])
    assert update.ok, update.stdout
    assert stack.outputs() == {"label": "quiet"}
    assert "- [remediate]  calm  (1 resource)" in update.stdout
    again = stack.up(policy_packs=[Local(pack)], diff=True)
    assert again.summary == {"same": 2}
    assert '~ label: "loud" => "quiet"' in again.stdout
    assert f"tests|local|{_short(pack)}  1.2.3" in again.stdout


def test_a_policy_that_cannot_know_yet_is_judged_in_the_update(
    project: Any, stack: Stack, pack: Path
) -> None:
    """The preview says so, as advice."""
    project.write('a = Thing("never"); b = Thing("b", up=a.computed)')
    preview = stack.preview(policy_packs=[Local(pack)])
    assert preview.ok
    assert ("known", "advisory", "b") in _found(preview)
    assert "can't be known during preview" in preview.stdout
    update = stack.up(policy_packs=[Local(pack)])
    assert update.ok
    assert _found(update) == [("known", "advisory", "b")]
    assert "Never." in update.stdout


def test_a_stack_policy_judges_what_was_made(project: Any, stack: Stack, pack: Path) -> None:
    """It cannot undo anything, but the run fails."""
    project.write('a = Thing("wrong")')
    update = stack.up(policy_packs=[Local(pack)])
    assert not update.ok
    assert _found(update) == [("no-wrong", "mandatory", "wrong")]
    assert project.calls("create") == [("create", "wrong")]
    assert stack.up().ok


def test_a_configuration_sets_levels_and_parameters(
    project: Any, stack: Stack, pack: Path, tmp_path: Path
) -> None:
    """By policy; a wrong one is refused with policy and key named before anything is done."""
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
    """Whether it is not there or fails to start."""
    project.write('a = Thing("a")')
    with pytest.raises(HostError, match=r"PulumiPolicy\.yaml is not there"):
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
def test_a_wrong_configuration_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """In one line."""
    file = tmp_path / "policies.json"
    file.write_text(text)
    with pytest.raises(HostError, match=message):
        load(file)


def test_all_sets_every_level_and_single_ones_win() -> None:
    """And a pack's own configuration gives way to the file's."""
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


def test_parameters_of_a_policy_that_there_is_not_are_refused() -> None:
    """With its name, as the engine could not hand them on either."""
    with pytest.raises(HostError, match='"b" has no enforcement level'):
        reconcile([Policy("a", "advisory")], {}, {"b": Entry("", {"n": 1})}, "p 1")


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH to compare with")
@pytest.mark.parametrize("label", ["bad", "loud", "fine", "fine raise"])
def test_the_cli_shows_the_same(
    project: Any, stack: Stack, pack: Path, tmp_path: Path, label: str
) -> None:
    """Of policies, also those that no resource of a failed program broke; and of the summary."""
    label, _, last = label.partition(" ")
    project.write(f'a = Thing("a", label="{label}")\n{last}')
    stack.init()
    by_host = stack.preview(policy_packs=[Local(pack)])
    environ = {
        **project.environ,
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PATH": os.pathsep.join([project.environ["PATH"], os.environ["PATH"]]),
    }
    command = ["pulumi", "preview", "--stack", "dev", "--policy-pack", str(pack)]
    done = subprocess.run(
        [*command, "--non-interactive", "--color", "never"],
        cwd=project.directory,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode == 0) == by_host.ok
    assert _policies(done.stdout) == _policies(by_host.stdout)
    assert ("Resources:" in done.stdout) == ("Resources:" in by_host.stdout)


def _policies(text: str) -> str:
    return text.partition("Policies:")[2].partition("\n\n")[0]


def _short(path: Path) -> str:
    parts = str(path).split("/")
    return "/".join([*parts[:2], "...", *parts[-2:]]) if len(str(path)) > 75 else str(path)
