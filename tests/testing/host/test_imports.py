"""Existing resources: imported by a program or by a command, or only read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.testing.host.conftest import ops, resources

from pulumi_gitlab_kubernetes.cli import main
from pulumi_gitlab_kubernetes.testing.host import HostError, Import, Stack

pytestmark = pytest.mark.slow

Up = Callable[[str], Any]
FISH = "from fish import *\n"
TYPE = "pond:index:Fish"


@pytest.fixture(autouse=True)
def _pond(project: Any) -> None:
    project.add_pond()
    wild = {"name": "wild", "n": 1, "loud": "WILD", "serial": 401, "region": "home"}
    wild |= {"token": "s3cret", "header": "Bearer s3cret"}
    (project.things / "wild-1.json").write_text(json.dumps(wild))


def test_a_program_imports_what_it_declares(project: Any, stack: Stack, up: Up) -> None:
    """What differs is updated in the same run."""
    program = FISH + 'a = Fish("a", ResourceOptions(import_="wild-1"), name="wild", {})'
    same = "n=1, size='m', token=Output.secret('s3cret')"
    project.write(program.format(same))
    shown = stack.preview()
    assert ops(shown.steps) == [("create", "shop-dev"), ("import", "a"), ("update", "a")]
    assert "= 1 to import" in shown.stdout
    up(program.format(same.replace("n=1", "n=2")))
    found = resources(stack)["a"]
    assert (found["id"], found["importID"]) == ("wild-1", "wild-1")
    assert found["inputs"]["n"] == found["outputs"]["n"] == 2
    assert found["inputs"]["token"]["plaintext"] == '"s3cret"'
    assert found["created"]
    assert project.calls() == [("update", "a")]
    assert up(program.format(same.replace("n=1", "n=2"))).summary == {"same": 2}


def test_an_imported_resource_that_must_be_replaced_is_refused(project: Any, stack: Stack) -> None:
    """Without a trace of it in the state."""
    project.write(FISH + 'a = Fish("a", ResourceOptions(import_="wild-1"), name="wild", kind="b")')
    shown = stack.preview()
    assert shown.ok
    assert "may not be replaced; please remove the `import` declaration" in shown.stdout
    result = stack.up()
    assert not result.ok
    assert 'kind: null => "b"' in result.stdout
    assert project.calls() == []


@pytest.mark.parametrize("option", ["import_", "id"])
def test_what_does_not_exist_is_one_error(project: Any, stack: Stack, option: str) -> None:
    """On the resource."""
    project.write(f'{FISH}a = Fish("a", ResourceOptions({option}="gone-1"))')
    result = stack.up()
    assert not result.ok
    [error] = [each for each in result.diagnostics if each.urn.endswith("::a")]
    assert error.message == "resource 'gone-1' does not exist"


def test_an_import_takes_the_place_of_an_own_resource(project: Any, stack: Stack, up: Up) -> None:
    """Which is deleted at the end."""
    up(FISH + 'a = Fish("a", name="wild")')
    project.calls()
    result = up(FISH + 'a = Fish("a", ResourceOptions(import_="wild-1"), name="wild", n=1)')
    assert ("import-replacement", "a") in ops(result.steps)
    assert resources(stack)["a"]["id"] == "wild-1"
    assert project.calls() == [("update", "a"), ("delete", "a")]
    assert list(project.contents()) == ["wild-1"]


def test_a_resource_is_imported_without_a_program(project: Any, stack: Stack, up: Up) -> None:
    """Then the program that declares it changes nothing."""
    wanted = Import(TYPE, "a", "wild-1")
    assert stack.import_resource(wanted, preview=True).summary == {"import": 1, "create": 1}
    result = stack.import_resource(wanted)
    assert result.ok, result.stdout
    found = resources(stack)
    assert found["a"]["protect"]
    assert "importID" not in found["a"]
    assert found["a"]["provider"].startswith(found["default"]["urn"])
    assert stack.import_resource(wanted).summary == {"same": 2}
    options = "ResourceOptions(protect=True, version=None)"
    program = f'{FISH}VERSION = None\na = Fish("a", {options}, name="wild", n=1, token="s3cret")'
    up(program)
    assert project.calls() == [("update", "a")]  # the size that Check fills in


def test_what_cannot_be_imported_is_one_error(stack: Stack, up: Up) -> None:
    """And nothing is recorded."""
    up(FISH + 'p = Pond("p"); a = Fish("a")')
    with pytest.raises(HostError, match="is not a valid resource type token"):
        Import("pond:Fish", "b", "wild-1")
    for wanted, message in {
        Import(TYPE, "b", "gone-1"): "resource 'gone-1' does not exist",
        Import(TYPE, "b", "wild-1", provider="urn:x"): "the stack has no provider 'urn:x'",
        Import(TYPE, "b", "wild-1", parent="urn:x"): "unknown parent 'urn:x' for resource 'b'",
        Import(TYPE, "a", "wild-1"): "::a' already exists",
        Import("aws:s3:Bucket", "b", "c"): "no plugin of package 'aws' is installed",
    }.items():
        result = stack.import_resource(wanted)
        assert not result.ok
        assert message in result.stdout
        assert "b" not in resources(stack)


def test_the_command_imports_a_resource_or_a_state(
    project: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `pulumi import` and `pulumi stack import` do."""
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_BACKEND_URL", "PULUMI_PYTHON_CMD", "THINGS"):
        monkeypatch.setenv(name, project.environ[name])
    monkeypatch.chdir(project.directory)
    assert main(["stack", "import", TYPE, "a", "wild-1", "--preview-only"]) == 0
    assert "= 1 to import" in capsys.readouterr().out
    assert main(["stack", "import", TYPE, "a", "wild-1", "--no-protect"]) == 0
    printed = capsys.readouterr().out
    assert "= 1 imported" in printed
    assert f"Declare {TYPE} a in the program" in printed
    assert main(["stack", "export", "--file", "state.json"]) == 0
    assert main(["stack", "import", "--file", "state.json"]) == 0
    assert main(["stack", "import", TYPE, "a"]) == 1
    assert "name the TYPE, NAME and ID of one resource" in capsys.readouterr().err
    state = json.loads((project.directory / "state.json").read_text())
    assert "protect" not in state["deployment"]["resources"][2]
