"""Failures: no created resource is lost, and the next run continues."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import HostError, Stack

pytestmark = pytest.mark.slow

Up = Callable[[str], Any]


def _errors(result: Any) -> list[tuple[str, str]]:
    return [
        (m.urn.rpartition("::")[2], m.message) for m in result.diagnostics if m.severity == "error"
    ]


def test_after_a_failed_step_no_other_starts_and_finished_ones_are_kept(
    project: Any, stack: Stack, up: Up
) -> None:
    """Nothing is deleted, and outputs that were not reached keep their values."""
    up('old = Thing("old"); export("left", 1); export("kept", 2)')
    project.calls()
    project.write(
        """
        slow = Thing("slow", seconds=1)
        bad = Thing("bad", fail="create", seconds=0.2)
        after = Thing("after", of=bad.id)
        export("kept", 3)
        """
    )
    result = stack.up()
    assert not result.ok
    assert result.exit_code == 1
    assert _errors(result) == [("bad", "no more things"), ("", "update failed")]
    assert sorted(project.calls()) == [("create", "bad"), ("create", "slow")]
    names = [r["urn"].rpartition("::")[2] for r in stack.export()["deployment"]["resources"]]
    assert names == ["shop-dev", "default", "slow", "old"]
    assert stack.export()["deployment"].get("pending_operations") is None
    assert stack.outputs() == {"left": 1, "kept": 3}
    result = up('slow = Thing("slow", seconds=1); bad = Thing("bad")')
    assert result.summary == {"same": 2, "create": 1, "delete": 1}


def test_the_error_is_shown_on_its_resource(project: Any, stack: Stack) -> None:
    """When it happens, and among the diagnostics."""
    project.write('bad = Thing("bad", fail="create")')
    text = stack.up().stdout
    thing = "pulumi-python:dynamic/things:Thing"
    shown = f"\n    {thing} bad error: no more things\n +  {thing} bad **creating failed**\n"
    assert shown in text
    assert f"\n  {thing} (bad):\n    error: no more things\n\n" in text
    assert "\n  pulumi:pulumi:Stack (shop-dev):\n    error: update failed\n\n" in text
    assert "\n    2 errored\n" in text


def test_a_resource_that_failed_to_initialize_is_kept_and_updated_next_time(
    project: Any, stack: Stack, up: Up
) -> None:
    """The state has the provider's reason."""
    program = 'cold = Thing("cold", fail="init")'
    project.write(program)
    result = stack.up()
    assert not result.ok
    assert _errors(result)[0] == ("cold", "1 error occurred:\n\t* too cold\n\n")
    recorded = stack.export()["deployment"]["resources"][2]
    assert (recorded["id"], recorded["initErrors"]) == ("cold-0", ["too cold"])
    assert recorded["outputs"]["computed"] == "COLD"
    project.calls()
    assert [(s.op, s.name) for s in stack.preview().steps if s.op != "same"] == [("update", "cold")]
    assert up(program).summary == {"same": 1, "update": 1}
    assert project.calls() == [("update", "cold")]
    assert "initErrors" not in stack.export()["deployment"]["resources"][2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("", "resource 'a' has a problem: it is wrong"),
        ("colour", "resource 'a': property colour value {red} has a problem: it is wrong"),
        ("secret", "resource 'a': property secret value {[secret]} has a problem: it is wrong"),
    ],
)
def test_invalid_inputs_are_reported_by_preview_and_up(
    project: Any, stack: Stack, wrong: str, message: str
) -> None:
    """The message is the CLI's, except that secrets are hidden."""
    project.write(f'a = Thing("a", wrong="{wrong}", colour="red", secret=Output.secret("s3cret"))')
    for result in (stack.preview(), stack.up()):
        assert not result.ok
        assert _errors(result) == [("a", f"pulumi-python:dynamic/things:Thing {message}")]
        assert "s3cret" not in result.stdout
    assert project.calls() == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('raise ValueError("boom")', "Program failed with an unhandled exception:\n"),
        ('raise pulumi.RunError("boom")', "boom"),
        (
            "raise SystemExit(3)",
            "an unhandled error occurred: program exited with non-zero exit code: 3",
        ),
        ('b = Thing("a")', "Duplicate resource URN 'urn:pulumi:dev::shop::"),
    ],
)
def test_a_program_that_fails_deletes_nothing(
    project: Any, stack: Stack, up: Up, line: str, message: str
) -> None:
    """Resources registered before the failure are created."""
    up('old = Thing("old")')
    project.write(f'a = Thing("a")\n{line}')
    result = stack.up()
    assert not result.ok
    assert _errors(result)[0][1].startswith(message)
    assert ("delete", "old") not in project.calls()
    if "boom" in line:
        assert "boom" in result.stdout
    assert "_exec.py" not in result.stdout  # the user's own frames alone


