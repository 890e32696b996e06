"""Resources of provider plugins: each provider is a process, found as the engine finds it."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.testing.host.conftest import ops, resources

from pulumi_gitlab_kubernetes.testing.host import Stack

pytestmark = pytest.mark.slow

Up = Callable[[str], Any]
IMPORT = "from fish import *\n"


@pytest.fixture(autouse=True)
def _pond(project: Any) -> None:
    project.add_pond()


def _errors(result: Any) -> list[tuple[str, str]]:
    return [
        (each.urn.rpartition("::")[2], each.message)
        for each in result.diagnostics
        if each.severity == "error" and each.urn
    ]


def _logged(project: Any, *names: str) -> list[list[Any]]:
    """Return the plugin's calls of these methods since the last time."""
    file = project.things / "calls"
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    file.unlink(missing_ok=True)
    return [line for line in lines if not names or line[0] in names]


def test_a_default_provider_is_made_for_each_version(project: Any, stack: Stack, up: Up) -> None:
    """It gets the namespace's configuration, secrets marked, and is in the state."""
    stack.set_config("pond:region", "north")
    stack.set_config("pond:key", "s3cret", secret=True)
    stack.set_config("shop:other", "x")
    program = f'{IMPORT}a = Fish("a"); b = Fish("b", name=a.loud)\nexport("b", b.loud)'
    result = up(program)
    assert ops(result.steps) == [("create", "shop-dev"), ("create", "a"), ("create", "b")]
    found = resources(stack)
    provider = found["default_0_1_0"]
    assert provider["type"] == "pulumi:providers:pond"
    assert len(provider["id"]) == 36
    inputs = {"__internal": {}, "region": "north", "version": "0.1.0"}
    assert {k: v for k, v in provider["inputs"].items() if k != "key"} == inputs
    assert provider["inputs"]["key"]["plaintext"] == '"s3cret"'
    assert provider["outputs"]["region"] == "north"
    assert "__internal" not in provider["outputs"]
    assert found["a"]["provider"] == f"{provider['urn']}::{provider['id']}"
    assert found["b"]["outputs"]["loud"] == "A"
    [configure] = _logged(project, "configure")
    assert configure[1:3] == ["default_0_1_0", "pulumi:providers:pond"]
    assert configure[3] == [["key", "s3cret"], ["region", "north"], ["version", "0.1.0"]]
    assert configure[4] == ["key"]
    assert up(
        f'{IMPORT}a = Fish("a"); b = Fish("b", name=a.loud)\nexport("b", b.loud)'
    ).summary == {"same": 3}
    assert stack.destroy().ok
    assert project.contents() == {}


def test_secrets_are_sent_and_come_back(project: Any, stack: Stack, up: Up) -> None:
    """A plugin that accepts them marks what it derives from them."""
    result = up(f'{IMPORT}a = Fish("a", token=Output.secret("s3cret")); export("h", a.header)')
    assert "s3cret" not in result.stdout
    outputs = resources(stack)["a"]["outputs"]
    assert outputs["header"]["plaintext"] == '"Bearer s3cret"'
    assert outputs["token"]["plaintext"] == '"s3cret"'
    assert project.contents()["a-1"]["header"] == "Bearer s3cret"
    assert stack.outputs() == {"h": "[secret]"}


def test_previews_know_what_the_provider_knows(project: Any, stack: Stack, up: Up) -> None:
    """Of a creation what follows from its inputs, of an update what it keeps."""
    program = f'{IMPORT}a = Fish("a", colour="{{}}"); b = Fish("b", name=a.loud, kind=a.serial)'
    project.write(program.format("red"))
    assert stack.preview().summary == {"create": 3}
    assert _logged(project, "create") == []
    up(program.format("red"))
    project.write(program.format("blue"))
    _logged(project)
    result = stack.preview(diff=True)
    assert result.summary == {"same": 2, "update": 1}  # b is not replaced: a keeps its serial
    assert '~ colour: "red" => "blue"' in result.stdout
    assert [line[1:] for line in _logged(project, "diff")] == [["a", "colour"], ["b"]]


def test_details_of_a_difference_are_shown(project: Any, stack: Stack, up: Up) -> None:
    """Each property, nested ones too, with its old and new value."""
    program = f'{IMPORT}a = Fish("a", deep={{}}, kind="{{}}")'
    up(program.format({"x": 1, "y": 2}, "big"))
    project.write(program.format({"x": 3, "z": 4}, "big"))
    shown = stack.preview(diff=True)
    assert "[diff: ~deep]" in shown.stdout
    for line in ("~ deep.x: 1 => 3", "- deep.y: 2", "+ deep.z: 4"):
        assert line in shown.stdout
    project.write(program.format({"x": 1, "y": 2}, "small"))
    result = stack.up()
    assert ops(result.steps) == [
        ("create-replacement", "a"),
        ("replace", "a"),
        ("delete-replaced", "a"),
    ]
    assert [s.replaces for s in result.steps if s.op == "replace"] == [("kind",)]


def test_options_change_what_a_difference_does(project: Any, up: Up) -> None:
    """ignore_changes, replace_on_changes and delete_before_replace."""
    program = f'{IMPORT}a = Fish("a", ResourceOptions({{}}), deep={{}}, {{}})'
    up(program.format("", {"x": 1, "y": 1}, "colour='red'"))
    ignored = program.format("ignore_changes=['colour']", {"x": 1, "y": 1}, "colour='blue'")
    assert up(ignored).summary == {"same": 2}
    options = "replace_on_changes=['deep.x'], delete_before_replace=True"
    result = up(program.format(options, {"x": 2, "y": 1}, "colour='red'"))
    assert ops(result.steps) == [
        ("delete-replaced", "a"),
        ("replace", "a"),
        ("create-replacement", "a"),
    ]
    project.calls()
    up(program.format("", {"x": 2, "y": 1}, "colour='red', kind='small', first=True"))
    assert project.calls() == [("delete", "a"), ("create", "a")]


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ("fail='create'", "no more fish"),
        (
            "wrong='colour', colour='red'",
            "pond:index:Fish resource 'a': property colour value {red}",
        ),
    ],
)
def test_a_failure_is_on_the_resources_line(
    project: Any, stack: Stack, props: str, message: str
) -> None:
    """With the plugin's message alone."""
    project.write(f'{IMPORT}a = Fish("a", {props})')
    result = stack.up()
    assert not result.ok
    [(name, text)] = _errors(result)
    assert name == "a"
    assert text.startswith(message)


def test_what_was_made_in_part_is_kept(project: Any, stack: Stack, up: Up) -> None:
    """The next run updates it."""
    project.write(f'{IMPORT}a = Fish("a", fail="init")')
    result = stack.up()
    assert not result.ok
    assert "too cold" in result.stdout
    assert resources(stack)["a"]["initErrors"] == ["too cold"]
    project.calls()
    up(f'{IMPORT}a = Fish("a")')
    assert project.calls() == [("update", "a")]
    assert "initErrors" not in resources(stack)["a"]


def test_a_refresh_reads_and_up_repairs(project: Any, stack: Stack, up: Up) -> None:
    """The difference is shown from the old to the new value."""
    program = f'{IMPORT}a = Fish("a", colour="red")'
    up(program)
    file = project.things / "a-1.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "colour": "blue"}))
    shown = stack.refresh(diff=True)
    assert shown.summary == {"same": 1, "update": 1}
    assert '~ colour: "red" => "blue"' in shown.stdout
    assert '~ colour: "blue" => "red"' in stack.preview(diff=True).stdout
    file.unlink()
    assert stack.refresh().summary == {"same": 1, "delete": 1}


def test_messages_are_on_the_resources_line_and_output_is_hidden(up: Up) -> None:
    """Plugins print for their authors."""
    result = up(f'{IMPORT}a = Fish("a", say="hello")')
    [message] = [each for each in result.diagnostics if each.message == "hello"]
    assert message.urn.endswith("::a")
    assert "hidden" not in result.stdout


def test_timeouts_are_passed_on(project: Any, stack: Stack, up: Up) -> None:
    """In seconds."""
    timeouts = 'ResourceOptions(custom_timeouts=CustomTimeouts(create="2m", delete="3s"))'
    up(f'{IMPORT}a = Fish("a", {timeouts})')
    assert _logged(project, "create") == [["create", "a", 120]]
    stack.destroy()
    assert _logged(project, "delete") == [["delete", "a", None, 3]]


def test_an_interrupt_cancels_what_runs(project: Any, stack: Stack) -> None:
    """The provider ends it, and the run ends."""
    project.write(f'{IMPORT}a = Fish("a", seconds=60)')

    def interrupt() -> None:
        while not _logged(project, "create"):
            time.sleep(0.02)
        stack.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    began = time.monotonic()
    result = stack.up()
    thread.join()
    assert not result.ok
    assert time.monotonic() - began < 30
    assert ("a", "cancelled") in _errors(result)
    assert "a" not in resources(stack)