_MISSING = "no plugin of package 'aws' is installed: put pulumi-resource-aws on PATH"
_UNSUPPORTED = {
    'pulumi.CustomResource("aws:s3:Bucket", "b", {})': _MISSING,
    'pulumi.CustomResource("aws:b:C", "c", {}, ResourceOptions(version="1.2.3"), None)': (
        "no plugin of package 'aws' of version 1.2.3 is installed"
    ),
    'ComponentResource("aws:b:C", "c", {}, None, True)': _MISSING,
    'Thing("a", ResourceOptions(import_="x"))': "does not support the option import_",
    'pulumi.ProviderResource("aws", "p", {})': _MISSING,
    'pulumi.StackReference("organization/shop/prod")': "not have Pulumi's own resources",
    'pulumi.runtime.invoke("aws:index:getRegion", {})': _MISSING,
    'Thing("a", ResourceOptions(transforms=[lambda args: None]))': "does not support transforms",
    "pulumi.runtime.register_resource_transform(lambda args: None)": "support stack transforms",
    'Thing("a", ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=['
    'pulumi.ResourceHook("h", lambda args: None)])))': "does not support resource hooks",
}


@pytest.mark.parametrize("line", _UNSUPPORTED)
def test_an_unsupported_feature_is_one_plain_error(project: Any, stack: Stack, line: str) -> None:
    """Nothing is created."""
    project.write(line)
    result = stack.preview()
    assert not result.ok
    [(_, message)] = _errors(result)
    assert _UNSUPPORTED[line] in message
    assert "\n" not in message


def test_a_missing_dynamic_host_is_one_plain_error(project: Any) -> None:
    """For example, because the interpreter has no Pulumi SDK."""
    python = project.directory / "python3"
    python.write_text(
        '#!/bin/sh\ncase "$*" in *pulumi.dynamic*) echo no pulumi >&2; exit 1;; esac\n'
        f'exec {project.environ["PULUMI_PYTHON_CMD"]} "$@"\n'
    )
    python.chmod(0o755)
    project.environ["PULUMI_PYTHON_CMD"] = str(python)
    project.write('Thing("a")')
    result = project.stack().up()
    assert not result.ok
    assert _errors(result)[0][1] == (
        "the dynamic host (python -m pulumi.dynamic) did not start: no pulumi"
    )


def test_a_wrong_passphrase_is_one_plain_error(project: Any) -> None:
    """Before anything is run."""
    project.environ["PULUMI_CONFIG_PASSPHRASE"] = "another"
    with pytest.raises(HostError, match="incorrect passphrase"):
        project.stack().up()


def test_pending_operations_are_reported_and_creations_kept(stack: Stack, up: Up) -> None:
    """A creation may have succeeded, and only the user can find out."""
    up('a = Thing("a")')
    exported = stack.export()
    thing = exported["deployment"]["resources"][2]
    ghost = {**thing, "urn": thing["urn"][:-1] + "ghost"}
    del ghost["id"]
    exported["deployment"]["pending_operations"] = [
        {"resource": ghost, "type": "creating"},
        {"resource": thing, "type": "updating"},
    ]
    stack.import_(exported)
    result = stack.up()
    assert result.ok
    [warning] = [m.message for m in result.diagnostics if m.severity == "warning"]
    assert "with 2 pending operations" in warning
    assert f"{ghost['urn']}, interrupted while creating" in warning
    pending = stack.export()["deployment"]["pending_operations"]
    assert [(p["resource"]["urn"], p["type"]) for p in pending] == [(ghost["urn"], "creating")]


def test_an_abandoned_run_says_so_and_leaves_the_operation_pending(
    project: Any, stack: Stack
) -> None:
    """The next run reports the operation, which may have succeeded."""
    project.write('a = Thing("a", seconds=30)')

    def abandon() -> None:
        while not (project.things / "calls").exists():
            time.sleep(0.02)
        stack.abandon()

    thread = threading.Thread(target=abandon)
    thread.start()
    result = stack.up()
    thread.join()
    assert not result.ok
    assert ("a", "abandoned: whether it was done is not known") in _errors(result)
    pending = stack.export()["deployment"]["pending_operations"]
    assert [(p["resource"]["urn"][-3:], p["type"]) for p in pending] == [("::a", "creating")]
